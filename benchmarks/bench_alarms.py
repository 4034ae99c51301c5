"""False alarms per 1000 cell-hours, and what is caught: the alarm beside trivial baselines.

Simulated cells of law set "a", fed to live cells a few hours at a time. An alarm is false if the
cell is healthy at that time by the simulation's truth (electronic fraction below 5 %). Baselines
on the same cells: an alarm at every cycle; every cycle that the detector calls soft or hard,
without an alarm's persistence; a plain CUSUM on the drop of ln R from half-cycle to half-cycle
(k = 0.03, h = 0.15, begun again after each alarm).

    python benchmarks/bench_alarms.py --healthy 100 --faulty 100
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
import pandas as pd

from softbreak.data.history import assemble
from softbreak.data.record import Record, Technique
from softbreak.models.change import Kind
from softbreak.models.diagnose import examine
from softbreak.models.live import LiveCell
from softbreak.simulate.population import Recipe, blocks
from softbreak.simulate.records import block_records, describe
from softbreak.stream.alarm import AlarmBook, AlarmLimits, Level
from softbreak.verdict import HEALTHY_BELOW

PIECE_SECOND = 4 * 3600.0
CUSUM_SLACK, CUSUM_LIMIT = 0.03, 0.15


def pieces(records: list[Record]) -> Iterator[Record]:
    """Cut records as a live run would hand them on."""
    for record in records:
        if record.technique is Technique.IMPEDANCE or not len(record.table):
            yield record
            continue
        time = record.array("test_time_second")
        number = np.floor((time - time[0]) / PIECE_SECOND).astype(int)
        for k in np.unique(number):
            rows = record.table[number == k]
            yield Record(record.cell, record.technique, rows, record.source)


def cusum(half_cycles: pd.DataFrame) -> list[float]:
    """Times at which a CUSUM of drops passes its limit."""
    ohm = half_cycles["resistance_ohm"].to_numpy(float)
    times = half_cycles["end_time_second"].to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        drops = -np.diff(np.log(np.abs(ohm)), prepend=np.nan)
    total, found = 0.0, []
    for drop, time in zip(np.nan_to_num(drops), times, strict=True):
        total = max(0.0, total + drop - CUSUM_SLACK)
        if total > CUSUM_LIMIT:
            found.append(time)
            total = 0.0
    return found


def followed(recipe: Recipe, detector: str, limits: AlarmLimits) -> Iterator[dict[str, object]]:
    """Follow every cell; yield its alarms and those of the baselines, by time."""
    for block in blocks(recipe):
        truth = block.truth()
        for position in range(block.cells.size):
            cell = describe(block, position)
            records = block_records(block, position)
            mine = truth[truth["cell_id"] == cell.cell_id].reset_index(drop=True)
            live, book = LiveCell(cell, detector), AlarmBook(cell.cell_id, limits)
            calls: list[float] = []
            warnings = 0
            for piece in pieces(records):
                changes = live.update([piece])
                book.apply(changes)
                warnings += sum(change.kind is Kind.WARNING for change in changes)
                calls += [
                    change.time_second
                    for change in changes
                    if change.kind is Kind.VERDICT
                    and not change.revised
                    and change.row["state"] in ("soft", "hard")
                ]
            diagnosis = examine(assemble(cell, records), detector)
            yield {
                "truth": mine,
                "verdicts": diagnosis.verdicts,
                "warnings": warnings,
                "alarm": [a.time_second for a in book.alarms if a.level is not Level.WARNING],
                "early warning": [a.time_second for a in book.alarms if a.level is Level.WARNING],
                "verdicts alone": calls,
                "CUSUM": cusum(diagnosis.half_cycles),
                "always": list(diagnosis.verdicts["end_time_second"]),
            }


RULES = ("alarm", "early warning", "verdicts alone", "CUSUM", "always")


def rates(cells: list[dict[str, object]]) -> pd.DataFrame:
    """False alarms per 1000 healthy hours; share of breakdowns that are caught, and how late."""
    rows = []
    for rule in RULES:
        false, hours, caught, known, late = 0, 0.0, 0, 0, []
        for cell in cells:
            times, verdicts = np.sort(np.asarray(cell[rule], float)), cell["verdicts"]
            eta = cell["truth"]["eta"].to_numpy(float)[: len(verdicts)]
            start = verdicts["start_time_second"].to_numpy(float)[: len(eta)]
            end = verdicts["end_time_second"].to_numpy(float)[: len(eta)]
            if not len(end):
                continue
            broken = np.flatnonzero(eta >= HEALTHY_BELOW)
            onset = start[broken[0]] if len(broken) else np.inf
            until = min(onset, end[-1])
            hours += until / 3600.0
            false += int((times < until).sum())
            if len(broken) and eta[broken].max() > 0.2:
                known += 1
                after = times[times >= onset]
                if len(after):
                    caught += 1
                    late.append(int(np.searchsorted(end, after[0]) - broken[0]))
        rows.append(
            {
                "false per 1000 h": 1000.0 * false / hours,
                "caught": caught / known if known else np.nan,
                "median cycles late": np.median(late) if late else np.nan,
                "breakdowns": known,
                "healthy hours": hours,
            }
        )
    return pd.DataFrame(rows, index=list(RULES))


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--healthy", type=int, default=100)
    parser.add_argument("--faulty", type=int, default=100)
    parser.add_argument("--cycles", type=int, default=40)
    parser.add_argument("--seed", type=int, default=301)
    parser.add_argument("--detector", default="fused")
    told = parser.parse_args()
    pd.set_option("display.width", 140)
    for name, count, faulty in (("healthy", told.healthy, 0.0), ("faulty", told.faulty, 1.0)):
        if not count:
            continue
        recipe = Recipe(count, told.seed, cycles=told.cycles, faulty=faulty)
        cells = list(followed(recipe, told.detector, AlarmLimits()))
        warned = sum(int(cell["warnings"]) for cell in cells)  # type: ignore[call-overload]
        print(f"SIMULATED cells, law set 'a', {count} {name}, detector {told.detector!r}:")
        print(rates(cells).round(3).to_string())
        print(f"warnings given by the engine, before any alarm's judgement: {warned}\n", flush=True)


if __name__ == "__main__":
    main()
