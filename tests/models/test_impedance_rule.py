"""One spectrum alone: below the bare electrolyte it convicts, of blocking electrodes it says so."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from softbreak.data.history import assemble
from softbreak.data.record import Cell, Record, Source, Technique
from softbreak.features.evidence.cell_evidence import gather
from softbreak.models.diagnosis.diagnose import examine
from softbreak.models.rules.impedance import read_spectra, reading_verdict
from softbreak.models.rules.spectrum_pairs import pair_sentence
from softbreak.verdict import State

FREQUENCY = np.logspace(6, -1, 50)
OMEGA = 2j * np.pi * FREQUENCY
CELL = Cell(
    "c",
    configuration="symmetric",
    area_cm2=0.785,
    electrolyte_thickness_um=700.0,
    ionic_conductivity_s_per_cm=1.6e-3,
)
FLOOR = 0.07 / (1.6e-3 * 0.785)  # 55.7 ohm
IONIC = 0.98 * FLOOR + 40.0 / (1.0 + 40.0 * 3e-6 * OMEGA)


def record(impedance, frequency=FREQUENCY):
    table = pd.DataFrame(
        {
            "frequency_hertz": frequency,
            "real_impedance_ohm": impedance.real,
            "imaginary_impedance_ohm": impedance.imag,
        }
    )
    return Record(Cell(), Technique.IMPEDANCE, table, Source("eis.csv"))


def short(resistance):
    """Put an electronic path beside the cell, such that its end has a resistance (ohm)."""
    ionic = float(IONIC[-1].real)
    return 1.0 / (1.0 / IONIC + 1.0 / resistance - 1.0 / ionic)


def state_of(impedance, cell=CELL, frequency=FREQUENCY):
    return examine(assemble(cell, [record(impedance, frequency)])).verdicts["state"].iloc[0]


@pytest.mark.parametrize(("share", "state"), [(0.13, "soft"), (0.55, "soft"), (0.02, "hard")])
def test_far_below_the_bare_electrolyte_one_spectrum_convicts(share, state):
    assert state_of(short(share * FLOOR)) == state


@pytest.mark.parametrize("share", [0.65, 0.9, 1.5])
def test_near_the_floor_and_above_it_nothing_is_concluded(share):
    assert state_of(short(share * FLOOR)) == "undetermined"


def test_a_spectrum_that_stops_before_its_dc_limit_proves_nothing():
    geometric = FLOOR / (1.0 + FLOOR * 1e-7 * OMEGA)
    top = FREQUENCY > 1e5  # 14 ohm of a bulk arc of 56 ohm
    assert abs(geometric[top][-1]) < 0.45 * FLOOR
    frequency = np.geomspace(1e6, 1e5, 20)
    z = FLOOR / (1.0 + 2j * np.pi * frequency * FLOOR * 1e-7)
    assert state_of(z, frequency=frequency) == "undetermined"


def test_a_warm_cell_has_a_lower_floor():
    cell = replace(CELL, temperature_celsius=25.0)
    history = assemble(cell, [record(short(0.4 * FLOOR))])
    cold = gather(history)
    warm = replace(cold, spectra=tuple(replace(s, temperature_celsius=80.0) for s in cold.spectra))
    assert reading_verdict(read_spectra(cold)[0]).state is State.SOFT
    assert reading_verdict(read_spectra(warm)[0]).state is State.UNDETERMINED


def test_a_shorted_spectrum_is_no_reference_for_later_ones():
    history = assemble(CELL, [record(short(0.3 * FLOOR)), record(IONIC)])
    evidence = gather(history)
    later = replace(evidence.spectra[1], time_second=1e4)
    first, second = read_spectra(replace(evidence, spectra=(evidence.spectra[0], later)))
    assert first.certified
    assert np.isnan(second.eta)


def test_blocking_electrodes_are_named():
    z = 300.0 + 1e5 / (1.0 + 1e5 * 1e-9 * OMEGA) + 1.0 / (1e-6 * OMEGA**0.9)
    reading = read_spectra(gather(assemble(CELL, [record(z)])))[0]
    assert "block ions" in reading.sentence
    assert reading_verdict(reading).state is State.UNDETERMINED
    warburg = 100.0 + 200.0 / np.sqrt(OMEGA)
    assert not read_spectra(gather(assemble(CELL, [record(warburg)])))[0].blocking


def test_an_inductive_loop_at_the_end_bounds_nothing():
    looped = IONIC - 60.0 / (1.0 + 0.3 * OMEGA)
    reading = read_spectra(gather(assemble(CELL, [record(looped)])))[0]
    assert reading.low_frequency_ohm == pytest.approx(looped.real[-3:].min(), rel=0.05)
    assert "inductive loop" in reading.sentence
    assert "is at least" not in reading.sentence
    assert state_of(looped) == "undetermined"
    leads = IONIC + 1e-6 * OMEGA  # at the other end
    assert "is at least" in read_spectra(gather(assemble(CELL, [record(leads)])))[0].sentence


def test_the_reasons_of_an_open_pair_are_sentences():
    pair = SimpleNamespace(abstained=True, reasons=("The one fails.", "The other ends too early."))
    told = pair_sentence(pair, (2.0, 1.9), "R_e is at least 1.9 Ω", None)
    assert told.endswith("not conclusive: The one fails. The other ends too early.")


def test_a_wire_or_noise_at_the_beginning_is_no_reference():
    rng = np.random.default_rng(1)
    loud = IONIC * (1.0 + 0.3 * (rng.standard_normal(50) + 1j * rng.standard_normal(50)))
    for first in (0.3 + 3e-7 * OMEGA, loud):
        records = [record(z) for z in (first, IONIC, 1.001 * IONIC)]
        readings = read_spectra(gather(assemble(Cell(), records)))
        assert [reading.sound for reading in readings] == [False, True, True]
        assert readings[2].trusted
        assert readings[2].upper < 0.10
