"""Parquet to voltage features, beside merely reading the same columns; and what memory it takes.

    python benchmarks/bench_parquet.py [--rows 1e6,1e7,1e8] [--repeat 2] [--folder DIR]

``--rows 1e9`` needs 5 GB of disk and some minutes. Files are generated in blocks into a temporary
folder as an archive keeps them: float32 V and I, float64 t, zstd, BYTE_STREAM_SPLIT. Each size is
measured in a process of its own (peak of memory), reading and measuring in turns, two threads
each, after compilation. Also told: the time of the processor that each stage takes.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

THREADS = 2
GOAL, AIM = 3.0, 2.0
GROUP = 1 << 20
HALF_CYCLE = 300
NAMES = ("test_time_second", "voltage_volt", "current_ampere")


def write(path: Path, rows: int) -> None:
    """Write half-cycles of 300 samples that relax, drift, rattle, and sometimes drop."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(0)
    schema = pa.schema(zip(NAMES, (pa.float64(), pa.float32(), pa.float32()), strict=True))
    options = {"compression": "zstd", "use_dictionary": False, "use_byte_stream_split": True}
    with pq.ParquetWriter(path, schema, **options) as writer:
        for begin in range(0, rows, GROUP):
            k = np.arange(begin, min(begin + GROUP, rows))
            half, phase = k // HALF_CYCLE, k % HALF_CYCLE
            sign = np.where(half % 2 == 0, 1.0, -1.0)
            size = 0.1 + 0.01 * phase / HALF_CYCLE + 0.02 * np.exp(-phase / 20.0)
            size[(half % 50 == 7) & (phase > 120)] *= 0.4
            volt = sign * size + 1e-4 * rng.standard_normal(len(k))
            ampere = 1e-3 * sign + 1e-7 * rng.standard_normal(len(k))
            columns = (k * 10.0, volt.astype("f4"), ampere.astype("f4"))
            writer.write_table(pa.table(columns, schema=schema), row_group_size=GROUP)


def read(path: Path) -> None:
    """Read the columns with two threads, as fast as pyarrow does it in bounded memory."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            file.read_row_group(group, columns=list(NAMES), use_threads=True)


def scan(path: Path) -> None:
    """Do the same by way of a dataset, whose threads read ahead."""
    import pyarrow.dataset as ds

    for _ in ds.dataset(path).scanner(columns=list(NAMES), use_threads=True).to_batches():
        pass


def measure(path: Path) -> int:
    """Measure every half-cycle; return how many."""
    from softbreak.features.blocks import half_cycle_blocks

    return sum(len(block.cuts) for block in half_cycle_blocks(path, threads=THREADS))


def stages(path: Path) -> dict[str, float]:
    """Seconds of the processor that each stage takes in one thread."""
    from softbreak.features.blocks import BLOCK_ROWS, measured, parquet_batches
    from softbreak.features.cutter import HalfCycleCutter

    cutter, told = HalfCycleCutter(), dict.fromkeys(("read", "cut", "measure"), 0.0)
    batches = parquet_batches(path, BLOCK_ROWS)
    while True:
        a = time.thread_time()
        batch = next(batches, None)
        b = time.thread_time()
        told["read"] += b - a
        if batch is None:
            return told
        samples = cutter.feed(batch)
        c = time.thread_time()
        measured(samples)
        told["cut"] += c - b
        told["measure"] += time.thread_time() - c


def one(path: Path, repeat: int) -> None:
    """Measure one file in this process; print JSON."""
    import pyarrow as pa

    pa.set_cpu_count(THREADS)
    warm = path.with_name("warm.parquet")
    if not warm.exists():
        write(warm, 200_000)
    measure(warm)
    measure(path)
    # before pyarrow reads ahead as it likes
    told = {"peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
    for _ in range(repeat):
        for name, work in (("read", read), ("scan", scan), ("features", measure)):
            wall, processor = time.perf_counter(), time.process_time()
            told["half_cycles"] = work(path) or told.get("half_cycles", 0)
            wall, processor = time.perf_counter() - wall, time.process_time() - processor
            told[name] = min(told.get(name, np.inf), wall)
            told[name + "_cpu"] = min(told.get(name + "_cpu", np.inf), processor)
    told |= {"stage_" + name: value for name, value in stages(path).items()}
    print(json.dumps(told))


def report(rows: int, told: dict[str, float]) -> None:
    """Print what was found for a size."""
    reading = min(told["read"], told["scan"])
    cpu = min(told["read_cpu"], told["scan_cpu"])
    ratio = told["features"] / reading
    verdict = "as aimed" if ratio <= AIM else "ok" if ratio <= GOAL else "too slow"
    ns = {name: 1e9 * value / rows for name, value in told.items()}
    print(
        f"{rows:>13,} rows: features {told['features']:.2f} s ({ns['features']:.1f} ns a row), "
        f"reading {reading:.2f} s: {ratio:.2f} times (goal {GOAL:g}: {verdict}); "
        f"processor {told['features_cpu'] / cpu:.2f} times; peak {told['peak_mib']:,.0f} MiB"
    )
    print(
        f"{'':>13}  ns of one core a row: read {ns['stage_read']:.1f}, "
        f"cut {ns['stage_cut']:.1f}, measure {ns['stage_measure']:.1f}"
    )


def main() -> None:
    """Generate, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", default="1e6,1e7,1e8")
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        one(options.one, options.repeat)
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        for rows in (int(float(text)) for text in options.rows.split(",")):
            path = Path(folder) / "cell.parquet"
            write(path, rows)
            command = [
                sys.executable,
                __file__,
                "--one",
                str(path),
                "--repeat",
                str(options.repeat),
            ]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            report(rows, json.loads(done.stdout))
            path.unlink()


if __name__ == "__main__":
    main()
