"""Unusual cells: truth is what the simulated currents give, and each law does what it says."""

from __future__ import annotations

import numpy as np
import pytest

from softbreak.data.record import Technique
from softbreak.simulate import protocols as p
from softbreak.simulate.chemistry import ELECTRODE, LIQUIDS, draw_cells, nominal_resistance
from softbreak.simulate.engine import run
from softbreak.simulate.faults import FAMILIES
from softbreak.simulate.guard import law_set
from softbreak.simulate.laws_a import THICKENS_ONLY
from softbreak.simulate.laws_a import blank as blank_a
from softbreak.simulate.population import Recipe, make_block
from softbreak.simulate.protocols import CONSTANT_CURRENT, SWEEP
from softbreak.simulate.records import block_records, describe
from softbreak.simulate.specimen import make_cell
from softbreak.simulate.truth import onset_seconds
from softbreak.simulate.unusual import MOST_ONE_WAY, RECORDINGS, UNUSUAL, made_unusual

law_set("b", "judge")
from softbreak.simulate.laws_b import blank as blank_b  # noqa: E402 (opens only to a judge)

COUNT = 300


@pytest.fixture(scope="module", params=["a", "b"])
def block(request):
    purpose = "judge" if request.param == "b" else "train"
    recipe = Recipe(1, 31, request.param, purpose, cycles=12, every=4, faulty=0.6, unusual=1.0)
    return make_block(recipe, np.arange(COUNT))


def sulfide():
    return make_cell(
        thickness=0.06, sigma=1.5e-3, interphase=15.0, exchange=3e-3, constriction=1e-2
    )


def go(law, program):
    return run((sulfide(), law, None), [program], identities=np.array([0]), frequency=HERTZ, seed=1)


HERTZ = np.array([1e7, 1e-9])


def rows_of(done, position=0):
    first = done.row_offset[position]
    return done.rows[first : first + done.row_count[position]]


def test_nothing_unusual_unless_asked():
    usual = make_block(Recipe(1, 31, cycles=2, every=0), np.arange(COUNT)).plan
    assert set(usual.family) <= set(FAMILIES)
    assert set(usual.protocol) == {"cycling"} and set(usual.recording) == {""}
    assert not usual.liquid().any()
    assert made_unusual(usual, 0.0) is usual


def test_the_published_set_knows_nothing_unusual():
    with pytest.raises(ValueError, match="as it was published"):
        Recipe(1, laws="c", unusual=1.0)


def test_everything_unusual_comes_in_its_share(block):
    plan = block.plan
    assert set(UNUSUAL) <= set(plan.family)
    assert set(plan.recording) == {"", *RECORDINGS}
    assert set(plan.chemistry[plan.liquid()]) == set(LIQUIDS)
    # 300 cells: standard errors 0.03
    assert plan.liquid().mean() == pytest.approx(0.3, abs=0.09)
    assert (plan.recording != "").mean() == pytest.approx(0.35, abs=0.09)
    broken = plan.family != "healthy"
    assert np.isin(plan.family, UNUSUAL)[broken].mean() == pytest.approx(0.5, abs=0.12)
    for name in ("voids", "contact_improvement", "pressure_jump"):
        assert not plan.confounders[name][plan.liquid()].any()


def test_truth_is_what_the_currents_of_the_rows_give(block):
    """Shares weighed by the charge between rows, against the truth that was summed inside."""
    truth, steps = block.truth(), block.run.steps
    checked = 0
    for i in np.flatnonzero(~np.isin(block.plan.family, ("dynamic", "telegraph", "fuse"))):
        rows = rows_of(block.run, i)
        own = steps[block.run.step_offset[i] + rows["step"]]
        counted = (own["kind"] == CONSTANT_CURRENT) & np.isfinite(rows["eta"])
        rows, cycle = rows[counted], own["cycle"][counted]
        share = truth["eta"][truth["cell_id"] == block.names()[i]].to_numpy()
        for n in np.unique(cycle)[:: max(len(share) // 3, 1)]:
            mine = rows[cycle == n]
            spread = float(np.ptp(mine["eta"]))
            if mine.size > 20 and spread < 0.02:
                assert share[n] == pytest.approx(float(mine["eta"].mean()), abs=0.02)
                checked += 1
    assert checked > COUNT


def test_healthy_cells_carry_no_electron(block):
    truth = block.truth()
    assert (truth.loc[truth["family"] == "healthy", "eta"] == 0.0).all()
    assert np.isnan(onset_seconds(block.run)[block.plan.family == "healthy"]).all()


def test_what_is_built_shorted_is_shorted_in_its_first_row(block):
    found = np.flatnonzero(block.plan.family == "initial")
    assert found.size > 20
    electronic = []
    for i in found:
        rows = rows_of(block.run, i)
        cycling = block.run.steps["kind"][block.run.step_offset[i] + rows["step"]] == 0
        electronic.append(float(rows["eta"][cycling][0]))
    assert min(electronic) > 0.02
    assert np.mean(np.array(electronic) > 0.05) > 0.9
    assert np.mean(np.array(electronic) > 0.95) > 0.1  # some are hard at once
    known = [describe(block, i).ionic_conductivity_s_per_cm is not None for i in found]
    assert 0.2 < np.mean(known) < 0.8  # with and without geometry


def test_one_way_plating_never_turns_back(block):
    plan = block.plan
    cells = np.flatnonzero(plan.protocol == "one-way")
    assert {"healthy", "threshold"} == set(plan.family[cells])
    for i in cells:
        mine = slice(block.run.step_offset[i], block.run.step_offset[i + 1])
        steps, done = block.run.steps[mine], block.run.done[mine]
        ran = done["end"] > done["start"]
        current = steps["value"][ran & (steps["kind"] == CONSTANT_CURRENT)]
        assert np.ptp(np.sign(current)) == 0.0
        assert not (ran & (steps["kind"] == SWEEP)).any()
        assert done["charge"].sum() < 1.01 * MOST_ONE_WAY * 2.5  # a change of current at the most
        cycling = [r for r in block_records(block, i) if r.technique is Technique.CYCLING]
        assert {n for r in cycling for n in r.table["cycle_count"]} == {1}
    assert (plan.protocol[plan.family == "threshold"] == "one-way").all()


@pytest.mark.parametrize("laws", ["a", "b"])
def test_metal_reaches_across_at_a_charge_whatever_the_current(laws):
    law = blank_a(1) if laws == "a" else blank_b(1)
    if laws == "a":
        law["bridge_charge"], law["thread"][0, 0] = 3.0, 0.01
    else:
        law["pierce_charge"], law["pierce_spread"], law["pierce_g"] = 3.0, 0.1, 0.01
    for current, sign in ((1e-3, 1.0), (2e-3, -1.0)):
        done = go(law, p.plating(sign * current, 8e-3 / current, interval=30.0))
        rows = rows_of(done)
        charge = current * 1e3 * rows["time"] / 3600.0
        assert charge[rows["eta"] > 0.0].min() == pytest.approx(3.0, abs=0.05)
    # back and forth never brings so much metal to one side
    done = go(law, p.cycling(1e-3, 1.0, 20))
    assert done.done["charge_electronic"].max() == 0.0


def test_dendrites_of_set_b_follow_each_other_those_of_set_a_thicken():
    b, a = blank_b(1), blank_a(1)
    b["pierce_charge"], b["pierce_spread"], b["pierce_g"] = 1.0, 1.0, 0.02
    a["bridge_charge"], a["thread"][0, 0], a["thicken"] = 1.0, 0.02, 0.1
    for law in (a, b):
        rows = rows_of(go(law, p.plating(1e-3, 6.0, interval=60.0)))
        short = rows["eta"][rows["eta"] > 0.0]
        assert (np.diff(short) > -1e-6).all()
        assert short[-1] > (1.5 if law is b else 1.05) * short[0]


def blinking(laws, hertz, duty):
    if laws == "a":
        law = blank_a(1)
        law["bridged"][0, 0], law["speed"][0, 0], law["thread"][0, 0] = 1, THICKENS_ONLY, 0.02
        law["blink_hertz"], law["blink_duty"] = hertz, duty
        return law
    law = blank_b(1)
    law["strand"][0, 0], law["rattle_hertz"], law["rattle_duty"] = 0.02, hertz, duty
    law["rattle_chirp"] = 0.01
    return law


@pytest.mark.parametrize("laws", ["a", "b"])
@pytest.mark.parametrize("duty", [0.2, 0.7])
def test_a_short_faster_than_sampling_shows_an_instant_and_counts_by_its_duty(laws, duty):
    program = p.cycling(1e-3, 1.0, 20, interval=60.0)
    steady = go(blinking(laws, 0.0, duty), program)
    done = go(blinking(laws, 23.4567, duty), program)
    closed = float(rows_of(steady)["eta"].mean())
    eta = rows_of(done)["eta"]
    # each row is one of two states; none is their mean
    assert ((eta < 1e-6) | (np.abs(eta - closed) < 0.01)).all()
    # 2400 rows: standard error 0.01; a steady beat covers its period evenly
    assert np.mean(eta > 0.1) == pytest.approx(duty, abs=0.05)
    share = done.done["charge_electronic"].sum() / done.done["charge"].sum()
    assert share == pytest.approx(duty * closed, rel=0.02)
    seconds = done.done["seconds_soft"].sum() / (done.done["end"] - done.done["start"]).sum()
    assert seconds == pytest.approx(duty, rel=1e-6)
    assert done.done["eta_max"].max() == pytest.approx(closed, abs=0.01)
    assert done.done["eta_min"].max() < 1e-6
    # no upward crossing a blink
    assert done.done["events"].max() <= 1
    voltage = np.abs(rows_of(done)["voltage"])
    assert voltage.max() > 1.5 * voltage.min()


def test_the_mean_of_blinks_is_what_a_spectrum_sees():
    law = blinking("a", 20.0, 0.5)
    spectrum = p.spectrum()
    z = go(law, spectrum).spectra[0]
    healthy = go(blank_a(1), spectrum).spectra[0]
    g = (1.0 / (z - 0.3) - 1.0 / (healthy - 0.3))[1] / 0.7854
    assert g.real == pytest.approx(0.5 * 0.02, rel=1e-6)


@pytest.mark.parametrize("laws", ["a", "b"])
def test_rough_metal_peaks_when_it_nucleates_and_rises_when_it_is_spent(laws):
    if laws == "a":
        law = blank_a(1)
        law["moss_gain"], law["moss_scale"], law["moss_yield"] = 2.0, 0.1, 0.8
    else:
        law = blank_b(1)
        law["sponge_power"], law["sponge_size"], law["sponge_loss"] = 0.4, 0.05, 0.2
    done = go(law, p.cycling(1e-3, 1.0, 4, interval=30.0))
    rows = done.rows[done.done["first"][4] :][: done.done["rows"][4]]
    voltage = np.abs(rows["voltage"])
    lowest = int(voltage.argmin())
    assert 0 < lowest < voltage.size - 1
    assert voltage[0] > 1.1 * voltage[lowest]  # nucleation
    assert voltage[-1] > 1.1 * voltage[lowest]  # bare metal again
    assert done.done["charge_electronic"].max() == 0.0


@pytest.mark.parametrize("chemistry", LIQUIDS)
def test_liquids_are_of_published_orders_of_magnitude(chemistry):
    cells = draw_cells(chemistry, 3, np.arange(500))
    bulk = cells["thickness"] / cells["sigma"]
    assert 0.3 < np.median(bulk) < 60.0  # a flooded separator: ohms, not hundreds of ohm cm2
    assert (nominal_resistance(cells) > bulk).all()
    assert (cells["transference"] < 1.0).all()
    # salt lasts: the limiting current 4 F D c / ((1 - t) L) lies above 1 mA/cm2
    limit = 4.0 * 96485.0 * cells["diffusivity"] * cells["salt"] / cells["thickness"]
    assert np.median(limit / (1.0 - cells["transference"])) > 1e-3


def test_cells_say_which_metal_they_have(block):
    for i in range(COUNT):
        said = describe(block, i)
        assert said.electrode == ELECTRODE.get(str(block.plan.chemistry[i]), "Li")
    assert {describe(block, i).electrode for i in range(COUNT)} == {"Li", "Na", "K", "Zn"}


def test_the_interphase_of_potassium_polarises_most():
    median = {
        name: np.median(nominal_resistance(draw_cells(name, 1, np.arange(400)))) for name in LIQUIDS
    }
    assert max(median, key=median.__getitem__) == "potassium-liquid"
