"""What a live cell costs: samples a second, microseconds a half-cycle, memory over a month.

One process, one core; processor time, so that other work on the machine does not count. The cell
is simulated by hand: two half-cycles an hour, noise, a logged temperature, 10 s a sample.

    python benchmarks/bench_live.py                 # a minute
    python benchmarks/bench_live.py --other ../an/older/build
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import beside
import numpy as np
import pandas as pd

from softbreak.data.history import assemble
from softbreak.data.record import ArrayRecord, Cell, Record, Source, Technique
from softbreak.features.cycles.finished_cycles import Cycles
from softbreak.features.cycles.timeline import cycles_of
from softbreak.features.evidence.cell_evidence import CellEvidence, gather
from softbreak.features.families.cycle import CycleFeatures
from softbreak.models.diagnosis.result import verdict_table
from softbreak.models.learned.learners import load_learned
from softbreak.models.learned.model_inputs import detector_table
from softbreak.models.live.cell import LiveCell
from softbreak.models.registry import DETECTORS, PRETRAINED, units_of

HALF = 180


def month(cycles: int, interval: float = 10.0) -> Record:
    """A month of symmetric cycling, an hour a cycle."""
    half = round(HALF * 10.0 / interval)
    count = 2 * half * cycles
    sign = np.where((np.arange(count) // half) % 2 == 0, 1.0, -1.0)
    rng = np.random.default_rng(1)
    volt = 0.1 * sign + 1e-4 * rng.standard_normal(count)
    table = {
        "test_time_second": np.arange(count) * interval,
        "voltage_volt": volt.astype("f4"),
        "current_ampere": (1e-3 * sign).astype("f4"),
        "ambient_temperature_celsius": (25 + 0.1 * rng.standard_normal(count)).astype("f4"),
    }
    return Record(Cell("c"), Technique.CYCLING, pd.DataFrame(table), Source("c.csv"))


def pieces(record: Record, rows: int) -> list[Record]:
    """The record in chunks, as a live channel sends them."""
    columns = {str(name): record.array(str(name)) for name in record.table.columns}
    return [
        ArrayRecord(
            record.cell,
            record.technique,
            {name: column[k : k + rows] for name, column in columns.items()},
            record.source,
        )
        for k in range(0, record.rows, rows)
    ]


def fed(detector: str, chunks: list[Record]) -> tuple[LiveCell, float]:
    """Feed a cell; return it and the processor time (s)."""
    live = LiveCell(Cell("c"), detector)
    began = time.process_time()
    for chunk in chunks:
        live.update([chunk])
    return live, time.process_time() - began


def throughput(detector: str) -> None:
    """Samples a second, and the cost of what a half-cycle's end adds."""
    record = month(400)
    fed(detector, pieces(record, 90))  # compiles, and loads the model
    for rows in (1, 10, 100, 1000):
        part = replace(record, table=record.table.iloc[: 7200 if rows < 100 else None])
        live, second = fed(detector, pieces(part, rows))
        rate = live.counts["samples"] / second
        print(f"  chunks of {rows:5d}: {rate:10,.0f} samples/s, {1e6 / rate:7.2f} µs a sample")
    live, ends, others = LiveCell(Cell("c"), detector), [], []
    for chunk in pieces(record, HALF // 2)[:1600]:
        before = live.counts["half_cycles"]
        began = time.thread_time()
        live.update([chunk])
        spent = time.thread_time() - began
        (ends if live.counts["half_cycles"] > before else others).append(spent)
    added = 1e6 * (np.median(ends[-400::2]) + np.median(ends[-399::2]) - 2 * np.median(others)) / 2
    print(f"  a finished half-cycle adds {added:.0f} µs (statistics, events, verdict)")


def live_cycles(evidence: CellEvidence) -> list[Cycles]:
    """The cycles of a cell without abrupt events, one by one as a live cell gives them."""
    found = cycles_of(evidence.timeline)
    none, two = np.zeros(2, dtype=np.int64), np.array([0, 2])
    return [
        Cycles(
            found.numbers[k : k + 1],
            found.rows[k : k + 1],
            found.edges[2 * k : 2 * k + 2],
            two,
            np.empty((0, 4)),
            none,
        )
        for k in range(len(found.numbers))
    ]


def spent(job: Callable[[], object], count: int) -> float:
    """Processor time (µs) over a count, the best of five."""
    job()
    seconds = []
    for _ in range(5):
        began = time.process_time()
        job()
        seconds.append(time.process_time() - began)
    return 1e6 * min(seconds) / count


def parts_of_judging() -> None:
    """What judging a cycle costs, live and in batch, part by part."""
    record = month(720, interval=30.0)
    evidence = gather(assemble(record.cell, [record]))
    cycles, model = live_cycles(evidence), load_learned(PRETRAINED / "hybrid")
    rows = model.matrix(detector_table(evidence, []))

    def stepped(name: str) -> None:
        judge = DETECTORS[name].begin(evidence, [])
        for cycle in cycles:
            judge.step(cycle)

    def folded() -> None:
        features = CycleFeatures(evidence, [])
        for cycle in cycles:
            features.step(cycle)

    def scored() -> None:
        for row in rows:
            model.scored(row[None])

    count = len(cycles)
    print("live, µs a cycle")
    print(f"  rule with its words   {spent(lambda: stepped('voltage'), count):6.1f}")
    print(f"  features against past {spent(folded, count):6.1f}")
    print(f"  learned score         {spent(scored, count):6.1f}")
    print(f"  hybrid, all of it     {spent(lambda: stepped('hybrid'), count):6.1f}")
    print("batch, µs a cycle")
    for name in ("voltage", "hybrid"):
        chosen, units = units_of(evidence, DETECTORS[name])
        said = chosen.judge(evidence, [])
        judged = spent(partial(chosen.judge, evidence, []), count)
        table = spent(partial(verdict_table, "c", units, said, chosen), count)
        print(f"  {name:8s} verdicts {judged:6.1f}, their table {table:6.1f}")


def memory(detector: str) -> None:
    """Resident memory and stored state while a month at 1 Hz goes by."""
    record = month(720, interval=1.0)
    chunks = pieces(record, 600)
    live = LiveCell(Cell("c"), detector)
    for number, chunk in enumerate(chunks):
        live.update([chunk])
        day = (number + 1) / len(chunks) * 30.0
        if any(abs(day - one) < 0.5 * 30.0 / len(chunks) for one in (1, 10, 20, 30)):
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            size = len(live.dump()) / 1024
            print(f"  day {day:4.0f}: peak {peak:6.0f} MiB of the process, state {size:6.0f} KiB")


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--detectors", default="fused,hybrid")
    beside.add_arguments(parser)
    options = parser.parse_args()
    took = beside.medians(options, "pieces:live")
    beside.tell("live: one sample", took, "sample_us", "µs", 15.0)
    beside.tell("live: a finished half-cycle", took, "half_cycle_us", "µs", 60.0)
    parts_of_judging()
    for detector in options.detectors.split(","):
        print(detector)
        throughput(detector)
        memory(detector)


if __name__ == "__main__":
    main()
