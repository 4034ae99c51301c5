"""The voltage rule on simple cells whose truth is known by construction."""

import numpy as np
import pytest

from softbreak.data.record import Cell
from softbreak.models.diagnose import examine
from tests.features.synthetic import cycled

FLOORED = Cell(
    "floored",
    area_cm2=0.785,
    electrolyte_thickness_um=700.0,
    ionic_conductivity_s_per_cm=1.6e-3,
    temperature_celsius=25.0,
)
# L / (sigma A) = 0.07 / (1.6e-3 * 0.785) = 55.7 ohm


def judged(resistance, **details):
    return examine(cycled(resistance, **details), "voltage")


def states(diagnosis):
    return diagnosis.verdicts["state"].to_list()


def test_a_steady_cell_is_healthy():
    assert states(judged(lambda h: 100.0 + 0 * h)) == ["healthy"] * 20


def test_an_abrupt_lasting_drop_is_soft_from_its_cycle_on():
    diagnosis = judged(lambda h: np.where(h >= 20.55, 40.0, 100.0))
    assert states(diagnosis) == ["healthy"] * 10 + ["soft"] * 10
    eta = diagnosis.verdicts["electronic_fraction"].to_numpy()
    # eta = 1 - V+/V- = 1 - 40/100
    assert eta[11:] == pytest.approx(0.6, abs=0.02)
    # cycle 10: 1.45 of 2 h at 0.6
    assert eta[10] == pytest.approx(0.6 * 1.45 / 2, abs=0.02)
    assert diagnosis.summary["onset_time_second"] == 20.55 * 3600
    assert diagnosis.summary["state"] == "soft"


def test_the_interval_holds_the_truth():
    table = judged(lambda h: np.where(h >= 20.55, 40.0, 100.0)).verdicts.iloc[11:]
    assert (table["electronic_fraction_lower"] < 0.6).all()
    assert (table["electronic_fraction_upper"] > 0.6).all()
    assert table["electronic_fraction_upper"].max() <= 1.0


def test_a_dead_short_is_hard():
    diagnosis = judged(lambda h: np.where(h >= 20.0, 0.5, 100.0))
    assert states(diagnosis) == ["healthy"] * 10 + ["hard"] * 10


def test_recovery_at_once_ends_the_short_and_is_remembered():
    diagnosis = judged(lambda h: np.where((h >= 14.55) & (h < 22.5), 40.0, 100.0))
    assert states(diagnosis)[8:11] == ["soft"] * 3
    assert states(diagnosis)[12:] == ["healthy"] * 8
    assert diagnosis.summary["ever_short"]


def test_a_slow_return_after_a_drop_is_left_open():
    def healed(h):
        return np.where(h < 10.55, 100.0, np.minimum(40.0 * np.exp((h - 10.55) / 12), 100.0))

    found = states(judged(healed))
    assert found[6:8] == ["soft", "soft"]
    assert set(found[-3:]) == {"undetermined"}


def test_growth_beyond_a_tenth_withholds_healthy():
    found = judged(lambda h: 100.0 * (1 + 0.01 * h))
    assert states(found)[0] == "healthy"
    assert states(found)[-1] == "undetermined"
    assert "grown" in found.verdicts["evidence"].iloc[-1][0]["sentence"]
    assert found.verdicts["wanted_measurement"].iloc[-1]


def test_a_slow_fall_is_left_open():
    assert states(judged(lambda h: 100.0 * np.exp(-h / 100)))[-1] == "undetermined"


def test_a_deep_slow_fall_after_growth_is_a_conducting_interphase():
    def lgps(h):  # the shape of Fig. 3A: grows for 25 h, then falls to a third
        return np.where(h < 25, 80 + 0.8 * h, 36 + 64 * np.exp(-(h - 25) / 20))

    diagnosis = judged(lgps, cycles=60, temperature=lambda h: 25.0 + 0.2 * np.sin(h))
    assert states(diagnosis)[-1] == "soft"


def test_logged_warming_is_not_a_short():
    def thermal(h):
        return 298.15 + 8.0 * (1 - np.exp(-np.maximum(h - 20, 0) / 0.3))

    def resistance(h):
        return 100.0 * np.exp(0.40 / 8.617e-5 * (1 / thermal(h) - 1 / 298.15))

    found = states(judged(resistance, temperature=lambda h: thermal(h) - 273.15))
    assert not set(found) & {"soft", "hard"}
    # the same curve without the log cannot be healthy and is not called soft either
    unlogged = states(judged(resistance))
    assert not set(unlogged) & {"soft", "hard"}
    assert "undetermined" in unlogged


def test_below_the_bare_electrolyte_is_soft_from_the_first_cycle():
    diagnosis = judged(lambda h: 20.0 + 0 * h, cell=FLOORED)
    assert set(states(diagnosis)) == {"soft"}
    # at least 1 - 20/55.7 = 64 % electronic
    assert diagnosis.verdicts["electronic_fraction_lower"].iloc[0] < 0.64
    assert diagnosis.verdicts["electronic_fraction"].iloc[0] > 0.64


def test_above_the_bare_electrolyte_there_is_no_certificate():
    assert set(states(judged(lambda h: 60.0 + 0 * h, cell=FLOORED))) == {"healthy"}


def test_a_wire_from_the_first_cycle_is_hard():
    diagnosis = judged(
        lambda h: 0.3 + 0 * h, current=1e-2, noise=1e-6, cell=Cell("w", area_cm2=1.0)
    )
    assert set(states(diagnosis)) == {"hard"}


def test_a_few_ohms_without_geometry_are_left_open():
    diagnosis = judged(
        lambda h: 3.0 + 0 * h, current=1e-2, noise=1e-6, cell=Cell("w", area_cm2=1.0)
    )
    assert set(states(diagnosis)) == {"undetermined"}
    assert "hickness" in diagnosis.summary["wanted_measurement"]


def test_four_millivolts_are_not_a_short():
    diagnosis = judged(lambda h: 1360.0 + 0 * h, current=2.8e-6, noise=2e-5)
    assert set(states(diagnosis)) == {"healthy"}


@pytest.mark.parametrize("offset", [-3e-3, 3e-3])
def test_an_offset_of_the_cycler_changes_nothing(offset):
    plain = judged(lambda h: np.where(h >= 20.55, 40.0, 100.0))
    shifted = judged(lambda h: np.where(h >= 20.55, 40.0, 100.0), offset=offset)
    assert states(plain) == states(shifted)


@pytest.mark.parametrize("factor", [0.1, 10.0])
def test_only_ratios_count(factor):
    """Ten times the area: ten times the current and a tenth of the resistance."""
    plain = judged(lambda h: np.where(h >= 20.55, 40.0, 100.0))
    scaled = judged(lambda h: np.where(h >= 20.55, 40.0, 100.0) * factor, current=1e-3 / factor)
    assert states(plain) == states(scaled)
    assert scaled.verdicts["electronic_fraction"].to_numpy() == pytest.approx(
        plain.verdicts["electronic_fraction"].to_numpy(), abs=1e-6
    )


def test_kinetics_at_a_higher_current_are_not_a_short():
    # V ~ asinh(I): five steps of current, four cycles each
    history = cycled(lambda h: 100.0 + 0 * h)
    table = history.records[0].table
    step = 1 + (np.arange(len(table)) * 5) // len(table)
    current = table["current_ampere"].to_numpy() * step
    voltage = 0.05 * np.arcsinh(current * 60.0 / 0.05) + 40.0 * current
    rng = np.random.default_rng(0)
    table = table.assign(
        current_ampere=current, voltage_volt=voltage + 1e-4 * rng.standard_normal(len(table))
    )
    from softbreak.data.history import assemble
    from softbreak.data.record import Record, Source, Technique

    stepped = assemble(Cell("s"), [Record(Cell(), Technique.CYCLING, table, Source("s"))])
    assert set(states(examine(stepped, "voltage"))) == {"healthy"}


def test_probabilities_are_probabilities():
    table = judged(lambda h: np.where(h >= 20.55, 40.0, 100.0)).verdicts
    total = table[["p_healthy", "p_soft", "p_hard"]].sum(axis=1).to_numpy()
    assert total == pytest.approx(1.0)
    assert (table[["p_healthy", "p_soft", "p_hard"]].to_numpy() >= 0).all()


def test_judging_is_causal():
    """The verdict of a cycle does not change when later cycles arrive."""
    long = judged(lambda h: np.where(h >= 20.55, 40.0, 100.0), cycles=20)
    short = judged(lambda h: np.where(h >= 20.55, 40.0, 100.0), cycles=12)
    columns = ["state", "electronic_fraction", "p_soft"]
    left = long.verdicts[columns].iloc[:11].reset_index(drop=True)
    right = short.verdicts[columns].iloc[:11].reset_index(drop=True)
    assert left.equals(right)
