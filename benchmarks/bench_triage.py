"""What triage costs beside reading alone: ``python benchmarks/bench_triage.py [FOLDER]``.

``--other CHECKOUT`` puts another build beside, in medians of five (and leaves the rest out).

The real files of FOLDER (default: SOFTBREAK_REAL_DATA, else ../shared/realdata); an .mpr is also
tiled to a million rows. Everything is compiled and imported before the clock runs. Results go to
an empty folder every time, so nothing is reused; the report is not written. Aim: triage of native
files costs at most 1.5 times reading them with their readers alone. At the end stands what all
native files of FOLDER together take, part by part, and what a whole triage of FOLDER in one process
takes beside its readers, in seconds of one core.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import beside
from bench_biologic import DEFAULT, best, tile_mpr
from pieces import NATIVE

from softbreak.archive.results import pack as store
from softbreak.archive.triage import triage
from softbreak.data.history import assemble
from softbreak.data.readers import registry
from softbreak.data.readers.base import Reader
from softbreak.data.record import Cell, Record
from softbreak.errors import SoftbreakError
from softbreak.models.diagnosis.diagnose import examine

TILED_ROWS = 1_000_000


def bench(path: Path, folder: Path) -> None:
    """Print the seconds of the reader, of triage, and their ratio."""
    import softbreak

    out = folder / "out"

    def run() -> None:
        shutil.rmtree(out, ignore_errors=True)
        triage(path, out)

    run()
    reader = registry.detect(path)
    alone = best(lambda: reader.read(path))
    hashed = best(lambda: registry.read(path))
    history = softbreak.read(path)
    judged = best(lambda: examine(history))
    whole = best(run)
    rows = sum(len(record.table) for record in history.records)
    print(
        f"{path.name:24} {rows:>9,} rows  reader {alone * 1e3:7.1f} ms  with its SHA-256 "
        f"{hashed * 1e3:7.1f}  diagnosis {judged * 1e3:7.1f}  triage {whole * 1e3:7.1f}  "
        f"ratio {whole / alone:5.2f}"
    )


def bench_help() -> None:
    """Print how long ``softbreak --help`` takes in a fresh interpreter."""
    command = [sys.executable, "-c", "from softbreak.cli.main import run; run()", "--help"]
    bare = [sys.executable, "-c", "pass"]
    took, empty = (
        best(lambda args=args: subprocess.run(args, check=True, capture_output=True))
        for args in (command, bare)
    )
    print(f"softbreak --help {took:.3f} s (an empty interpreter {empty:.3f} s)")


def bench_mixed(real: Path, tiled: Path) -> None:
    """Print what native files cost together: their readers, and every part of a triage."""
    paths = [tiled, *sorted(p for p in real.rglob("*") if p.suffix in NATIVE)]
    parts = ("reader", "detection", "SHA-256", "clock", "diagnosis", "store")
    took = dict.fromkeys(parts, 0.0)
    used = 0
    for path in paths:
        try:
            reader = registry.detect(path)
            records = registry.read(path)
        except SoftbreakError:
            continue
        used += 1
        history = assemble(Cell("x"), records)
        diagnosis = examine(history)
        jobs: dict[str, Callable[[], object]] = {
            "reader": lambda reader=reader, path=path: reader.read(path),
            "detection": lambda path=path: registry.detect(path),
            "SHA-256": lambda path=path: content_hash(path),
            "clock": lambda records=records: assemble(Cell("x"), records),
            "diagnosis": lambda history=history: examine(history),
            "store": lambda d=diagnosis: store.members_of({"format": store.FORMAT}, d),
        }
        for name, job in jobs.items():
            took[name] += least(job)
    total = sum(took.values())
    told = ", ".join(f"{name} {second * 1e3:.0f} ms" for name, second in took.items())
    print(f"{used} native files: {told}; triage is {total / took['reader']:.2f} times the readers")


def content_hash(path: Path) -> str:
    """Return a file's SHA-256, read as the registry reads it: block by block."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def bench_whole(archive: Path, folder: Path) -> None:
    """Print what a triage in this process takes beside the readers that it calls."""
    out, reading = folder / "whole", [0.0]

    def timed(reader: Reader) -> Reader:
        def read(path: Path) -> list[Record]:
            begin = time.process_time()
            try:
                return reader.read(path)
            finally:
                reading[0] += time.process_time() - begin

        return replace(reader, read=read)

    found = []
    readers = registry.READERS
    registry.READERS = tuple(map(timed, readers))
    try:
        for _ in range(4):  # the first one compiles
            shutil.rmtree(out, ignore_errors=True)
            reading[0], begin = 0.0, time.process_time()
            triage(archive, out, workers=0)
            found.append((time.process_time() - begin, reading[0]))
    finally:
        registry.READERS = readers
    whole, readers_alone = min(found)
    print(
        f"{archive.name}: triage {whole * 1e3:.0f} ms, its readers {readers_alone * 1e3:.0f} ms, "
        f"ratio {whole / readers_alone:.2f}"
    )


def least(job: Callable[[], object]) -> float:
    """Return processor seconds, the least of five: other work on the machine counts little."""
    took = []
    for _ in range(5):
        begin = time.process_time()
        job()
        took.append(time.process_time() - begin)
    return min(took)


def bench_again(archive: Path, folder: Path) -> None:
    """Print what a second run of an archive costs."""
    out = folder / "again"
    begin = time.perf_counter()
    first = triage(archive, out)
    between = time.perf_counter()
    triage(archive, out)
    end = time.perf_counter()
    print(f"{first}: {between - begin:.2f} s, again {end - between:.3f} s")


def main() -> None:
    """Run all of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("real", type=Path, nargs="?", default=DEFAULT)
    beside.add_arguments(parser)
    options = parser.parse_args()
    real = options.real
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        long = folder / "tiled.mpr"
        tile_mpr(real / "symmetric" / "mb.issue_218.mpr", long, TILED_ROWS)
        took = beside.medians(options, "pieces:native", str(real), str(long))
        beside.tell(f"{took[0]['files']:.0f} native files, to readers", took, "times", "times", 2.0)
        took = beside.medians(options, "pieces:cell", str(long))
        beside.tell(".mpr of 10^6 rows: diagnosis", took, "examine_ns_a_row", "ns a row", 100.0)
        if options.other:
            return
        neware = real / "readers" / "neware"
        for path in (
            neware / "test_2.ndax",
            neware / "nw4-120-1-6-53.ndax",
            real / "symmetric" / "gcpl.mpr",
            long,
        ):
            bench(path, folder)
        bench_mixed(real, long)
        bench_whole(real, folder)
        bench_help()
        bench_again(real, folder)


if __name__ == "__main__":
    main()
