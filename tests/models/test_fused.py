"""Impedance beside voltage: what settles, what contradicts, what is left alone."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from softbreak.data.history import assemble
from softbreak.data.record import Cell, Record, Source, Technique
from softbreak.errors import SoftbreakError
from softbreak.features.evidence.cell_evidence import gather
from softbreak.models.diagnosis.diagnose import VERDICT_COLUMNS, examine
from softbreak.models.registry import DETECTORS, detector_of
from softbreak.models.rules import spectrum_pairs
from softbreak.models.rules.impedance import ImpedanceReading, read_spectra, reading_verdict
from softbreak.verdict import State
from tests.features.synthetic import cycled

FREQUENCY = np.logspace(6, -2, 41)


def arc(bulk, interface, *, conductance=0.0, capacitance=1e-6, inductance=0.0):
    omega = 2 * np.pi * FREQUENCY
    ionic = bulk / (1 + 1j * omega * bulk * 1e-10) + interface / (
        1 + 1j * omega * interface * capacitance
    )
    return 1 / (1 / ionic + conductance) + 1j * omega * inductance


def spectrum(impedance, time, *, noise=1e-3, seed=0):
    rng = np.random.default_rng(seed)
    impedance = impedance * (1 + noise * rng.standard_normal(len(impedance)))
    table = pd.DataFrame(
        {
            "frequency_hertz": FREQUENCY,
            "real_impedance_ohm": impedance.real,
            "imaginary_impedance_ohm": impedance.imag,
            "test_time_second": time,
        }
    )
    return Record(Cell(), Technique.IMPEDANCE, table, Source("eis.csv", position=int(time)))


def with_spectra(history, *spectra):
    records = [replace(r, source=replace(r.source, path="a.csv")) for r in history.records]
    moved = [replace(s, source=replace(s.source, path="a.csv")) for s in spectra]
    return assemble(history.cell, [*records, *moved])


def test_a_metal_line_is_hard_without_a_reference():
    history = assemble(Cell("w", area_cm2=1.0), [spectrum(0.3 + 1j * 2e-7 * FREQUENCY, 0.0)])
    verdict = examine(history).verdicts
    assert verdict["state"].to_list() == ["hard"]
    assert verdict["detector"].to_list() == ["eis"]


def test_one_spectrum_alone_is_left_open_and_bounds_the_electronic_resistance():
    diagnosis = examine(assemble(Cell("one"), [spectrum(arc(50, 100), 0.0)]))
    assert diagnosis.summary["state"] == "undetermined"
    assert "at least 150" in diagnosis.verdicts["evidence"].iloc[0][0]["sentence"]


def test_a_pair_finds_a_short_that_appeared():
    # g = 1/75 S beside 150 ohm: eta = 150 / (150 + 75) = 2/3
    pair = [spectrum(arc(50, 100), 0.0), spectrum(arc(50, 100, conductance=1 / 75), 9e4, seed=1)]
    reading = read_spectra(gather(assemble(Cell("p", temperature_celsius=25.0), pair)))[1]
    assert reading.trusted
    assert reading.lower < 2 / 3 < reading.upper
    assert reading_verdict(reading).state is State.SOFT


def test_a_pair_of_a_steady_cell_is_not_called_short():
    pair = [spectrum(arc(50, 100), 0.0), spectrum(arc(50, 100), 9e4, seed=1)]
    reading = read_spectra(gather(assemble(Cell("p"), pair)))[1]
    assert reading_verdict(reading).state in (State.HEALTHY, State.UNDETERMINED)


def reading(**details):
    return ImpedanceReading(
        70_000.0, 50.0, 100.0, 0.001, trusted=True, growth=1.1, sentence="The pair.", **details
    )


CLEAR = {
    "eta": 0.02,
    "lower": 0.0,
    "upper": 0.06,
    "probability_short": 0.1,
    "probability_hard": 0.0,
}
SHORT = {"eta": 0.5, "lower": 0.4, "upper": 0.6, "probability_short": 1.0, "probability_hard": 0.0}


def fused(resistance, *readings):
    evidence = gather(cycled(resistance))
    return [v.state.value for v in DETECTORS["fused"].judge(evidence, readings)]


def growing(h):
    return 85.0 * (1 + 0.2 * np.minimum(h / 10, 1))


def creeping(h):
    """Growth, and a creep within each half-cycle that stays what it was."""
    return growing(h) - 17.0 * np.exp(-6.0 * (h % 1.0))


def test_a_clear_spectrum_settles_growth():
    assert fused(growing)[9] == "undetermined"
    assert fused(growing, reading(**CLEAR))[9] == "healthy"


def test_a_spectrum_of_great_growth_settles_as_long_as_the_creep_stayed():
    great = replace(reading(**CLEAR), growth=2.5)
    assert fused(creeping)[9] == "undetermined"
    assert fused(creeping, great)[9] == "healthy"
    # here V rose within the first half-cycles, and stands in the later ones
    assert fused(growing, great)[9] == "undetermined"


def test_the_newest_clearing_spectrum_is_a_new_beginning():
    later = replace(reading(**CLEAR), time_second=90_000.0, upper=0.12)
    assert fused(creeping, reading(**CLEAR), later)[12:] == ["healthy"] * 8
    # a later one that may hide more ends it, one that cannot be read as well
    for ended in (replace(later, upper=0.3), replace(later, trusted=False)):
        assert fused(creeping, reading(**CLEAR), ended)[12:] == ["undetermined"] * 8


def test_away_from_the_clearing_spectrum_cycles_are_open_again():
    def twice(h):
        return creeping(h) * (1 + 0.15 * np.clip((h - 30) / 8, 0, 1))

    later = replace(reading(**CLEAR), time_second=90_000.0, upper=0.12)
    found = fused(twice, reading(**CLEAR), later)
    assert found[14] == "healthy"
    assert found[18:] == ["undetermined"] * 2


def test_what_the_first_spectrum_leaves_open_the_newest_cleared_one_may_settle():
    healed = arc(43, 90)
    moved = [spectrum(healed, 1e4 * k, seed=k) for k in range(1, 5)]
    history = assemble(Cell("p"), [spectrum(arc(50, 100), 0.0), *moved])
    first, *others = read_spectra(gather(history))
    assert others[0].pair.clears and not others[0].since_sentence
    for one in others[1:3]:
        assert not one.pair.clears
        assert one.upper < 0.2  # as it was told beside the first one: what trees learnt from
        assert reading_verdict(one).state is State.HEALTHY
        assert "which the first one clears" in reading_verdict(one).evidence[0].sentence
    # three spectra after it is no new beginning any more
    assert not others[3].since_sentence
    assert not first.since_sentence


@pytest.mark.parametrize(
    ("told", "clears"),
    [
        ({}, True),
        ({"upper": 0.12}, False),
        ({"growth": 1.4}, False),
        ({"abstained": True}, False),
    ],
)
def test_only_an_unmoved_pair_clears_again(monkeypatch, told, clears):
    pair = {"mean": 0.01, "lower": 0.0, "upper": 0.05, "p_soft_or_hard": 0.03, "growth": 1.0}
    found = SimpleNamespace(**(pair | {"abstained": False} | told))
    monkeypatch.setattr(spectrum_pairs, "pair_of", lambda *_: found)
    some = gather(assemble(Cell("p"), [spectrum(arc(50, 100), 0.0)])).spectra[0]

    def again(*first):
        return spectrum_pairs.held_again(spectrum_pairs.Told(*first), some, some, Cell("p"))

    assert bool(again(True, 0.05, 0.0, 0.15)) is clears
    assert not again(True, 0.1, 0.0, 0.4)  # the first pair may hide more
    assert not again(True, 0.1, 0.02, 0.15)


def test_a_shorted_spectrum_settles_growth():
    assert fused(growing, reading(**SHORT))[9] == "soft"


def test_a_spectrum_against_a_healthy_voltage_leaves_it_open():
    assert fused(lambda h: 100.0 + 0 * h, reading(**SHORT))[9] == "undetermined"


def test_a_clear_spectrum_against_a_drop_leaves_it_open():
    found = fused(lambda h: np.where(h >= 10.55, 85.0, 120.0), reading(**CLEAR))
    assert found[9] == "undetermined"


def test_a_spectrum_of_another_resistance_is_left_aside():
    # the cycles have 1000 ohm, the spectrum 100: another cell, another state
    assert fused(lambda h: 1000.0 + 0 * h, reading(**SHORT))[9] == "healthy"


def test_an_untrusted_spectrum_changes_nothing():
    doubtful = replace(reading(**SHORT), trusted=False)
    assert fused(lambda h: 100.0 + 0 * h, doubtful)[9] == "healthy"


@pytest.mark.parametrize("name", list(DETECTORS))
def test_every_detector_gives_a_row_a_unit(name):
    history = with_spectra(
        cycled(lambda h: np.where(h >= 20.55, 40.0, 100.0)),
        spectrum(arc(50, 50), -10.0),
        spectrum(arc(50, 50, conductance=1 / 66), 150_000.0, seed=2),
    )
    table = examine(history, name).verdicts
    assert list(table.columns) == list(VERDICT_COLUMNS)
    assert table["cycle_index"].to_list() == list(range(len(table)))
    assert set(table["state"]) <= {state.value for state in State}
    total = table[["p_healthy", "p_soft", "p_hard"]].sum(axis=1).to_numpy()
    assert total == pytest.approx(np.ones(len(table)))
    eta = table["electronic_fraction"].dropna()
    assert eta.between(0, 1).all()
    open_cycles = table[table["state"] == "undetermined"]
    assert (open_cycles["evidence"].map(len) > 0).all()


def test_an_unknown_detector_is_named():
    with pytest.raises(SoftbreakError, match="'nonsense'; known are fused"):
        detector_of("nonsense")


def test_nothing_to_judge_is_undetermined():
    diagnosis = examine(assemble(Cell("none"), []))
    assert diagnosis.summary["state"] == "undetermined"
    assert len(diagnosis.verdicts) == 0
    assert diagnosis.summary["summary"].startswith("Nothing to judge")


@pytest.mark.parametrize(
    "impedance", [-arc(50, 100), 1e-300 * arc(50, 100), np.zeros(41, dtype=complex)]
)
def test_impossible_spectra_are_left_aside(impedance):
    pair = [spectrum(impedance, 0.0), spectrum(impedance, 9e4, seed=1)]
    assert examine(assemble(Cell("p"), pair)).summary["state"] == "undetermined"


def test_a_dead_voltammetry_channel_is_left_open():
    time = np.arange(400) * 0.5
    volt = 0.1 * (2 / np.pi) * np.arcsin(np.sin(2 * np.pi * time / 100))
    table = pd.DataFrame(
        {"test_time_second": time, "voltage_volt": volt, "current_ampere": 0.0 * time}
    )
    history = assemble(Cell("d"), [Record(Cell(), Technique.VOLTAMMETRY, table, Source("cv"))])
    for name in ("fused", "cv-literal", "cv-hardened"):
        assert set(examine(history, name).verdicts["state"]) == {"undetermined"}
