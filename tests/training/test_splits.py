"""No cell on two sides, and each way to split leaves out what it says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from softbreak.training import splits
from softbreak.training.splits import LeakError, require_disjoint

FAMILIES = ("healthy", "mixed", "hidden", "filament")


def population(cells=80, cycles=3):
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "cell_id": [f"c{k:03d}" for k in range(cells)],
            "family": rng.choice(FAMILIES, cells, p=(0.5, 0.2, 0.1, 0.2)),
            "chemistry": rng.choice(["garnet", "sulfide"], cells),
            "voids": rng.random(cells) < 0.3,
        }
    )
    return table.loc[table.index.repeat(cycles)].reset_index(drop=True)


ALL_WAYS = {
    "cell": lambda t: list(splits.by_cell(t, 4)),
    "chemistry": lambda t: list(splits.leave_one_out(t, "chemistry")),
    "family": lambda t: list(splits.leave_family_out(t)),
    "confounder": lambda t: list(splits.leave_confounder_out(t, ["voids"])),
    "held out": lambda t: [splits.hold_out(t, 0.25)],
}


@pytest.mark.parametrize("way", ALL_WAYS)
def test_no_cell_stands_on_both_sides(way):
    table = population()
    found = ALL_WAYS[way](table)
    assert found
    for split in found:
        train, test = table.iloc[split.train], table.iloc[split.test]
        assert len(train)
        assert len(test)
        assert not set(train["cell_id"]) & set(test["cell_id"])


def test_a_cell_on_both_sides_is_refused():
    table = population(4)
    with pytest.raises(LeakError, match="1 cells stand on two sides"):
        require_disjoint(table["cell_id"], np.array([0, 1, 3]), np.array([2, 6]))
    require_disjoint(table["cell_id"], np.array([0, 1, 2]), np.array([3, 4]))


def test_folds_hold_every_cell_once_and_every_family_evenly():
    table = population(200)
    tested = np.concatenate([split.test for split in splits.by_cell(table, 5)])
    assert sorted(tested.tolist()) == list(range(len(table)))
    fold = splits.folds_of(table, 5)
    family = table.drop_duplicates("cell_id").set_index("cell_id")["family"]
    counts = pd.crosstab(family, fold.reindex(family.index))
    assert (counts.max(axis=1) - counts.min(axis=1)).max() <= 1


def test_folds_do_not_depend_on_the_order_of_rows():
    table = population()
    shuffled = table.sample(frac=1.0, random_state=1)
    pd.testing.assert_series_equal(
        splits.folds_of(table, 4).sort_index(), splits.folds_of(shuffled, 4).sort_index()
    )
    assert not splits.folds_of(table, 4, seed=1).equals(splits.folds_of(table, 4, seed=0))


def test_a_family_that_is_left_out_leaves_with_its_kin():
    table = population()
    found = {split.name: split for split in splits.leave_family_out(table)}
    assert set(found) == {"family hidden, mixed", "family filament"}
    for name, split in found.items():
        families = set(name.removeprefix("family ").split(", "))
        train, test = (set(table["family"].iloc[rows]) for rows in (split.train, split.test))
        assert test == families | {"healthy"}
        assert not train & families
        assert "healthy" in train
    # every cell is tested exactly once
    tested = sorted(i for split in found.values() for i in split.test)
    assert tested == list(range(len(table)))
    alone = {split.name: split for split in splits.leave_family_out(table, kindred=())}
    assert set(alone) == {"family mixed", "family hidden", "family filament"}
    assert "hidden" in set(table["family"].iloc[alone["family mixed"].train])


def test_a_confounder_that_is_left_out_is_never_learnt_from():
    table = population()
    (split,) = splits.leave_confounder_out(table, ["voids"])
    assert table["voids"].iloc[split.test].all()
    assert not table["voids"].iloc[split.train].any()


def test_a_share_is_held_out():
    table = population(400)
    split = splits.hold_out(table, 0.25)
    assert abs(len(split.test) / len(table) - 0.25) < 0.02
    assert len(split.train) + len(split.test) == len(table)
