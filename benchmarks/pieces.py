"""Pieces of work that builds can be compared by, see ``beside.py``: softbreak's public names.

Processor time, the median of five in one process, so that other work on the machine counts little.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

NATIVE = (".ndax", ".nda", ".mpr", ".mpt", ".csv", ".txt", ".xlsx", ".res")
HALF = 180


def second(job: Callable[[], Any]) -> float:
    """Return the processor time of a job, after one that compiles."""
    job()
    took = []
    for _ in range(5):
        begin = time.process_time()
        job()
        took.append(time.process_time() - begin)
    return statistics.median(took)


def stored(diagnosis: Any) -> Any:
    """Make what is kept of a cell."""
    try:
        from softbreak.archive.results.pack import FORMAT, members_of
    except ImportError:  # where it was before
        from softbreak.archive.store import FORMAT, members_of
    return members_of({"format": FORMAT}, diagnosis)


def cell(path: str) -> dict[str, float]:
    """Examine and store one cell."""
    import softbreak as sb

    history = sb.read(path)
    diagnosis = sb.examine(history)
    rows = sum(record.rows for record in history.records)
    examined, kept = second(lambda: sb.examine(history)), second(lambda: stored(diagnosis))
    return {
        "examine_ns_a_row": 1e9 * examined / rows,
        "cell_ms": 1e3 * (examined + kept),
        "us_a_cycle": 1e6 * (examined + kept) / len(diagnosis.verdicts),
    }


def reading(path: str) -> dict[str, float]:
    """Read one file, its digest included."""
    import softbreak as sb

    rows = sum(record.rows for record in sb.read(path).records)
    return {"ns_a_row": 1e9 * second(lambda: sb.read(path)) / rows}


def native(folder: str, tiled: str) -> dict[str, float]:
    """Triage of instruments' own files, part by part, beside their readers."""
    import softbreak as sb
    from softbreak.data.history import assemble
    from softbreak.data.readers import registry
    from softbreak.data.record import Cell
    from softbreak.errors import SoftbreakError
    from softbreak.models.registry import DEFAULT

    def judged(path: Path) -> None:
        stored(sb.examine(assemble(Cell("x"), registry.read(path)), DEFAULT))

    alone, whole, files = 0.0, 0.0, 0
    found = sorted(path for path in Path(folder).rglob("*") if path.suffix in NATIVE)
    for path in (Path(tiled), *found):
        with suppress(SoftbreakError):
            reader = registry.detect(path)
            once = second(lambda path=path, reader=reader: reader.read(path))
            all_of_it = second(lambda path=path: judged(path))
            alone, whole, files = alone + once, whole + all_of_it, files + 1
    return {"files": files, "readers_s": alone, "triage_s": whole, "times": whole / alone}


def pairs() -> dict[str, float]:
    """Pairs of spectra, with the interval of η_e."""
    from bench_impedance import FREQUENCY, milliseconds, spectra

    from softbreak.physics.circuit_pair import pooled_pair

    before, now = spectra(20)
    job = lambda k: pooled_pair((FREQUENCY, before[k]), (FREQUENCY, now[k]))  # noqa: E731
    return {"pair_ms": milliseconds(job, 20)}


def live() -> dict[str, float]:
    """A running cell: one sample, and what the end of a half-cycle adds."""
    import softbreak as sb

    samples, took, ended = 7200, [], []
    running = sb.LiveCell(sb.Cell("c"))
    for number, chunk in enumerate(_chunks(2 * samples)):
        before = running.counts["half_cycles"]
        begin = time.thread_time()
        running.update([chunk])
        took.append(time.thread_time() - begin)
        ended.append(running.counts["half_cycles"] > before)
        if number == samples:
            took.clear(), ended.clear()  # compiled, and the model loaded
    ends, others = np.array(took)[ended], np.array(took)[~np.array(ended)]
    one = 1e6 * float(np.median(others))
    return {"sample_us": 1e6 * float(np.mean(took)), "half_cycle_us": 1e6 * np.median(ends) - one}


def _chunks(count: int) -> Iterator[Any]:
    """Single samples of symmetric cycling, an hour a cycle, as a live channel sends them."""
    try:
        from softbreak.data.record import ArrayRecord
    except ImportError:  # where it was before
        from softbreak.stream.messages import ArrayRecord
    from softbreak.data.record import Cell, Source, Technique

    rng = np.random.default_rng(1)
    sign = np.where((np.arange(count) // HALF) % 2 == 0, 1.0, -1.0)
    columns = {
        "test_time_second": np.arange(count) * 10.0,
        "voltage_volt": (0.1 * sign + 1e-4 * rng.standard_normal(count)).astype("f4"),
        "current_ampere": (1e-3 * sign).astype("f4"),
        "ambient_temperature_celsius": (25 + 0.1 * rng.standard_normal(count)).astype("f4"),
    }
    source = Source("c.csv")
    for k in range(count):
        part = {name: column[k : k + 1] for name, column in columns.items()}
        yield ArrayRecord(Cell("c"), Technique.CYCLING, part, source)
