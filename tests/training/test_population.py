"""Populations: what is stored, what is labelled, and that nothing depends on the machine."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest

from softbreak.data.history import assemble
from softbreak.errors import SoftbreakError
from softbreak.features.evidence.cell_evidence import gather
from softbreak.models.rules.impedance import read_spectra
from softbreak.simulate.guard import JudgingDataError
from softbreak.simulate.population import make_block
from softbreak.simulate.records import block_records, describe
from softbreak.training.evidence_drop import ALL, KINDS, VOLTAGE_ONLY, left
from softbreak.training.population import (
    MASKS,
    build,
    label_cycles,
    make_cells,
    make_tables,
    masks_of,
    open_population,
)
from softbreak.training.recipes import PopulationRecipe, Stratum, training_recipe
from softbreak.training.splits import LeakError

PLAIN = PopulationRecipe(4, seed=2, strata=(Stratum(8, 4),), block=4)


def count_cycles(evidence, readings):
    """Features that say how much there is to see."""
    cycles = evidence.timeline.cycles
    return pd.DataFrame({"index": cycles["cycle_index"], "spectra": float(len(readings))})


def test_set_b_is_refused_unless_it_judges(tmp_path):
    with pytest.raises(JudgingDataError):
        PopulationRecipe(10, laws="b")
    judged = build(replace(PLAIN, cells=2, seed=1000, laws="b", purpose="judge"), tmp_path)
    with pytest.raises(JudgingDataError, match="only judge"):
        judged.training_truth()


def test_no_seed_makes_cells_to_learn_from_and_to_judge_on():
    assert PopulationRecipe(1, seed=999).purpose == "train"
    assert PopulationRecipe(1, seed=1000, purpose="judge").laws == "a"
    with pytest.raises(LeakError, match="seed 1000 is no seed to train with"):
        PopulationRecipe(1, seed=1000)
    with pytest.raises(LeakError, match="seed 999 is no seed to judge with"):
        PopulationRecipe(1, seed=999, purpose="judge")


def test_truth_has_a_row_for_every_measured_cycle(tiny):
    truth = tiny.training_truth()
    cells = {one.cell_id: one for one in tiny.cells()}
    assert set(truth["cell_id"]) <= set(cells)
    for name, part in truth.groupby("cell_id"):
        cycles = cells[name].evidence.timeline.cycles
        assert set(part["cycle_index"]) <= set(cycles["cycle_index"])
        assert part["cycle_index"].is_monotonic_increasing
        assert part["family"].nunique() == part[list(MASKS)].drop_duplicates().shape[0] == 1


def test_truth_of_simulated_cells_without_lost_rows_is_the_simulators():
    own = PLAIN.block_recipe(0)
    block = make_block(own, np.arange(4))
    for (history, truth), k in zip(make_cells(PLAIN, 0), range(4), strict=True):
        raw = assemble(describe(block, k), block_records(block, k))
        assert len(history.records) == len(raw.records)
        if block.instruments[k]["dropped"] == 0 and block.instruments[k]["gap_hour"] > 1e8:
            labelled = label_cycles(gather(history).timeline.cycles, truth)
            assert labelled["eta"].tolist() == truth["eta"].tolist()


def test_a_cycle_takes_the_truth_it_shares_most_time_with():
    truth = pd.DataFrame(
        {
            "cycle_index": [0, 1, 2, 3],
            "start_time_second": [0.0, 10.0, 20.0, 30.0],
            "end_time_second": [10.0, 20.0, 30.0, 40.0],
            "eta": [0.0, 0.1, 0.2, 0.3],
        }
    )
    # the cycler slept through the second cycle, and saw something after the cell's life
    seen = pd.DataFrame(
        {
            "cycle_index": [0, 1, 2, 3],
            "start_time_second": [0.0, 19.0, 31.0, 50.0],
            "end_time_second": [9.0, 30.0, 40.0, 60.0],
        }
    )
    found = label_cycles(seen, truth)
    assert found["cycle_index"].tolist() == [0, 1, 2]
    assert found["eta"].tolist() == [0.0, 0.2, 0.3]
    assert found["start_time_second"].tolist() == [0.0, 19.0, 31.0]
    assert label_cycles(seen.iloc[:0], truth).empty


def test_equal_recipes_give_equal_rows_on_any_number_of_workers(tiny, tiny_recipe, tmp_path):
    again = build(tiny_recipe, tmp_path, workers=2)
    pd.testing.assert_frame_equal(tiny.truth(), again.truth(), check_exact=True)
    for ours, theirs in zip(tiny.cells(), again.cells(), strict=True):
        pd.testing.assert_frame_equal(
            ours.evidence.waveforms, theirs.evidence.waveforms, check_exact=True
        )
        assert repr(ours.readings) == repr(theirs.readings)


def test_a_population_that_was_begun_is_finished(tiny, tiny_recipe, tmp_path):
    build(tiny_recipe, tmp_path)
    (tmp_path / "truth" / "part-00001.parquet").unlink()
    with pytest.raises(SoftbreakError, match="lacks 1 of 2 blocks"):
        open_population(tmp_path)
    told = []
    build(tiny_recipe, tmp_path, progress=lambda done, total: told.append((done, total)))
    assert told == [(2, 2)]
    again = open_population(tmp_path)
    assert again.recipe == tiny_recipe
    pd.testing.assert_frame_equal(tiny.truth(), again.truth(), check_exact=True)


def test_two_populations_never_share_a_folder(tiny, tiny_recipe):
    with pytest.raises(SoftbreakError, match="another recipe"):
        build(replace(tiny_recipe, seed=5), tiny.folder)
    with pytest.raises(SoftbreakError, match="no population"):
        open_population(tiny.folder / "truth")


def same(one, other):
    for field in fields(one):
        ours, theirs = getattr(one, field.name), getattr(other, field.name)
        if isinstance(ours, pd.DataFrame):
            pd.testing.assert_frame_equal(ours, theirs, check_exact=True, check_dtype=len(ours) > 0)
        else:
            assert repr(ours) == repr(theirs), field.name


def test_stored_evidence_is_what_was_gathered(tiny, tiny_recipe):
    stored = list(tiny.cells())
    for number in range(tiny_recipe.blocks):
        for (history, _), one in zip(
            make_cells(tiny_recipe, number), stored[7 * number :], strict=False
        ):
            fresh = gather(history)
            assert one.evidence.cell == fresh.cell
            same(fresh.timeline, one.evidence.timeline)
            pd.testing.assert_frame_equal(fresh.sweeps, one.evidence.sweeps, check_dtype=False)
            assert len(fresh.spectra) == len(one.evidence.spectra)
            for ours, theirs in zip(fresh.spectra, one.evidence.spectra, strict=True):
                assert np.array_equal(ours.impedance, theirs.impedance)
                assert np.array_equal(ours.frequency, theirs.frequency)
            assert repr(tuple(read_spectra(fresh))) == repr(one.readings)


def test_features_stand_beside_the_truth(tiny):
    table, truth = tiny.features(count_cycles), tiny.truth()
    assert table["index"].tolist() == truth["cycle_index"].tolist()
    assert ((table["spectra"] > 0) == truth["has_impedance"]).all()


def test_evidence_is_dropped_at_random_and_the_truth_is_not(tiny_recipe):
    recipe = replace(tiny_recipe, waveforms=False, cells=7)
    bare = make_tables(replace(recipe, kept=VOLTAGE_ONLY), 0)
    whole = make_tables(replace(recipe, kept=ALL), 0)
    assert not bare["truth"][list(MASKS)].any(axis=None)
    assert whole["truth"]["has_voltammetry"].all()
    assert whole["truth"]["has_impedance"].all()
    names = ["cell_id", "cycle_index", "eta", "state"]
    pd.testing.assert_frame_equal(bare["truth"][names], whole["truth"][names])
    assert bare["timeline.half_cycles"]["temperature_celsius"].isna().all()


def test_what_is_left_depends_on_the_cell_alone():
    kept = training_recipe(1, 0).kept
    many = left(kept, 3, np.arange(2000))
    for kind in KINDS:
        assert abs(many[kind].mean() - getattr(kept, kind)) < 0.05
        assert left(kept, 3, np.array([7, 5]))[kind].tolist() == many[kind][[7, 5]].tolist()


def test_masks_say_what_is_there(tiny):
    for one in tiny.cells():
        masks = masks_of(one.evidence)
        assert tuple(masks) == MASKS
        assert masks["has_impedance"] == bool(one.readings)
        assert masks["has_temperature"] == one.evidence.temperature_logged


def test_training_varies_lives_cyclers_and_confounders():
    recipe = training_recipe(1000, 1)
    lives = {recipe.block_recipe(k).cycles for k in range(recipe.blocks)}
    assert len(lives) >= 4
    assert recipe.block_recipe(recipe.blocks - 1).count == 1000 - 32 * (recipe.blocks - 1)
    assert recipe.thinned > 0
    assert all(getattr(recipe.kept, kind) < 1 for kind in KINDS)


def test_shapes_are_those_of_the_half_cycles(tiny):
    shapes = pd.concat([one.evidence.waveforms for one in tiny.cells()], ignore_index=True)
    level = shapes.filter(like="ohm_").mean(axis=1)
    halves = pd.concat(
        [one.evidence.timeline.half_cycles.assign(cell_id=one.cell_id) for one in tiny.cells()],
        ignore_index=True,
    )
    assert shapes["half_cycle_index"].tolist() == halves["half_cycle_index"].tolist()
    both = pd.DataFrame({"shape": level, "known": halves["resistance_ohm"]}).dropna()
    assert len(both) > 0.8 * len(shapes)
    assert (both["shape"] / both["known"] - 1.0).abs().median() < 0.02


def test_unusual_cells_are_stored_and_taught(tmp_path):
    recipe = PopulationRecipe(32, seed=3, strata=(Stratum(8, 4),), block=32, unusual=1.0)
    assert training_recipe(10, 1).unusual == 0.0  # what is shipped learnt from nothing of it
    assert training_recipe(10, 1, unusual=0.5).block_recipe(0).unusual == 0.5
    truth = build(recipe, tmp_path).training_truth()
    assert {"one-way", "cycling"} == set(truth["protocol"])
    assert truth["recording"].nunique() > 3
    one_way = truth[truth["protocol"] == "one-way"]
    # a slice of one-way plating is labelled by the truth of its own time
    for _, own in one_way.groupby("cell_id"):
        assert (own["end_time_second"].diff().dropna() > 0.0).all()
    assert open_population(tmp_path).recipe == recipe
