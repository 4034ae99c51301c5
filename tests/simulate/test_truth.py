"""States with hysteresis, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from softbreak.simulate import protocols as p
from softbreak.simulate.engine import run
from softbreak.simulate.laws_a import blank
from softbreak.simulate.specimen import make_cell
from softbreak.simulate.truth import label, onset_seconds, per_cycle


@pytest.mark.parametrize(
    ("eta", "expected"),
    [
        # enters at 0.05, not below
        ([0.0, 0.049, 0.05, 0.2], "hhss"),
        # between the limits it stays what it was
        ([0.03, 0.06, 0.03, 0.03, 0.03, 0.03], "hsssss"),
        # leaves with the third cycle in a row below 0.02, and comes back at 0.05
        ([0.06, 0.01, 0.01, 0.01, 0.01, 0.05], "ssshhs"),
        # two are not enough, and the count begins anew
        ([0.06, 0.01, 0.01, 0.03, 0.01, 0.01, 0.01], "sssssSh".lower()),
        # hard at 0.95; back to soft with the third cycle below 0.90
        ([0.94, 0.95, 0.92, 0.89, 0.89, 0.89, 0.5], "sHHHHss".replace("H", "x")),
        # straight from hard to healthy when nothing is left
        ([0.99, 0.0, 0.0, 0.0], "xxxh"),
    ],
)
def test_states_have_hysteresis(eta, expected):
    letters = np.array(list("hsx"))
    assert "".join(letters[label(eta)]) == expected


def test_hard_needs_nearly_the_whole_cycle():
    assert label([0.96], [0.85]).tolist() == [1]
    assert label([0.96], [0.90]).tolist() == [2]


def test_a_new_cell_begins_healthy():
    assert label([0.99, 0.0], first=[True, True]).tolist() == [2, 0]


def _short_cell(**law_settings):
    law = blank(1)
    law["bridged"][0, 1] = law["speed"][0, 1] = law["length"][0, 1] = 1
    for name, value in law_settings.items():
        law[name] = value
    cell = make_cell(thickness=0.06, sigma=1.5e-3, interphase=15.0, exchange=3e-3)
    program = p.chain(p.cycling(1e-3, 0.5, 4), p.spectrum(), p.cycling(1e-3, 0.5, 2, first=4))
    return run((cell, law, None), [program], identities=np.array([0]), frequency=np.array([1.0]))


def test_fraction_is_one_minus_ionic_over_all_charge():
    done = _short_cell(thread=0.02)
    steps = done.done[done.steps["kind"] == p.CONSTANT_CURRENT]
    ionic = 1.0 - np.abs(steps["charge_ionic"]) / steps["charge"]
    assert ionic == pytest.approx(steps["charge_electronic"] / steps["charge"], abs=1e-12)
    table = per_cycle(done, np.array([0.7854]))
    assert ionic.reshape(-1, 2).mean(axis=1) == pytest.approx(table["eta"], abs=1e-12)
    # 1 mA/cm2 for half an hour, twice
    assert table["areal_capacity_mah_per_cm2"].to_numpy() == pytest.approx(1.0, rel=1e-9)
    assert (table["eta"].between(0.0, 1.0)).all()
    assert table["cycle_index"].tolist() == [0, 1, 2, 3, 4, 5]
    assert table["current_ampere"].to_numpy() == pytest.approx(1e-3 * 0.7854)
    # four cycles of 1 h, a spectrum of 20 min, two cycles
    assert table["start_time_second"].tolist() == [0, 3600, 7200, 10800, 15600, 19200]


def test_ohms_law_gives_the_fraction_of_a_metallic_path():
    # linear limit: eta = g R_i / (1 + g R_i)
    done = _short_cell(thread=0.02)
    resistance = 0.06 / 1.5e-3 + 30.0 + 2 * 8.314462618 * 298.15 / 96485.33212 / 3e-3
    expected = 0.02 * resistance / (1.0 + 0.02 * resistance)
    assert per_cycle(done, np.ones(1))["eta"].to_numpy() == pytest.approx(expected, rel=2e-3)
    assert done.done["eta_small"] == pytest.approx(expected, rel=1e-9)


def test_a_short_moment_of_electrons_is_a_transient():
    # the path opens for good after the first 70 s of the first half-cycle
    done = _short_cell(thread=0.02, recover_hour=70.0 / 3600.0)
    table = per_cycle(done, np.ones(1))
    assert table["state"].tolist() == ["healthy"] * 6
    assert table["eta"][0] < 0.05
    assert table["transient_short"].tolist() == [True] + [False] * 5
    assert table["ever_short"].all()


def test_onset_is_the_first_row_that_leaks():
    done = _short_cell(thread=0.02)
    assert onset_seconds(done)[0] == 1.0
    assert np.isnan(onset_seconds(_short_cell(thread=0.0))[0])
