"""Generic features: twins against tsfresh on what selection keeps, and what MiniRocket costs.

Half-cycles are those of simulated cells (law set "a"), labels their truth. Ratios are of one run,
after compilation, on one core.

    OMP_NUM_THREADS=1 python benchmarks/bench_generic.py --cells 200
"""

from __future__ import annotations

import argparse
from time import perf_counter

import numpy as np
import pandas as pd

from softbreak.data.history import assemble
from softbreak.features.generic.curves import Curves, curves_of, joined
from softbreak.features.generic.minirocket import MiniRocketFeatures
from softbreak.features.generic.table import TsfreshFeatures, cost_of
from softbreak.features.generic.tsfresh_equivalents.table import parsed
from softbreak.simulate.population import Recipe, blocks
from softbreak.simulate.records import block_records, describe

EACH = 4
"""Half-cycles taken of a cell in each state."""


def population(cells: int, seed: int) -> tuple[Curves, np.ndarray, np.ndarray]:
    """Half-cycles, states and cells: a few of every cell in each state."""
    draw = np.random.default_rng(seed)
    parts, states, owners = [], [], []
    for block in blocks(Recipe(cells, seed, "a", "train", cycles=24)):
        truth = block.truth()
        for position in range(block.cells.size):
            cell = describe(block, position)
            known = truth[truth["cell_id"] == cell.cell_id].set_index("cycle_index")["state"]
            curves = curves_of(assemble(cell, block_records(block, position)))
            state = known.reindex(curves.cycle_index).fillna("unknown").to_numpy(dtype=str)
            order = draw.permutation(len(curves))
            some = [order[state[order] == name][:EACH] for name in ("healthy", "soft")]
            chosen = np.sort(np.concatenate(some))
            parts.append(curves.taken(chosen))
            states.append(state[chosen])
            owners.append(np.full(len(chosen), cell.cell_id))
    return joined(parts), np.concatenate(states), np.concatenate(owners)


def per_half_cycle(work: object, count: int, repeats: int = 5) -> float:
    """Best time of several (µs a half-cycle)."""
    times = []
    for _ in range(repeats):
        begin = perf_counter()
        work()
        times.append(perf_counter() - begin)
    return 1e6 * min(times) / count


def areas(table: pd.DataFrame, soft: np.ndarray) -> pd.Series:
    """Area under the ROC curve of each feature alone, either way round."""
    ranks, known = table.rank(), table.notna()
    positive, negative = known[soft].sum(), known[~soft].sum()
    above = ranks[soft].sum() - positive * (positive + 1) / 2
    area = above / (positive * negative)
    return area.where(area >= 0.5, 1.0 - area)


def main() -> None:
    """Select, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=200)
    parser.add_argument("--held-out", type=int, default=100, help="other cells, for the areas")
    options = parser.parse_args()
    curves, states, cells = population(options.cells, 71)
    print(f"SIMULATED cells, law set a: {options.cells} cells, {len(curves)} half-cycles of")
    print(f"{np.median(curves.samples):.0f} samples in the median, {curves.samples.max()} at most")
    features = TsfreshFeatures().fit(curves, states, cells)
    print(features)
    usable = curves.taken(curves.usable)
    few = usable.taken(np.arange(0, len(usable), max(len(usable) // 200, 1)))
    features.transform(few)
    quick = per_half_cycle(lambda: features.transform(usable), len(usable))
    slow = per_half_cycle(lambda: features.transform(few, reference=True), len(few), repeats=1)
    same = per_half_cycle(lambda: features.transform(few), len(few))
    print(f"selected set: tsfresh {slow:,.0f} µs, twins {same:,.0f} µs a half-cycle ({quick:,.0f}")
    print(f"over all {len(usable)}): {slow / same:,.0f} times faster")
    owners: dict[str, list[str]] = {}
    for name in features.names:
        owners.setdefault(parsed(name).calculator, []).append(name)
    rows = [(calc, len(own), *cost_of(own, few)) for calc, own in owners.items()]
    table = pd.DataFrame(rows, columns=["calculator", "kept", "tsfresh_ms", "twin_ms"])
    table["ratio"] = table["tsfresh_ms"] / table["twin_ms"]
    print(table.sort_values("tsfresh_ms", ascending=False).round(4).to_string(index=False))
    rocket = MiniRocketFeatures().fit(curves)
    rocket.transform(few)
    cost = per_half_cycle(lambda: rocket.transform(usable), len(usable))
    print(f"{rocket}: {cost:,.0f} µs a half-cycle")
    others, truth, _ = population(options.held_out, 72)
    judged = others.usable & np.isin(truth, ("healthy", "soft"))
    soft = truth[judged] == "soft"
    print(f"alone on {options.held_out} other cells, soft against healthy half-cycles:")
    for kind in (features, rocket):
        found = areas(kind.transform(others.taken(judged)), soft).sort_values(ascending=False)
        print(
            f"{kind.method}: median area {found.median():.3f}\n{found.head(8).round(3).to_string()}"
        )


if __name__ == "__main__":
    main()
