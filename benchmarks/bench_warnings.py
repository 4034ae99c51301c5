"""How soon and how falsely an open half-cycle warns, on simulated cells.

Abrupt: the electronic fraction rises within one kept sample so that ln(V/I) should fall by at least
0.2, from a level that stood for four samples to one that stays for four, and the record shows at
least half of that (a cold step or a shifted offset can hide it). Found: a warning within three
samples, the first short one being the first. Only the first such event of a half-cycle counts.

Baseline on the same samples: every fall of |V/I| by more than 12 % from one sample to the next
under one sign of current, each half-cycle's first.

    python benchmarks/bench_warnings.py --cells 300 --seed 31
    python benchmarks/bench_warnings.py --interval 10
    python benchmarks/bench_warnings.py --laws b --seed 4713      # its cyclers write at a ΔV, too
"""

from __future__ import annotations

import argparse
from collections import Counter

import numpy as np
import pandas as pd

from softbreak.data.record import Record, Technique
from softbreak.features.half_cycles.samples import COLUMNS
from softbreak.features.half_cycles.stream import CellStream, News
from softbreak.simulate.population import Block, Recipe, blocks
from softbreak.simulate.records import block_records

FALL = 0.2
PLAIN_FALL = 0.12

Told = tuple[float, float, str, str]
"""When it happened, when it was told (s), the reason, how it ended."""


def true_falls(block: Block, position: int) -> np.ndarray:
    """Abrupt lasting falls of V/I that electrons cause, one a half-cycle: its start, when (s)."""
    run = block.run
    first = run.row_offset[position]
    rows = run.rows[first : first + run.row_count[position]]
    rows = rows[rows["keep"] == 1]
    left = np.log(np.maximum(1.0 - rows["eta"], 1e-6))
    steps, found, seen = rows["step"], [], set()
    seen_ohm = np.log(np.maximum(np.abs(rows["voltage"] / rows["current"]), 1e-9))
    for k in np.flatnonzero((np.diff(left) < -FALL) & (np.diff(seen_ohm) < -0.5 * FALL)) + 1:
        inside = slice(k - 4, k + 4)
        if k < 4 or k + 4 > len(rows) or len(set(steps[inside].tolist())) > 1:
            continue
        stood = left[k - 4 : k].min() > left[k - 1] - 0.1
        if not stood or left[k : k + 4].max() - left[k - 1] > -0.6 * FALL or steps[k] in seen:
            continue
        if run.steps[run.step_offset[position] + steps[k]]["cycle"] < 0:
            continue
        seen.add(steps[k])
        found.append((rows["time"][steps == steps[k]][0], rows["time"][k], rows["time"][k + 2]))
    return np.array(found).reshape(-1, 3)


def plain(record: Record) -> list[tuple[float, float, str, str]]:
    """What a plain threshold on the fall from one sample to the next would say."""
    time, voltage = record.array("test_time_second"), record.array("voltage_volt")
    current = record.array("current_ampere")
    sign = np.where(np.abs(current) > 0.01 * np.abs(current).max(), np.sign(current), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ohm = np.abs(voltage / current)
        falls = (np.diff(ohm) < -PLAIN_FALL * ohm[:-1]) & (sign[1:] == sign[:-1]) & (sign[1:] != 0)
    half_cycle = np.cumsum(np.diff(sign, prepend=sign[0]) != 0)
    places = np.flatnonzero(falls) + 1
    _, first = np.unique(half_cycle[places], return_index=True)
    return [(time[k], time[k], "plain", "") for k in places[first]]


def warned(block: Block, position: int) -> tuple[list[Told], list[Told], float]:
    """Warnings of one cell, fed sample by sample, those of the baseline, and hours."""
    stream, told, ends, hours = CellStream(watchful=True), [], {}, 0.0
    plainly = []
    for key, record in enumerate(block_records(block, position)):
        if record.technique is not Technique.CYCLING:
            continue
        plainly += plain(record)
        columns = {n: record.array(n) for n in COLUMNS if record.has(n)}
        time = columns["test_time_second"]
        hours += (time[-1] - time[0]) / 3600.0
        for k in range(len(time)):
            stream.feed(key, {n: c[k : k + 1] for n, c in columns.items()})
            news = stream.records[key].news
            for kind, warning in news:
                if kind is News.RAISED:
                    told.append((warning.time, time[k], warning.reason))
                else:
                    ends[warning.time, warning.reason] = kind.value
            news.clear()
        stream.records[key].resolve()
        for kind, warning in stream.records[key].news:
            ends[warning.time, warning.reason] = kind.value
        stream.records[key].news.clear()
    return [(a, b, r, ends.get((a, r), "open")) for a, b, r in told], plainly, hours


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=100)
    parser.add_argument("--seed", type=int, default=31)
    parser.add_argument("--cycles", type=int, default=40)
    parser.add_argument("--laws", choices=("a", "b"), default="a")
    parser.add_argument("--interval", type=float, default=0.0, help="seconds between rows")
    options = parser.parse_args()
    recipe = Recipe(
        options.cells,
        options.seed,
        options.laws,
        "train" if options.laws == "a" else "judge",
        cycles=options.cycles,
        interval=options.interval,
    )
    rows, false, plain_false, hours, reasons = [], [], 0, 0.0, Counter()
    for block in blocks(recipe):
        names = block.names()
        for position in range(block.cells.size):
            told, plainly, length = warned(block, position)
            family = str(block.plan.family[position])
            if family == "healthy":
                hours += length
                false += [(names[position], *one) for one in told]
                reasons.update(one[2] for one in told)
                plain_false += len(plainly)
                continue
            for begin, fell, latest in true_falls(block, position):
                near = [one for one in told if one[0] >= begin and one[1] <= latest + 1e-6]
                simple = any(begin <= one[0] <= latest for one in plainly)
                rows.append((family, bool(near), simple, near[0][3] if near else ""))
                if not near:
                    print("  missed:", names[position], family, round(fell))
    table = pd.DataFrame(rows, columns=["family", "found", "plain", "end"])
    pace = f"rows every {options.interval:g} s" if options.interval else "rows as its cyclers do"
    print(
        f"SIMULATED cells, law set {options.laws!r}, seed {options.seed}: {options.cells} cells, "
        f"{pace}"
    )
    found, simple = table["found"].mean(), table["plain"].mean()
    print(f"{len(table)} abrupt falls of at least {FALL}: {found:.1%} warned of in 3 samples")
    print(table.groupby("family")["found"].agg(["size", "sum", "mean"]).round(3).to_string())
    print(table["end"].value_counts().to_string())
    print(
        f"healthy: {len(false)} warnings in {hours:,.0f} h: {1000.0 * len(false) / hours:.2f} per "
        f"1000 h {dict(reasons)} {dict(Counter(one[-1] for one in false))}"
    )
    print(f"a plain threshold: {simple:.1%} found, {1000.0 * plain_false / hours:.2f} per 1000 h")
    for one in false[:20]:
        print("  ", *one)


if __name__ == "__main__":
    main()
