"""Random cells: the same whatever the batch, order and number of workers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from softbreak.data.record import Technique
from softbreak.simulate.faults import CONFOUNDERS, FAMILIES
from softbreak.simulate.population import Recipe, blocks, make_block
from softbreak.simulate.records import block_records, simulate

SMALL = Recipe(24, seed=5, cycles=12, every=6, block=8)


def same(a, b):
    return a.tobytes() == b.tobytes()


@pytest.mark.parametrize(("laws", "purpose"), [("a", "train"), ("b", "judge"), ("c", "train")])
def test_a_cell_does_not_depend_on_its_batch_or_order(laws, purpose):
    recipe = replace(SMALL, laws=laws, purpose=purpose)
    together = make_block(recipe, np.arange(24))
    mixed = make_block(recipe, np.array([17, 3, 21]))
    for position, identity in enumerate((17, 3, 21)):
        for ours, theirs in zip(
            block_records(mixed, position), block_records(together, identity), strict=True
        ):
            assert ours.cell == theirs.cell
            pd.testing.assert_frame_equal(ours.table, theirs.table, check_exact=True)


@pytest.mark.parametrize(("laws", "purpose"), [("a", "train"), ("b", "judge"), ("c", "train")])
def test_a_seed_gives_the_same_bits_on_any_number_of_workers(laws, purpose):
    recipe = replace(SMALL, laws=laws, purpose=purpose)
    alone, many = list(blocks(recipe)), list(blocks(replace(recipe, block=5), workers=3))
    assert [b.cells.size for b in many] == [5, 5, 5, 5, 4]

    def joined(found):
        rows = [
            b.run.rows[s : s + n]
            for b in found
            for s, n in zip(b.run.row_offset[:-1], b.run.row_count, strict=True)
        ]
        return np.concatenate(rows), np.concatenate([b.run.spectra for b in found])

    for a, b in zip(joined(alone), joined(many), strict=True):
        assert same(a, b)
    truths = [pd.concat([b.truth() for b in found], ignore_index=True) for found in (alone, many)]
    pd.testing.assert_frame_equal(*truths, check_exact=True)


def test_recipes_continue_each_other():
    second = make_block(replace(SMALL, first=8), np.arange(8, 16))
    whole = make_block(SMALL, np.arange(16))
    assert second.names().tolist() == whole.names()[8:].tolist()
    assert same(second.cells, whole.cells[8:])


def test_another_seed_makes_other_cells():
    one, other = make_block(SMALL, np.arange(4)), make_block(replace(SMALL, seed=6), np.arange(4))
    assert not np.isin(one.cells["sigma"], other.cells["sigma"]).any()


@pytest.mark.parametrize(("laws", "purpose"), [("a", "train"), ("b", "judge"), ("c", "train")])
def test_truth_is_sound_in_every_family(laws, purpose):
    recipe = Recipe(400, seed=2, laws=laws, purpose=purpose, cycles=30, every=10, faulty=0.9)
    found = list(blocks(recipe))
    truth = pd.concat([b.truth() for b in found], ignore_index=True)
    cells = pd.concat([b.truth_cells() for b in found], ignore_index=True)
    assert set(truth["family"]) == set(FAMILIES)
    assert truth["eta"].between(0.0, 1.0).all()
    assert (truth["eta_max"] >= truth["eta"] - 1e-9).all()
    healthy = truth[truth["family"] == "healthy"]
    assert (healthy["eta"] == 0.0).all() and not healthy["ever_short"].any()
    assert (healthy["state"] == "healthy").all()
    worst = truth.groupby("family")["eta"].max()
    assert (worst.drop("healthy") > 0.3).all()
    assert (truth.loc[truth["family"] == "hard", "state"] == "hard").any()
    for name in CONFOUNDERS:
        assert cells[name].any() and not cells[name].all()
    onset = cells.set_index("cell_id")["onset_time_second"]
    ever = truth.groupby("cell_id")["ever_short"].any()
    # a leak within one cycle may be too brief for the flag; without a leak there is no flag
    assert not (ever & onset.reindex(ever.index).isna()).any()
    v = np.concatenate([b.run.rows["voltage"] for b in found])
    assert np.isfinite(v).all() and np.abs(v).max() <= 5.0


def test_a_share_of_cells_breaks_as_asked():
    plan = make_block(Recipe(1, cycles=1, every=0, faulty=0.3), np.arange(2000)).plan
    # 2000 cells, standard error 0.01
    assert np.mean(plan.family != "healthy") == pytest.approx(0.3, abs=0.04)


def test_records_and_truth_tell_one_story():
    records, truth = simulate(3, seed=11, cycles=8, every=4)
    assert truth["cell_id"].nunique() == 3
    for cell_id, own in truth.groupby("cell_id"):
        mine = [r for r in records if r.cell.cell_id == cell_id]
        kinds = [r.technique for r in mine]
        assert kinds.count(Technique.VOLTAMMETRY) == kinds.count(Technique.IMPEDANCE) == 2
        cycling = pd.concat([r.table for r in mine if r.technique is Technique.CYCLING])
        assert cycling["test_time_second"].is_monotonic_increasing
        for row in own.itertuples():
            inside = cycling["test_time_second"].between(
                row.start_time_second, row.end_time_second
            ) & (cycling["control_current_ampere"].abs() > 0)
            assert inside.any()
            control = cycling.loc[inside, "control_current_ampere"].abs()
            assert control.max() == pytest.approx(row.current_ampere, rel=1e-4)
        names = set().union(*(r.table.columns for r in mine))
        assert not names & {"eta", "state", "family"}


def test_confounded_currents_windows_and_rates_change():
    block = make_block(Recipe(1, seed=1, cycles=20, every=4), np.arange(300))
    steps = block.run.steps.reshape(300, -1)
    current = np.abs(steps["value"][:, steps["kind"][0] == 0])
    changed = (np.abs(current / current[:, :1] - 1.0) > 1e-9).any(axis=1)
    assert changed[block.plan.confounders["current_change"]].all()
    assert not changed[~block.plan.confounders["current_change"]].any()
    sweeps = steps["kind"][0] == 3
    for name, field in (("window_change", "value"), ("rate_change", "rate")):
        values = steps[field][:, sweeps]
        moved = (np.abs(values / values[:, :1] - 1.0) > 1e-9).any(axis=1)
        assert not moved[~block.plan.confounders[name]].any()
        assert moved[block.plan.confounders[name]].mean() > 0.5


def test_a_million_cells_are_streamed():
    # the first block of a population that would take hours and a hundred gigabytes
    first = next(blocks(Recipe(10**6, cycles=2, every=0, block=16)))
    assert first.names()[[0, -1]].tolist() == ["a0-000000", "a0-000015"]


def test_instruments_lose_rows_clip_and_jump():
    recipe = Recipe(1, seed=3, cycles=10, every=0)
    block = make_block(recipe, np.arange(400))
    gaps = np.flatnonzero((block.instruments["gap_hour"] < 1e8) & (block.plan.life > 8))
    assert gaps.size > 10
    one = block.instruments[gaps]
    for position, instrument in zip(gaps[:10], one[:10], strict=True):
        tables = [r.table for r in block_records(block, position)]
        hours = pd.concat(tables)["test_time_second"].to_numpy() / 3600.0
        start, length = instrument["gap_hour"], instrument["gap_length"]
        assert not ((hours > start + 1e-6) & (hours < start + length - 1e-6)).any()
    unipolar = block.instruments["v_min"] == 0.0
    for i in range(400):
        rows = block.run.rows[block.run.row_offset[i] :][: block.run.row_count[i]]
        assert (rows["voltage"].min() >= 0.0) == unipolar[i]
    late = next(
        i
        for i in gaps
        if block.instruments["clock_jump"][i] > 0
        and block.instruments["gap_hour"][i] + block.instruments["gap_length"][i] < 8
    )
    table = block_records(block, late)[0].table
    offset = table["unix_time_second"] - table["test_time_second"]
    assert offset.iloc[-1] - offset.iloc[0] == pytest.approx(3600.0, abs=1e-3)


def test_confounding_makes_confounders_more_frequent_and_nothing_else():
    usual = make_block(SMALL, np.arange(24))
    often = make_block(replace(SMALL, confounding=3.0), np.arange(24))
    assert same(usual.cells, often.cells)
    assert usual.plan.family.tolist() == often.plan.family.tolist()
    for name in CONFOUNDERS:
        assert (often.plan.confounders[name] >= usual.plan.confounders[name]).all()
    counts = [sum(b.plan.confounders[n].sum() for n in CONFOUNDERS) for b in (usual, often)]
    assert counts[1] > 1.5 * counts[0]
