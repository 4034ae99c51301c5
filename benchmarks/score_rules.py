"""How good the rules are on simulated cells: beside the trivial baselines, family by family.

Simulated cells share the physics of this project's simulator; measured ones need not. Law set "a"
is for development, "b" (--laws b) shares none of its growth, contact, noise and sampling laws and
only judges.

    python benchmarks/score_rules.py --cells 300 --laws a --detectors fused,voltage
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

STATES = ("healthy", "soft", "hard")


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
                both = verdicts.drop(columns="evidence").merge(
                    known, on="cycle_index", suffixes=("", "_true")
                )
                yield both.assign(detector=detector)


def scores(table: pd.DataFrame, state: pd.Series) -> dict[str, float]:
    """Coverage, macro F1 of answered cycles, and the two errors that hurt, per 1000 cycles."""
    truth = table["state_true"]
    answered = state != "undetermined"
    f1 = []
    for name in STATES:
        said, true = state[answered] == name, truth[answered] == name
        f1.append(2.0 * (said & true).sum() / max(said.sum() + true.sum(), 1))
    faulty, healthy = table["eta"] > 0.2, truth == "healthy"
    return {
        "coverage": answered.mean(),
        "macro_f1": float(np.mean(f1)),
        "wrong_healthy": 1000.0 * (state[faulty] == "healthy").mean(),
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
    options = parser.parse_args()
    purpose = "judge" if options.laws == "b" else "train"
    recipe = Recipe(options.cells, options.seed, options.laws, purpose, cycles=60)
    table = pd.concat(judged(recipe, options.detectors.split(",")), ignore_index=True)
    rows = {}
    for detector, part in table.groupby("detector", sort=False):
        rows[detector] = scores(part, part["state"])
        rows[detector]["interval_coverage"] = interval_coverage(part)
    one = table[table["detector"] == table["detector"].iloc[0]]
    rows["always healthy"] = scores(one, pd.Series("healthy", index=one.index))
    rows["always soft"] = scores(one, pd.Series("soft", index=one.index))
    faulty = (one["state_true"] != "healthy").mean()
    print(
        f"SIMULATED cells, law set {options.laws!r}, seed {options.seed}: {options.cells} cells, "
    )
    print(f"{len(one):,} cycles, {faulty:.0%} of them soft or hard. Errors per 1000 cycles.")
    print(pd.DataFrame(rows).T.round(3).to_string())
    if options.families:
        for detector, part in table.groupby("detector", sort=False):
            found = {f: scores(p, p["state"]) for f, p in part.groupby("family")}
            print(f"\n{detector}\n{pd.DataFrame(found).T.round(3).to_string()}")


if __name__ == "__main__":
    main()
