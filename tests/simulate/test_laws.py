"""Law sets bring plans about, and each law does what its name says."""

from __future__ import annotations

import numpy as np
import pytest

from softbreak.simulate import protocols as p
from softbreak.simulate.engine import run
from softbreak.simulate.guard import law_set
from softbreak.simulate.laws_a import blank as blank_a
from softbreak.simulate.laws_c import blank as blank_c
from softbreak.simulate.population import Recipe, make_block
from softbreak.simulate.specimen import make_cell
from softbreak.simulate.truth import onset_seconds

law_set("b", "judge")
from softbreak.simulate.laws_b import blank as blank_b  # noqa: E402 (opens only to a judge)

HERTZ = np.array([1e7, 1e-9])


def sulfide():
    return make_cell(
        thickness=0.06, sigma=1.5e-3, interphase=15.0, exchange=3e-3, constriction=1e-2
    )


def go(law, program):
    return run((sulfide(), law, None), [program], identities=np.array([0]), frequency=HERTZ, seed=1)


@pytest.mark.parametrize("laws", ["a", "b", "c"])
def test_breakdown_comes_about_when_planned(laws):
    recipe = Recipe(1, seed=4, laws=laws, purpose="judge", faulty=1.0, every=0, interval=300.0)
    block = make_block(recipe, np.arange(500))
    plan = block.plan
    late = (onset_seconds(block.run) / 3600.0 - plan.onset) / plan.life
    sudden = plan.has("hard")
    assert np.abs(late[sudden]).max() < 0.01
    grown = plan.has("filament", "telegraph", "prelude")
    assert np.isnan(late[grown]).mean() < 0.1
    assert abs(np.nanmedian(late[grown])) < 0.1
    slow = plan.has("mixed")
    assert abs(np.nanmedian(late[slow])) < 0.2
    assert np.isnan(onset_seconds(block.run)[plan.family == "healthy"]).all()


@pytest.mark.parametrize("blank", [blank_a, blank_b, blank_c])
def test_nothing_happens_to_a_blank_cell(blank):
    done = go(blank(1), p.cycling(1e-3, 1.0, 5))
    plus = done.rows["voltage"][: done.row_count[0]]
    assert np.ptp(np.abs(plus)) < 1e-6
    assert done.done["charge_electronic"].max() == 0.0


def test_root_of_time_and_logarithm_of_time():
    # a: R^2 = 15^2 + 100 h x 20; b: R = 15 + 5 ln(1 + 100 h x 4 / 5)
    program = np.concatenate([p.rest(100.0, interval=3600.0), p.spectrum()])
    program[-1]["duration"] = 1.0
    bulk, transfer = 0.06 / 1.5e-3, 2 * 8.314462618 * 298.15 / 96485.33212 / 3e-3
    a = blank_a(1)
    a["growth"] = 20.0
    b = blank_b(1)
    b["film_scale"], b["film_rate"] = 5.0, 4.0
    for law, side in ((a, np.sqrt(15.0**2 + 2000.0)), (b, 15.0 + 5.0 * np.log(81.0))):
        z = go(law, program).spectra[0, 1].real - 0.3
        assert z * 0.7854 == pytest.approx(bulk + transfer + 2.0 * side, rel=1e-4)


def test_contact_improves_without_electrons():
    a = blank_a(1)
    a["a_contact"], a["creep_time"] = 0.3, 5.0
    b = blank_b(1)
    b["b_gap"], b["gap_rate"] = 0.6, 1.0
    c = blank_c(1)
    c["c_start"], c["creep_time"], c["creep_stretch"] = 0.3, 5.0, 0.6
    for law in (a, b, c):
        done = go(law, p.cycling(1e-3, 1.0, 10))
        first, last = (np.abs(done.rows["voltage"][done.done["first"][k]]) for k in (0, -1))
        assert last < 0.9 * first
        assert done.done["charge_electronic"].max() == 0.0


def test_voids_raise_the_voltage_within_a_half_cycle():
    a = blank_a(1)
    a["void_gain"], a["void_scale"], a["repair"], a["refill"] = 0.5, 1.0, 0.3e-3, 1.0
    b = blank_b(1)
    b["vacancy_gain"], b["vacancy_time"], b["vacancy_half"] = 0.8, 5.0, 0.5
    c = blank_c(1)
    c["hollow_gain"], c["hollow_scale"] = 1.0, 3.0
    for law in (a, b, c):
        done = go(law, p.cycling(1e-3, 1.0, 2))
        rows = done.rows[: done.done["rows"][0]]["voltage"]
        assert rows[-1] > 1.05 * rows[0]


def test_a_melting_filament_lets_go():
    a = blank_a(1)
    a["bridged"][0, 1] = a["speed"][0, 1] = 1
    a["thread"], a["fuse"], a["threshold"] = 0.001, 0.05, 1.0
    done = go(a, p.cycling(1e-3, 1.0, 1))
    # 1 mA/cm2 through 87 ohm cm2 is 80 mV, above the fuse of 50 mV: gone before the first row
    assert done.done["eta_max"][0] > 0.05
    assert done.rows["eta"][: done.row_count[0]].max() == 0.0


def test_flicker_opens_and_closes_as_often_as_its_rates_say():
    a = blank_a(1)
    a["bridged"][0, 1] = a["speed"][0, 1] = a["length"][0, 1] = 1
    a["thread"], a["switch"], a["rate_on"], a["rate_off"] = 0.02, 0.0, 2.0, 1.0
    done = go(a, p.cycling(1e-3, 1.0, 300, interval=600.0))
    closed = (done.rows["eta"][: done.row_count[0]] > 0.05).mean()
    # closed for 1 h, open for 0.5 h on average; 400 dwells of each: standard error 0.015
    assert closed == pytest.approx(2.0 / 3.0, abs=0.06)


def test_strands_of_set_b_are_born_and_die():
    b = blank_b(1)
    b["crack"], b["strand_g"], b["front_current"] = 1.0, 0.01, 1e-3
    b["birth"], b["death"], b["death_volt"] = 0.5, 0.3, 0.05
    eta = go(b, p.cycling(1e-3, 1.0, 200, interval=600.0)).rows["eta"]
    rises = (np.diff(eta) > 0.02).sum()
    falls = (np.diff(eta) < -0.02).sum()
    assert rises > 10 and falls > 10


def test_a_dendrite_of_set_c_bridges_by_charge_and_fills():
    c = blank_c(1)
    c["bridge_at"], c["dendrite_g"], c["dendrite_grow"] = 5.0, 0.01, 2.0
    done = go(c, p.cycling(1e-3, 1.0, 10))
    eta = done.rows["eta"][: done.row_count[0]]
    hours = done.rows["time"][: done.row_count[0]] / 3600.0
    carried = hours[eta > 0.0]
    assert carried.min() == pytest.approx(5.0, abs=0.1)  # 1 mA/cm2: 5 mAh/cm2 after 5 h
    assert eta[-1] > 1.5 * eta[eta > 0.0][0]


def test_a_dendrite_of_set_c_melts_by_its_power_and_comes_back():
    c = blank_c(1)
    c["bridge_at"], c["dendrite_g"], c["dendrite_grow"] = 2.0, 0.01, 1.0
    c["melt_power"], c["regrow"] = 1.8e-5, 3.0
    done = go(c, p.cycling(1e-3, 1.0, 20, interval=60.0))
    eta = done.rows["eta"][: done.row_count[0]]
    assert (np.diff(eta) < -0.02).sum() >= 2
    assert (np.diff(eta) > 0.02).sum() >= 2


def test_layers_of_set_c_grow_linearly_first():
    program = np.concatenate([p.rest(10.0, interval=600.0), p.spectrum()])
    program[-1]["duration"] = 1.0
    c = blank_c(1)
    c["layer_rate"], c["layer_slow"] = 0.2, 1e6
    z = go(c, program).spectra[0, 1].real - 0.3
    bulk, transfer = 0.06 / 1.5e-3, 2 * 8.314462618 * 298.15 / 96485.33212 / 3e-3
    assert z * 0.7854 == pytest.approx(bulk + transfer + 2.0 * (15.0 + 2.0), rel=1e-3)
