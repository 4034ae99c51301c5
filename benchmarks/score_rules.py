"""How good the rules are on simulated cells: beside the trivial baselines, family by family.

Simulated cells share the physics of this project's simulator; measured ones need not. Law set "a"
is for development, "b" (--laws b) shares none of its growth, contact, noise and sampling laws and
only judges.

    python benchmarks/score_rules.py --cells 300 --laws a --detectors fused,voltage
    python benchmarks/score_rules.py --unusual 1 --by family,chemistry,protocol,recording

A cell that was shorted when it was built looks as it always did. "Healthy, relative to its
beginning" is then wrong but says so, and is counted apart ("born_shorted", per 1000 of the same
cycles as "wrong_healthy"); "healthy" on any other ground counts as wrong.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
import pandas as pd

from softbreak.data.history import assemble
from softbreak.models.diagnosis.diagnose import examine
from softbreak.simulate.population import Recipe, blocks
from softbreak.simulate.records import block_records, describe
from softbreak.training.population import label_cycles
from softbreak.verdict import Basis

STATES = ("healthy", "soft", "hard")
BORN_SHORTED = ("initial", "from-start")
"""Families whose cells are shorted from their first sample on."""
GROUPS = ("family", "chemistry", "protocol", "recording", "laws")


def judged(recipe: Recipe, detectors: list[str]) -> Iterator[pd.DataFrame]:
    """Verdicts beside truth, one table a cell and detector."""
    for block in blocks(recipe):
        truth = block.truth()
        for position in range(block.cells.size):
            cell = describe(block, position)
            known = truth[truth["cell_id"] == cell.cell_id].drop(columns="cell_id")
            history = assemble(cell, block_records(block, position))
            for detector in detectors:
                verdicts = examine(history, detector).verdicts
                yield beside_truth(verdicts, known).assign(detector=detector)


def beside_truth(verdicts: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Put verdicts beside the cycle of the truth with which each shares most time."""
    wanted = ["state", "eta", *GROUPS]
    found = label_cycles(verdicts, truth)
    found = found[["cycle_index", *wanted]].rename(columns={"state": "state_true"})
    return verdicts.drop(columns="evidence").merge(found, on="cycle_index")


def scores(table: pd.DataFrame, state: pd.Series) -> dict[str, float]:
    """Coverage, macro F1 of answered cycles, and the two errors that hurt, per 1000 cycles."""
    truth = table["state_true"]
    answered = state != "undetermined"
    f1 = []
    for name in STATES:
        said, true = state[answered] == name, truth[answered] == name
        f1.append(2.0 * (said & true).sum() / max(said.sum() + true.sum(), 1))
    faulty, healthy = table["eta"] > 0.2, truth == "healthy"
    wrong = (state == "healthy") & faulty
    told = table["family"].isin(BORN_SHORTED) & (table["basis"] == Basis.RELATIVE)
    count = max(faulty.sum(), 1)
    return {
        "coverage": answered.mean(),
        "macro_f1": float(np.mean(f1)),
        "wrong_healthy": 1000.0 * (wrong & ~told).sum() / count,
        "born_shorted": 1000.0 * (wrong & told).sum() / count,
        "false_alarms": 1000.0 * state[healthy].isin(["soft", "hard"]).mean(),
    }


def interval_coverage(table: pd.DataFrame) -> float:
    """Share of cycles called soft or hard whose interval of η_e holds the truth."""
    said = table[table["state"].isin(["soft", "hard"])]
    inside = (said["eta"] >= said["electronic_fraction_lower"] - 1e-6) & (
        said["eta"] <= said["electronic_fraction_upper"] + 1e-6
    )
    return float(inside.mean())


def main() -> None:
    """Score, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=200)
    parser.add_argument("--seed", type=int, default=101)
    parser.add_argument("--laws", choices=("a", "b"), default="a")
    parser.add_argument("--detectors", default="fused,voltage")
    parser.add_argument("--families", action="store_true", help="also one row a family")
    parser.add_argument("--unusual", type=float, default=0.0, help="factor of Recipe.unusual")
    parser.add_argument("--by", default="", help="also one row for each value of these columns")
    options = parser.parse_args()
    purpose = "judge" if options.laws == "b" else "train"
    recipe = Recipe(
        options.cells, options.seed, options.laws, purpose, cycles=60, unusual=options.unusual
    )
    table = pd.concat(judged(recipe, options.detectors.split(",")), ignore_index=True)
    rows = {}
    for detector, part in table.groupby("detector", sort=False):
        rows[detector] = scores(part, part["state"])
        rows[detector]["interval_coverage"] = interval_coverage(part)
    for name in TRIVIAL:
        rows[f"always {name}"] = trivial(table, name)
    one = table[table["detector"] == table["detector"].iloc[0]]
    faulty = (one["state_true"] != "healthy").mean()
    print(
        f"SIMULATED cells, law set {options.laws!r}, seed {options.seed}: {options.cells} cells, "
    )
    print(f"{len(one):,} cycles, {faulty:.0%} of them soft or hard. Errors per 1000 cycles.")
    print(pd.DataFrame(rows).T.round(3).to_string())
    columns = [*options.by.split(",")] if options.by else ["family"] if options.families else []
    for column in columns:
        print(f"\n{by_group(table, column).round(3).to_string()}")


TRIVIAL = ("healthy", "soft")


def trivial(table: pd.DataFrame, state: str) -> dict[str, float]:
    """Scores of what says the same of every cycle; a blind "healthy" claims no ground."""
    one = table[table["detector"] == table["detector"].iloc[0]]
    return scores(one.assign(basis=""), pd.Series(state, index=one.index))


def by_group(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Scores of each detector and of the trivial ones, one row for each value of a column."""
    rows = {}
    for value, group in table.groupby(column):
        cells = group["cell_id"].nunique()
        for detector, part in group.groupby("detector", sort=False):
            rows[value or "none", detector] = {"cells": cells, **scores(part, part["state"])}
        for name in TRIVIAL:
            rows[value or "none", f"always {name}"] = {"cells": cells, **trivial(group, name)}
    return pd.DataFrame(rows).T.rename_axis([column, "detector"])


if __name__ == "__main__":
    main()
