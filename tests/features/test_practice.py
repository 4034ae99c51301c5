"""Charge balances, holds and test practice, read from cells of known truth."""

import numpy as np
import pandas as pd
import pytest

from softbreak.archive.inputs.cells import cells_of
from softbreak.data.history import assemble
from softbreak.data.record import Cell, Record, Source, Technique
from softbreak.features.cycles.timeline import build_timeline
from softbreak.features.evidence.charge import running
from softbreak.features.evidence.charge_balance import balance_of, depletion_of
from softbreak.features.evidence.constant_voltage_holds import holds_of
from softbreak.features.evidence.test_conditions import critical_current_of, facts_of
from softbreak.physics.coulombic import electronic_fraction_to_depletion


@pytest.fixture(scope="module")
def techniques(technique_archive):
    return {cell.cell.cell_id: cell for cell in cells_of([technique_archive], {})}


def cycled(charges, *, volt=0.05, ampere=1e-4, interval=60.0, run_away=()):
    """A cell that passes these signed charges (C) one after another."""
    time, current, voltage = [0.0], [], []
    for k, charge in enumerate(charges):
        count = max(round(abs(charge) / ampere / interval), 3)
        sign = np.sign(charge)
        current += [sign * ampere] * count
        level = np.full(count, sign * volt)
        if k in run_away:
            level[-3:] *= 5
        voltage += level.tolist()
    time = np.arange(len(current)) * interval
    table = pd.DataFrame(
        {"test_time_second": time, "voltage_volt": voltage, "current_ampere": current}
    )
    cell = Cell("made-up", area_cm2=1.0, configuration="asymmetric", lithium_thickness_um=15.0)
    return assemble(cell, [Record(cell, Technique.CYCLING, table, Source("x"))])


def test_running_integrals_of_a_constant_current():
    whole = running(cycled([3.6]))
    # 600 samples of 0.1 mA, a minute apart: 599 intervals
    assert whole.charge[-1] == pytest.approx(1e-4 * 599 * 60)
    assert whole.volt_second[-1] == pytest.approx(0.05 * 599 * 60)
    charge, volt = whole.between(60.0, 120.0)
    assert (charge, volt) == (pytest.approx(6e-3), pytest.approx(3.0))


def test_a_pause_of_the_recording_adds_no_charge():
    history = cycled([3.6, 3.6])
    record = history.records[0]
    table = record.table.copy()
    table.loc[table.index >= 600, "test_time_second"] += 7 * 86_400.0
    paused = assemble(record.cell, [Record(record.cell, record.technique, table, record.source)])
    assert running(paused).charge[-1] == pytest.approx(running(history).charge[-1], rel=2e-3)


def test_healthy_foil_shows_no_electrons(techniques):
    cell = techniques["asymmetric"]
    found = depletion_of(cell, build_timeline(cell))
    assert found.depleted
    applied = found.applied_ampere_second / 3.6 / cell.cell.area_cm2
    # 15 um hold 3.09 mAh cm-2; 2 minutes of 0.5 mA cm-2 are 0.017
    assert applied == pytest.approx(3.093, abs=0.02)


def test_shorted_foil_gives_the_charge_weighted_fraction(techniques):
    cell = techniques["asymmetric-soft"]
    found = depletion_of(cell, build_timeline(cell))
    applied = found.applied_ampere_second / 3.6 / cell.cell.area_cm2
    eta = electronic_fraction_to_depletion(applied, thickness_um=15.0)
    # the simulator's own value before depletion is 0.1788
    assert eta.value == pytest.approx(0.1788, abs=0.01)
    assert eta.lower < 0.1788 < eta.upper


def test_full_cells_balance(techniques):
    healthy = balance_of(techniques["full"], build_timeline(techniques["full"]))
    closed = healthy[healthy["closed"].astype(bool)]
    assert len(closed) == 4
    assert (closed["efficiency"] > 0.999).all()
    assert np.isinf(closed["leak_ohm"]).all() or (closed["leak_ohm"] > 1e6).all()
    leaky = techniques["full-soft"]
    table = balance_of(leaky, build_timeline(leaky))
    closed = table[table["closed"].astype(bool)]
    # a path of 2.5e-5 S cm-2: 40 kohm cm2
    assert closed["leak_ohm"].median() * leaky.cell.area_cm2 == pytest.approx(40e3, rel=0.01)
    assert (closed["overcharge"] > 0.15).all()
    assert table["dips"].sum() == 0


def test_strips_and_platings_of_a_thin_foil_are_counted():
    # plating first, then strips of 3.6 C; the fourth strip falls short at half its charge
    charges = [-3.6, 3.6] * 3 + [-3.6, 1.8]
    history = cycled(charges, run_away=(7,))
    found = depletion_of(history, build_timeline(history))
    assert found.depleted
    assert (found.sign, found.full_strips) == (1, 3)
    assert found.strip_ampere_second == pytest.approx(3.6, rel=0.01)
    assert found.last_strip_ampere_second == pytest.approx(1.8, rel=0.03)


def test_a_foil_that_lasts_is_not_depleted():
    history = cycled([-3.6, 3.6] * 4)
    found = depletion_of(history, build_timeline(history))
    assert not found.depleted
    assert found.full_strips == 4


def test_holds_are_found_by_what_was_imposed(techniques, paper_archive):
    (hold,) = holds_of(techniques["cc-cv"])
    assert hold.voltage_volt == pytest.approx(0.5, abs=1e-3)
    assert not hold.fresh  # a constant current went before
    assert holds_of(techniques["ramp"]) == []
    lgps = next(c for c in cells_of([paper_archive], {}) if c.cell.cell_id == "LGPS")
    first, last = holds_of(lgps)
    assert first.voltage_volt == pytest.approx(0.1, abs=1e-3)
    assert first.start_second < last.start_second


def test_a_flat_plateau_at_constant_current_is_no_hold():
    assert holds_of(cycled([3.6, -3.6])) == []


@pytest.mark.parametrize(("share", "samples"), [(0.5, 60), (0.15, 20)])
def test_a_hold_without_control_columns_is_found_by_its_current(share, samples):
    time = np.arange(0, 3600.0, 10.0)
    voltage = np.concatenate([np.zeros(60), np.full(300, 0.1)])
    current = np.concatenate(
        [np.zeros(60), 1e-6 + share * 2e-6 * np.exp(-np.arange(300) / samples)]
    )
    table = pd.DataFrame(
        {"test_time_second": time, "voltage_volt": voltage, "current_ampere": current}
    )
    cell = Cell("x")
    (hold,) = holds_of(assemble(cell, [Record(cell, Technique.CYCLING, table, Source("x"))]))
    assert hold.start_second == 600.0
    assert hold.fresh


@pytest.mark.parametrize("end", [20, 21, 179, 180, 181, 500, 900])
def test_a_hold_ends_where_its_voltage_leaves_it(end):
    time = np.arange(1000) * 10.0
    voltage = np.where(np.arange(1000) < end, 0.1, 0.102 + 1e-3 * np.arange(1000))
    current = 1e-6 + 1e-6 * np.exp(-np.arange(1000) / (0.3 * end))
    table = pd.DataFrame(
        {"test_time_second": time, "voltage_volt": voltage, "current_ampere": current}
    )
    cell = Cell("x")
    (hold,) = holds_of(assemble(cell, [Record(cell, Technique.CYCLING, table, Source("x"))]))
    assert len(hold.time) == end


def test_rate_test_of_known_end(techniques):
    cell = techniques["ramp"]
    timeline = build_timeline(cell)
    found = critical_current_of(timeline, cell.cell.area_cm2)
    # the truth's onset at 55,710 s lies in the step of 1.6 mA cm-2 (54,000 s to 57,600 s)
    assert (found.density, found.failed_at) == (pytest.approx(1.5), pytest.approx(1.6))
    assert found.capacity == pytest.approx(0.75, rel=0.01)
    facts = facts_of(cell, timeline)
    assert (facts.ramp_lowest, facts.ramp_highest) == (pytest.approx(0.1), pytest.approx(2.0))
    assert (facts.ramp_cycles, facts.ramp_failed) == (1, True)
    assert facts.areal_capacity is None  # nothing but a rate test


def test_facts_of_the_papers_cell(paper_archive):
    lgps = next(c for c in cells_of([paper_archive], {}) if c.cell.cell_id == "LGPS")
    facts = facts_of(lgps, build_timeline(lgps))
    assert facts.areal_capacity == pytest.approx(3.0, rel=0.01)
    assert facts.current_density == pytest.approx(3.0, rel=0.01)
    assert facts.voltammetry_after
    assert facts.impedance_after
    assert facts.porosity is None
    assert facts.ramp_lowest is None


def test_without_an_area_nothing_areal_is_claimed(techniques):
    cell = techniques["full"]
    bare = assemble(Cell("bare"), [r.with_cell(Cell("bare")) for r in cell.records])
    facts = facts_of(bare, build_timeline(bare))
    assert facts.areal_capacity is None
    assert facts.current_density is None


def test_a_rest_at_the_cells_own_voltage_is_no_hold():
    time = np.arange(0, 3600.0, 10.0)
    current = np.concatenate([1e-3 * np.exp(-np.arange(60) / 20), np.zeros(300)])
    table = pd.DataFrame(
        {"test_time_second": time, "voltage_volt": np.full(360, 4.2), "current_ampere": current}
    )
    cell = Cell("x")
    (hold,) = holds_of(assemble(cell, [Record(cell, Technique.CYCLING, table, Source("x"))]))
    assert len(hold.time) == 60


def test_a_step_of_the_charging_current_is_no_dip():
    # 1 mA to 4 V, then 0.5 mA: the voltage falls by half of the overpotential of 0.2 V
    charge = np.concatenate([np.linspace(3.2, 4.0, 200), np.linspace(3.9, 4.1, 100)])
    discharge = np.linspace(4.0, 3.0, 250)
    current = np.concatenate([np.full(200, 1e-3), np.full(100, 5e-4), np.full(250, -1e-3)])
    one = pd.DataFrame({"voltage_volt": np.concatenate([charge, discharge])})
    table = pd.concat([one, one], ignore_index=True)
    table["current_ampere"] = np.concatenate([current, current])
    table["test_time_second"] = np.arange(len(table)) * 60.0
    cell = Cell("x", configuration="full")
    history = assemble(cell, [Record(cell, Technique.CYCLING, table, Source("x"))])
    found = balance_of(history, build_timeline(history))
    assert len(found) >= 1
    assert found["dips"].sum() == 0
