"""How well each feature alone tells soft from healthy, on SIMULATED cells: and which of them lie.

A feature's AUC is the chance that it stands further in the direction that the catalogue names for a
soft breakdown in a soft half-cycle than in a healthy one (0.5: it says nothing; below: it points
the wrong way). Law set "a" only: nothing is tuned here, and "b" is left alone for judging.

    python benchmarks/feature_auc.py --cells 600 --write docs/feature-auc.md
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from feature_auc_page import page

from softbreak.data.history import assemble
from softbreak.features.catalog import CATALOGUE
from softbreak.features.table import features_of
from softbreak.simulate.faults import CONFOUNDERS, FAMILIES
from softbreak.simulate.population import Recipe, blocks
from softbreak.simulate.records import block_records, describe

NAMES = [feature.name for feature in CATALOGUE]
MOST_ROWS = 24
"""Half-cycles taken of each state of a cell, spread evenly: neighbours say nearly the same."""
FEWEST_ROWS = 60
"""Below so many rows of either state there is no AUC."""


def rows(recipe: Recipe) -> Iterator[pd.DataFrame]:
    """Features beside truth, a cell at a time."""
    for block in blocks(recipe):
        truth = block.truth()
        for position in range(block.cells.size):
            cell = describe(block, position)
            mine = truth[truth["cell_id"] == cell.cell_id].drop(columns="cell_id")
            table = features_of(assemble(cell, block_records(block, position)))
            both = table.merge(mine, on="cycle_index", suffixes=("", "_true"))
            for _, part in both.groupby("state"):
                take = np.linspace(0, len(part) - 1, min(MOST_ROWS, len(part))).round()
                yield part.iloc[np.unique(take.astype(int))]


def auc(healthy: pd.DataFrame, soft: pd.DataFrame) -> pd.Series:
    """Chance that a soft row's feature is larger than a healthy row's, one number a feature."""
    found = {}
    for name in NAMES:
        low, high = (part[name].to_numpy(dtype=float) for part in (healthy, soft))
        low, high = low[np.isfinite(low)], high[np.isfinite(high)]
        if min(len(low), len(high)) < FEWEST_ROWS:
            found[name] = np.nan
            continue
        ranks = pd.Series(np.concatenate([low, high])).rank().to_numpy()
        above = ranks[len(low) :].sum() - len(high) * (len(high) + 1) / 2
        found[name] = above / (len(low) * len(high))
    return pd.Series(found)


def expected_sign(overall: pd.Series) -> pd.Series:
    """+1 where soft is up, −1 where it is down; as it turns out where the catalogue is open."""
    words = {"up": 1.0, "down": -1.0}
    told = pd.Series({feature.name: words.get(feature.soft, np.nan) for feature in CATALOGUE})
    return told.fillna(pd.Series(np.where(overall >= 0.5, 1.0, -1.0), overall.index))


def scored(table: pd.DataFrame) -> pd.DataFrame:
    """One row a feature: overall, by family, by confounder, and what the confounder does alone."""
    healthy, soft = (table[table["state"] == name] for name in ("healthy", "soft"))
    overall = auc(healthy, soft)
    columns = {"all": overall, "known": soft[NAMES].notna().mean()}
    for family in FAMILIES[1:]:
        columns[f"family {family}"] = auc(healthy, soft[soft["family"] == family])
    clean = healthy[~healthy[list(CONFOUNDERS)].any(axis=1)]
    for name in CONFOUNDERS:
        columns[f"with {name}"] = auc(healthy[healthy[name]], soft[soft[name]])
        columns[f"despite {name}"] = auc(clean, soft[soft[name]])
        columns[f"only {name}"] = auc(clean, healthy[healthy[name]])
    found = pd.DataFrame(columns)
    sign = expected_sign(overall)
    for name in found.columns.drop("known"):
        found[name] = 0.5 + sign * (found[name] - 0.5)
    return found


def main() -> None:
    """Measure, and print or write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=600)
    parser.add_argument("--seed", type=int, default=501)
    parser.add_argument("--cycles", type=int, default=60)
    parser.add_argument("--write", type=Path, help="the page; without it, the table is printed")
    parser.add_argument("--keep", type=Path, help="keep the rows (Parquet), or take them from here")
    options = parser.parse_args()
    recipe = Recipe(options.cells, options.seed, cycles=options.cycles)
    if options.keep and options.keep.exists():
        table = pd.read_parquet(options.keep)
    else:
        table = pd.concat(rows(recipe), ignore_index=True)
        if options.keep:
            table.to_parquet(options.keep)
    found = scored(table)
    if options.write:
        options.write.write_text(page(found, table, recipe), encoding="utf-8")
    else:
        print(f"SIMULATED cells, law set 'a', seed {recipe.seed}: {recipe.count} cells")
        print(found.round(2).to_string())


if __name__ == "__main__":
    main()
