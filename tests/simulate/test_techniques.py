"""Each protocol shows what theory says it must, for the fraction that is known."""

from __future__ import annotations

import numpy as np
import pytest

from softbreak.data.record import Technique
from softbreak.metals import foil_capacity
from softbreak.simulate import protocols as p
from softbreak.simulate.cell import solve
from softbreak.simulate.engine import CLIMATE, run
from softbreak.simulate.laws_a import blank
from softbreak.simulate.specimen import make_cell, perform
from softbreak.simulate.techniques import (
    THIN_UM,
    coulombic,
    current_voltage,
    full,
    one_way,
    ramp,
)
from tests.simulate.conftest import fresh_state

ONE = np.array([0])
HERTZ = np.array([1.0])


def shorted(conductance):
    law = blank(1)
    if conductance:
        law["bridged"][0, 1] = law["speed"][0, 1] = law["length"][0, 1] = 1
        law["thread"][0, 1] = conductance
    return law


def polymer():
    cell = make_cell(thickness=0.01, sigma=2e-4, interphase=20.0, exchange=2e-3, transference=0.3)
    cell["diffusivity"], cell["salt"], cell["reference"] = 6e-8, 1.2e-3, 60.0
    return cell


@pytest.mark.parametrize("conductance", [0.0, 1e-3, 2.5e-3])
def test_depletion_counts_the_electrons(conductance):
    outcome = perform(coulombic(conductance))
    truth = outcome.truth.iloc[0]
    applied = truth["areal_capacity_mah_per_cm2"]
    # Q_Li = Q_app (1 - eta); 15 um are 3.09 mAh/cm2
    assert applied * (1.0 - truth["eta"]) == pytest.approx(foil_capacity(THIN_UM), rel=0.02)
    assert outcome.run.done["limited"][0] == 1
    assert (truth["eta"] > 0.05) == (conductance > 0.0)


def test_the_whole_voltage_of_a_full_cell_drives_its_leak():
    conductance = 2.5e-5
    run_of = perform(full(conductance)).run
    charge = run_of.done["charge"].reshape(-1, 2)[1:]
    efficiency = charge[:, 1] / charge[:, 0]
    # CE = (j - gV)/(j + gV) with V = 3.4 + 0.3 q, on average 3.85 V; j = 1 mA/cm2
    leak = conductance * 3.85 / 1e-3
    assert efficiency == pytest.approx((1 - leak) / (1 + leak), abs=0.02)
    healthy = perform(full()).run.done["charge"].reshape(-1, 2)[1:]
    assert healthy[:, 1] / healthy[:, 0] == pytest.approx(1.0, abs=1e-3)


def test_a_ramp_raises_the_current_until_the_cell_shorts():
    outcome = perform(ramp())
    truth = outcome.truth
    assert np.allclose(np.diff(truth["current_ampere"]), 1e-4 * 0.7854)
    assert truth["state"].iloc[0] == "healthy"
    assert truth["state"].iloc[-1] in {"soft", "hard"}


def test_one_way_plating_never_reverses_and_shorts():
    outcome = perform(one_way())
    table = outcome.records[0].table
    assert (table["control_current_ampere"] > 0).all()
    onset = outcome.truth_cell["onset_time_second"].iloc[0] / 3600.0
    assert onset == pytest.approx(14.0, abs=0.1)


def test_divergence_is_held_and_is_no_short():
    outcome = perform(current_voltage())
    steps, done = outcome.run.steps, outcome.run.done
    assert done["limited"][0] == 1 and done["end"][0] < 3600.0 * 10
    held = outcome.run.rows[done["first"][1] : done["first"][1] + done["rows"][1]]
    assert held["voltage"] == pytest.approx(0.5, abs=1e-3)
    assert held["current"][-1] < held["current"][0]
    assert steps["kind"].tolist() == [p.CONSTANT_CURRENT, p.CONSTANT_VOLTAGE]
    assert outcome.truth["eta"].max() == 0.0


def test_leakage_of_a_polymer_ends_higher_with_electrons():
    # Bruce and Vincent: I_ss/I_0 is set by the salt; a parallel path lifts it towards 1
    ratios = []
    for conductance in (0.0, 0.006):
        program = p.hold(0.01, 6.0, temperature=60.0)
        done = run(
            (polymer(), shorted(conductance), None), [program], identities=ONE, frequency=HERTZ
        )
        current = done.rows["current"][: done.row_count[0]]
        ratios.append(current[-1] / current[0])
    assert 0.2 < ratios[0] < 0.8
    assert ratios[1] > ratios[0] + 0.1


def test_rest_of_a_symmetric_cell_says_nothing_of_electrons():
    cell = make_cell(thickness=0.06, sigma=1.5e-3, interphase=15.0, exchange=3e-3)
    program = np.concatenate([p.plating(1e-3, 1.0), p.rest(1.0)])
    for conductance in (0.0, 0.02):
        done = run((cell, shorted(conductance), None), [program], identities=ONE, frequency=HERTZ)
        rows = done.rows[: done.row_count[0]]
        assert np.abs(rows["voltage"][rows["step"] == 1]).max() < 1e-9


def test_sweeps_start_at_rest_and_turn_at_both_vertices():
    cell = make_cell(thickness=0.06, sigma=1.5e-3, interphase=15.0, exchange=3e-3)
    program = p.voltammetry(0.05, 1e-3, 2, 40)
    done = run((cell, blank(1), None), [program], identities=ONE, frequency=HERTZ)
    v = done.rows["voltage"][: done.row_count[0]]
    assert v.max() == pytest.approx(0.05, abs=1e-6)
    assert v.min() == pytest.approx(-0.05, abs=1e-6)
    assert abs(v[-1]) < 1e-6
    assert done.done["end"][0] == pytest.approx(400.0)


def test_a_cycler_that_watches_voltage_writes_more_rows_where_it_moves():
    cell = make_cell(thickness=0.06, sigma=1.5e-3, interphase=15.0, exchange=3e-3)
    law = shorted(0.05)
    law["recover_hour"] = 0.51
    sparse = p.plating(1e-3, 1.0, interval=600.0)
    watched = p.plating(1e-3, 1.0, interval=600.0, trigger=5e-3)
    counts = [
        run((cell, law, None), [one], identities=ONE, frequency=HERTZ).row_count[0]
        for one in (sparse, watched)
    ]
    # 1 s, then every 600 s to 3600 s
    assert counts[0] == 7
    assert counts[1] > counts[0]


@pytest.mark.parametrize(("kelvin", "omega"), [(1, 0.05), (2, 0.11), (5, 0.28), (10, 0.63)])
def test_warmth_raises_the_current_without_any_electron(kelvin, omega):
    # LPSCl: the mixture of bulk, interphase and transfer energies gives about 0.4 eV
    cell = make_cell(
        thickness=0.075, sigma=1.6e-3, energy_bulk=0.35, interphase=18.0, exchange=4e-3
    )
    currents = []
    for t in (25.0, 25.0 + kelvin):
        x, je, _ = solve(cell[0], fresh_state(cell, t)[0], 0.02, 0.0, 0.0)
        assert je == 0.0
        currents.append(x)
    assert currents[1] / currents[0] - 1.0 == pytest.approx(omega, rel=0.15, abs=0.005)


def test_a_cell_follows_a_step_of_the_chamber_as_its_mass_allows():
    cell = make_cell(thickness=0.06, sigma=1.5e-3, interphase=15.0, exchange=3e-3)
    climate = np.zeros(1, CLIMATE)
    climate["step_hour"], climate["step"], climate["lag"] = 1.0, 10.0, 600.0
    done = run(
        (cell, blank(1), climate),
        [p.plating(1e-3, 6.0, interval=60.0)],
        identities=ONE,
        frequency=HERTZ,
    )
    rows = done.rows[: done.row_count[0]]
    seconds, warmer = rows["time"] - 3600.0, rows["temperature"] - rows["temperature"][0]
    assert warmer[seconds <= 0.0] == pytest.approx(0.0, abs=1e-5)
    assert np.interp(600.0, seconds, warmer) == pytest.approx(10.0 * (1.0 - np.exp(-1.0)), abs=0.02)
    assert warmer[-1] == pytest.approx(10.0, abs=1e-5)
    assert np.abs(np.diff(warmer)).max() < 1.0  # no step of the chamber is one of the cell


def test_a_series_in_temperature_soaks_before_each_spectrum():
    program = p.temperature_series([0.0, 20.0])
    assert program["kind"].tolist() == [p.REST, p.SPECTRUM] * 2
    assert program["temperature"].tolist() == [0.0, 0.0, 20.0, 20.0]
    outcome_kinds = {r.technique for r in perform(coulombic()).records}
    assert outcome_kinds == {Technique.CYCLING}
