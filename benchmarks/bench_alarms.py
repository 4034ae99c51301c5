"""False alarms per 1000 cell-hours, and what is caught: the alarm beside trivial baselines.

Simulated cells, fed to live cells a few hours at a time. An alarm is false if the cell is healthy
at that time by the simulation's truth (electronic fraction below 5 %). Baselines on the same
cells: an alarm at every cycle; every cycle that the detector calls soft or hard, without an
alarm's persistence; a plain CUSUM on the drop of ln R from half-cycle to half-cycle (k = 0.03,
h = 0.15, begun again after each alarm). Breakdowns are cells of which a cycle reaches an
electronic fraction of 20 %. Law set "a" is what detectors learn from; "b" only judges.

    python benchmarks/bench_alarms.py --healthy 100 --faulty 100
    python benchmarks/bench_alarms.py --laws b --seed 77 --healthy 100 --faulty 100
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
import pandas as pd

from softbreak.data.history import assemble
from softbreak.data.record import Record, Technique
from softbreak.models.diagnosis.diagnose import examine
from softbreak.models.live.cell import LiveCell
from softbreak.models.live.changes import Kind
from softbreak.simulate.population import Recipe, blocks
from softbreak.simulate.records import block_records, describe
from softbreak.stream.alarm import AlarmBook, AlarmLimits, Level
from softbreak.verdict import HEALTHY_BELOW

PIECE_SECOND = 4 * 3600.0
CUSUM_SLACK, CUSUM_LIMIT = 0.03, 0.15
BROKEN_FROM = 0.2


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


def rates_of(cell: dict[str, object], rule: str) -> dict[str, float]:
    """One cell: healthy hours and false alarms in them; whether it broke, was caught, how late."""
    times, verdicts = np.sort(np.asarray(cell[rule], float)), cell["verdicts"]
    eta = cell["truth"]["eta"].to_numpy(float)[: len(verdicts)]
    start = verdicts["start_time_second"].to_numpy(float)[: len(eta)]
    end = verdicts["end_time_second"].to_numpy(float)[: len(eta)]
    told = {"hours": 0.0, "false": 0, "broke": False, "caught": False, "late": np.nan}
    if not len(end):
        return told
    broken = np.flatnonzero(eta >= HEALTHY_BELOW)
    onset = start[broken[0]] if len(broken) else np.inf
    until = min(onset, end[-1])
    told["hours"], told["false"] = until / 3600.0, int((times < until).sum())
    if len(broken) and eta[broken].max() > BROKEN_FROM:
        after = times[times >= onset]
        told["broke"], told["caught"] = True, bool(len(after))
        if len(after):
            told["late"] = int(np.searchsorted(end, after[0]) - broken[0])
    return told


def rates(cells: list[dict[str, object]]) -> pd.DataFrame:
    """False alarms per 1000 healthy hours; share of breakdowns that are caught, and how late."""
    rows = []
    for rule in RULES:
        table = pd.DataFrame([rates_of(cell, rule) for cell in cells])
        broke, late = table["broke"].sum(), table["late"].dropna()
        rows.append(
            {
                "false": table["false"].sum(),
                "false per 1000 h": 1000.0 * table["false"].sum() / table["hours"].sum(),
                "caught": table["caught"].sum() / broke if broke else np.nan,
                "median cycles late": late.median(),
                "90 % within": late.quantile(0.9),
                "breakdowns": broke,
                "healthy hours": table["hours"].sum(),
            }
        )
    return pd.DataFrame(rows, index=list(RULES))


def families(cells: list[dict[str, object]]) -> pd.DataFrame:
    """By cause: how many broke, the share of them that the alarm caught, and false alarms."""
    rows = []
    for cell in cells:
        one = rates_of(cell, "alarm")
        rows.append({"family": cell["truth"]["family"].iloc[0], **one})
    return (
        pd.DataFrame(rows)
        .groupby("family")
        .agg(
            cells=("false", "size"),
            hours=("hours", "sum"),
            false=("false", "sum"),
            broke=("broke", "sum"),
            caught=("caught", "sum"),
            late=("late", "median"),
        )
    )


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--healthy", type=int, default=100)
    parser.add_argument("--faulty", type=int, default=100)
    parser.add_argument("--cycles", type=int, default=40)
    parser.add_argument("--seed", type=int, default=301)
    parser.add_argument("--laws", choices=("a", "b"), default="a")
    parser.add_argument("--interval", type=float, default=0.0, help="seconds between rows")
    parser.add_argument("--detector", default="hybrid")
    told = parser.parse_args()
    pd.set_option("display.width", 140)
    for name, count, faulty in (("healthy", told.healthy, 0.0), ("faulty", told.faulty, 1.0)):
        if not count:
            continue
        recipe = Recipe(
            count,
            told.seed,
            told.laws,
            "train" if told.laws == "a" else "judge",
            cycles=told.cycles,
            faulty=faulty,
            interval=told.interval,
        )
        cells = list(followed(recipe, told.detector, AlarmLimits()))
        warned = sum(int(cell["warnings"]) for cell in cells)  # type: ignore[call-overload]
        print(
            f"SIMULATED cells, law set {told.laws!r}, seed {told.seed}, {count} {name}, "
            f"rows every {told.interval or 'as its cyclers do'} s, detector {told.detector!r}:"
        )
        print(rates(cells).round(3).to_string())
        print(families(cells).round(1).to_string())
        print(f"warnings given by the engine, before any alarm's judgement: {warned}\n", flush=True)


if __name__ == "__main__":
    main()
