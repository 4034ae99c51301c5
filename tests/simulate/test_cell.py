"""Kirchhoff's laws, whatever the cell and whatever the path of its electrons."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softbreak.simulate.cell import electrons, settle, solve
from softbreak.simulate.chemistry import (
    CHEMISTRIES,
    draw_cells,
    nominal_resistance,
    priors,
)
from softbreak.simulate.impedance import impedance
from softbreak.simulate.kernel import small_signal
from tests.simulate.conftest import fresh_state


@st.composite
def situations(draw):
    chemistry = draw(st.sampled_from(CHEMISTRIES))
    cell = draw_cells(chemistry, 0, np.array([draw(st.integers(0, 500))]))
    state = fresh_state(cell, float(cell["reference"][0]) + draw(st.floats(-20, 20)))
    resistance = float(nominal_resistance(cell)[0])
    share = draw(st.sampled_from([0.0, 1e-6, 0.03, 0.5, 0.97, 0.9999]))
    state["g"] = share / (1.0 - share) / resistance
    if draw(st.booleans()):
        state["g_tunnel"] = state["g"] * 0.3
        state["v_tunnel"] = draw(st.floats(0.02, 1.0))
    state["f"][0] = draw(st.floats(0.05, 1.0)), draw(st.floats(0.05, 1.0))
    return cell, state, resistance


@settings(max_examples=150, deadline=None)
@given(situations(), st.floats(0.002, 2.0), st.sampled_from([-1.0, 1.0]))
def test_currents_add_up_and_voltage_gives_the_current_back(situation, volts, sign):
    cell, state, resistance = situation
    j = sign * volts / resistance
    x, je, v = solve(cell[0], state[0], j, -1.0, 0.0)
    assert x + je == pytest.approx(j, rel=1e-11)
    assert je == pytest.approx(electrons(state[0], v)[0], rel=1e-9, abs=1e-18)
    assert 0.0 <= je / j <= 1.0 + 1e-12
    lead = 0.3
    x2, je2, v2 = solve(cell[0], state[0], v + lead * j, lead, 0.0)
    assert x2 + je2 == pytest.approx(j, rel=1e-9)
    assert v2 == pytest.approx(v, rel=1e-9)


def test_without_electrons_all_current_is_ionic():
    cell = draw_cells("sulfide", 3, np.array([4]))
    x, je, _ = solve(cell[0], fresh_state(cell)[0], 1e-3, -1.0, 0.0)
    assert (x, je) == (1e-3, 0.0)


@settings(max_examples=80, deadline=None)
@given(situations())
def test_impedance_at_zero_frequency_is_the_slope_of_the_steady_voltage(situation):
    cell, state, resistance = situation
    cell["lead"] = cell["slow_drift"] = 0.0  # the steady state is that of one age
    h = 1e-6 / resistance

    def settled(j, x):
        """Ionic current and voltage once the relaxing parts have settled at the ionic current x."""
        moved = state.copy()
        for _ in range(60):
            settle(cell[0], moved[0], x, 1e9)
            moved["metal"] = 1e9
        found = solve(cell[0], moved[0], j, -1.0, x)
        return found[0], found[2]

    def steady_voltage(j):
        # the secant finds x = settled(x) also where simple iteration runs away
        x, y = j, 0.9 * j
        miss = settled(j, x)[0] - x
        for _ in range(12):
            other = settled(j, y)[0] - y
            if other == miss or abs(other) < 1e-15 * abs(j):
                break
            x, y, miss = y, y - other * (y - x) / (other - miss), other
        return settled(j, y)[1]

    slope = (steady_voltage(h) - steady_voltage(-h)) / (2 * h)
    z = impedance(cell[0], state[0], 1e-12)
    assert z.real * cell["area"][0] == pytest.approx(slope, rel=1e-6)
    assert abs(z.imag) < 1e-6 * abs(z.real)


def test_small_signal_share_is_that_of_a_small_current():
    cell = draw_cells("garnet", 1, np.array([8]))
    state = fresh_state(cell)
    state["g"] = 0.01
    j = 1e-9
    _, je, _ = solve(cell[0], state[0], j, -1.0, 0.0)
    assert small_signal(cell[0], state[0]) == pytest.approx(je / j, rel=1e-6)


def test_resistance_falls_with_temperature_as_arrhenius_says():
    cell = draw_cells("sulfide", 0, np.array([0]))
    cold, warm = fresh_state(cell, 25.0), fresh_state(cell, 35.0)
    # E/k (1/298.15 - 1/308.15) by hand: 1.0884e-4 K-1 times 11604.5 K/eV = 1.2631 per eV
    expected = np.exp(1.2631 * cell["energy_bulk"][0])
    assert cold["bulk"][0] / warm["bulk"][0] == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("chemistry", CHEMISTRIES)
def test_priors_cover_every_constant_and_say_where_they_come_from(chemistry):
    rows = priors(chemistry)
    names = {row.name for row in rows}
    assert len(names) == len(rows)
    fields = set(draw_cells(chemistry, 0, np.array([0])).dtype.names)
    assert names == fields - {"open_circuit", "open_slope"}
    assert all(row.unit and row.source for row in rows)
    cells = draw_cells(chemistry, 0, np.arange(200))
    for row in rows:
        if row.name != "grain":
            drawn = cells[row.name] / row.scale
            assert (drawn >= row.low * (1 - 1e-9)).all()
            assert (drawn <= row.high * (1 + 1e-9)).all()
