"""Triage of a large archive beside reading it: ``python benchmarks/bench_archive.py``.

An archive of simulated-looking cells (square waves, growing resistance, noise, every fifth cell
with a drop; not of the simulator, which would take longer than the triage) is written in blocks
into a temporary folder, as Parquet in the encoding of ``softbreak convert``. Measured are, each
time in a new process that has imported its libraries and loaded nothing else: pyarrow reading the
same columns of the same files with all cores; the triage; its peak of resident memory, workers
included; a second triage; and, with ``--dask``, the triage on a local Dask cluster with as many
workers, against the same processes without it. Medians of five; ``--other`` puts the build of
another checkout beside. Aim: triage within 4 times the reading (3 as a wish), 6 times for 10^7
samples, memory below 1 GiB, time in proportion to the samples within 10 %.

    python benchmarks/bench_archive.py --samples 1e7,1e8 --workers 2 --other ../an/older/build
    python benchmarks/bench_archive.py --samples 1e9 --folder /a/large/disk
    python benchmarks/bench_archive.py --samples 1e7 --parts      # µs a cycle, by part
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import beside
import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq

PER_CYCLE = 600
CYCLES = 1000
FEW_CYCLES = 20
"""Of a small cell, of which most is what every cell costs."""
COLUMNS = ("test_time_second", "voltage_volt", "current_ampere")


def write_archive(folder: Path, samples: int) -> list[Path]:
    """Write cells of a thousand cycles of 600 samples, one file each, in two processes."""
    folder.mkdir(parents=True)
    cells = max(1, round(samples / (PER_CYCLE * CYCLES)))
    paths = [folder / f"cell-{number:05d}.bdf.parquet" for number in range(cells)]
    if cells == 1:
        write_cell(0, paths[0])
        return paths
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        list(pool.map(write_cell, range(cells), paths, chunksize=16))
    return paths


def write_cell(number: int, path: Path, cycles: int = CYCLES) -> None:
    """Write one cell; its noise is its own, whoever writes it."""
    noise = np.random.default_rng([1, number])
    size = PER_CYCLE * cycles
    half = np.arange(size) // (PER_CYCLE // 2)
    current = np.where(half % 2 == 0, 1e-4, -1e-4)
    ohm = 400.0 + 200.0 * noise.random() * (1.0 + 0.2 * half / half[-1])
    if number % 5 == 0:
        ohm = np.where(half > half[-1] * noise.uniform(0.2, 0.9), 0.3 * ohm, ohm)
    voltage = current * ohm * (1.0 + 0.002 * noise.standard_normal(size))
    arrays = (
        np.arange(1, size + 1) * 12.0,
        voltage.astype(np.float32),
        current.astype(np.float32),
    )
    pq.write_table(
        pa.table(dict(zip(COLUMNS, arrays, strict=True))),
        path,
        compression="zstd",
        use_dictionary=False,
        column_encoding=dict.fromkeys(COLUMNS, "BYTE_STREAM_SPLIT"),
    )


def reading(paths: list[Path]) -> float:
    """Seconds that pyarrow takes to read the same columns, with all cores; the better of two."""
    took = []
    for _ in range(2):
        begin = time.perf_counter()
        for path in paths:
            pq.read_table(path, columns=list(COLUMNS))
        took.append(time.perf_counter() - begin)
    return min(took)


class Peak:
    """The peak of resident memory of this process and its children, sampled."""

    def __enter__(self) -> Peak:
        """Begin to watch."""
        self.bytes = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        own = psutil.Process()
        while not self._stop.wait(0.1):
            total = 0
            for process in (own, *own.children(recursive=True)):
                try:
                    total += process.memory_info().rss
                except psutil.Error:
                    continue
            self.bytes = max(self.bytes, total)


def archive(folder: str, workers: str) -> dict[str, float]:
    """Triage an archive, and read it; a piece of work, see ``beside.py``."""
    from softbreak.archive.triage import triage

    alone = reading(sorted(Path(folder).iterdir()))
    with tempfile.TemporaryDirectory(dir=Path(folder).parent) as out:

        def run() -> tuple[float, Any]:
            begin = time.perf_counter()
            result = triage(folder, out, workers=int(workers))
            return time.perf_counter() - begin, result

        before = spent()
        with Peak() as peak:
            took, result = run()
        processor = spent() - before
        again, _ = run()
        kept = sum(path.stat().st_size for path in Path(out).rglob("*") if path.is_file())
    return {
        "cycles": result.run["counts"]["cycles"],
        "reading": alone,
        "took": took,
        "processor": processor,
        "times": took / alone,
        "again": again,
        "peak": peak.bytes / 2**30,
        "kept": kept / 1e6,
    }


def dask(folder: str, workers: str) -> dict[str, float]:
    """Triage on a local cluster that is up, beside a pool of as many workers; a piece of work.

    Twice each: at first every worker of the cluster loads what judging needs for itself.
    """
    from distributed import LocalCluster

    from softbreak.archive.triage import triage

    def run(on: int | str) -> tuple[float, float]:
        with tempfile.TemporaryDirectory(dir=Path(folder).parent) as out:
            begin, before = time.perf_counter(), spent()
            triage(folder, out, workers=on)
            return time.perf_counter() - begin, spent() - before

    pool = [run(int(workers)) for _ in range(2)]
    with LocalCluster(int(workers), threads_per_worker=1, dashboard_address=":0") as cluster:
        shared = [run(cluster.scheduler_address) for _ in range(2)]
    names = ("first_wall", "first_processor", "wall", "processor")
    ours, theirs = ([*first, *second] for first, second in (pool, shared))
    return dict(zip(names, (a / b for a, b in zip(theirs, ours, strict=True)), strict=True))


def spent() -> float:
    """Processor time of this process and all below it, those that have ended too (s)."""
    own = psutil.Process()
    return sum(sum(one.cpu_times()[:4]) for one in (own, *own.children(recursive=True)))


def bench(paths: list[Path], options: argparse.Namespace) -> float:
    """Print what an archive costs; return ns a sample."""
    folder, samples = str(paths[0].parent), PER_CYCLE * CYCLES * len(paths)
    took = beside.medians(options, "bench_archive:archive", folder, str(options.workers))
    told = took[0]
    mega = sum(path.stat().st_size for path in paths) / 1e6
    print(
        f"{samples:,} samples, {told['cycles']:,.0f} cycles, {mega:,.0f} MB: "
        f"pyarrow {told['reading']:.2f} s, triage {told['took']:.2f} s, "
        f"{1e6 * told['took'] / told['cycles']:.1f} µs a cycle, again {told['again']:.2f} s, "
        f"results {told['kept']:,.0f} MB"
    )
    beside.tell("triage beside reading", took, "times", "times", 4.0 if samples > 5e7 else 6.0)
    beside.tell("triage, by the clock", took, "took", "s")
    beside.tell("triage, processor", took, "processor", "s")
    beside.tell("peak of memory", took, "peak", "GiB", 1.0)
    if options.dask:
        shared = beside.medians(options, "bench_archive:dask", folder, str(options.workers))
        for key in ("first_wall", "first_processor", "wall", "processor"):
            beside.tell(f"Dask to the pool, {key.replace('_', ' ')}", shared, key, "times", 1.1)
    return 1e9 * told["took"] / samples


def parts(folder: Path, cycles: int) -> None:
    """Print what a cycle of a cell costs in one process, by part; all is compiled before."""
    from softbreak.archive import tables
    from softbreak.archive.results import pack as store
    from softbreak.data.history import assemble
    from softbreak.data.readers import registry
    from softbreak.data.record import Cell
    from softbreak.features.cycles.columns import columns_of
    from softbreak.models.diagnosis.diagnose import examine

    path = folder / f"parts-{cycles}.bdf.parquet"
    write_cell(0, path, cycles)
    examine(assemble(Cell("x"), registry.read(path)))

    def timed(work: Callable[[], Any]) -> tuple[float, Any]:
        """Processor seconds, the least of seven: other work on the machine counts little."""
        took = []
        for _ in range(7):
            begin = time.process_time()
            made = work()
            took.append(time.process_time() - begin)
        return min(took), made

    plain, _ = timed(lambda: pq.read_table(path, columns=list(COLUMNS)))
    read, records = timed(lambda: registry.read(path))
    history_took, history = timed(lambda: assemble(Cell("x"), records))
    judged, diagnosis = timed(lambda: examine(history))
    by_rule, _ = timed(lambda: examine(history, "fused"))
    stored, members = timed(lambda: store.members_of({"format": store.FORMAT}, diagnosis))
    print(f"cell of {cycles} cycles, µs of one core a cycle:")
    for name, took in (
        ("pyarrow alone", plain),
        ("reader, with its SHA-256", read),
        ("clock", history_took),
        ("examine, by default", judged),
        ("examine, fused rule", by_rule),
        ("store", stored),
    ):
        print(f"  {name:26} {1e6 * took / cycles:7.1f}")
    print(f"  examine and store, a cell  {1e3 * (judged + stored):7.2f} ms")
    told = columns_of(diagnosis, "verdicts")
    verdicts, _ = timed(lambda: tables.table_of(told, tables.VERDICTS))
    print(f"  … of which to Arrow        {1e6 * verdicts / cycles:7.1f}")
    print(f"  bytes stored a cycle       {sum(map(len, members.values())) / cycles:7.1f}")
    profile = cProfile.Profile()
    profile.runcall(examine, history)
    for name, took in _by_module(profile):
        print(f"  … {name:42} {1e6 * took / cycles:7.1f}  (own time, profiled)")


def _by_module(profile: cProfile.Profile) -> Iterator[tuple[str, float]]:
    """Own time by module of ours; what a module calls in libraries counts as the library's."""
    own: dict[str, float] = {}
    for (file, _, _), (_, _, seconds, _, _) in pstats.Stats(profile).stats.items():
        place = file.partition("softbreak/")[2] if "/softbreak/" in file else "numpy, pandas, …"
        own[place] = own.get(place, 0.0) + seconds
    yield from sorted(own.items(), key=lambda item: -item[1])[:12]


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", default="1e7,1e8")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="where there is room; 4 bytes a sample")
    parser.add_argument("--dask", action="store_true")
    parser.add_argument("--parts", action="store_true")
    beside.add_arguments(parser)
    options = parser.parse_args()
    rates = []
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        if options.parts:
            for cycles in (CYCLES, FEW_CYCLES):
                parts(Path(name), cycles)
                cell = beside.medians(options, "pieces:cell", f"{name}/parts-{cycles}.bdf.parquet")
                beside.tell(f"cell of {cycles}: examine, store", cell, "us_a_cycle", "µs a cycle")
            beside.tell("small cell: examine, store", cell, "cell_ms", "ms", 3.0)
            return
        for samples in options.samples.split(","):
            paths = write_archive(Path(name) / "archive", int(float(samples)))
            rates.append(bench(paths, options))
            shutil.rmtree(Path(name) / "archive")
    print("ns a sample: " + ", ".join(f"{rate:.0f}" for rate in rates))


if __name__ == "__main__":
    main()
