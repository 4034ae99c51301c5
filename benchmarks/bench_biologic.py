"""How fast BioLogic's files are read: ``python benchmarks/bench_biologic.py [FOLDER]``.

The real files of FOLDER (default: SOFTBREAK_REAL_DATA, else ../shared/realdata) are tiled to
millions of rows, so that what is measured is parsing, not opening. ``--other CHECKOUT`` puts
another build beside, in medians of five.
"""

from __future__ import annotations

import argparse
import os
import struct
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import beside
import numpy as np
import pandas as pd

from softbreak.data.readers.cyclers import biologic_mpr, biologic_mpt

DEFAULT = Path(__file__).parents[2] / "shared" / "realdata"
MPR_ROWS = 2_000_000
MPT_BYTES = 200_000_000
NEW_HEADER = 65
NEW_ROWS_AT = 1007
ROUNDS = 5


def tile_mpr(source: Path, target: Path, n_rows: int) -> int:
    """Repeat the rows of a file of EC-Lab 11.5; return how many rows there are."""
    raw = source.read_bytes()
    start = raw.index(b"MODULEVMP data")
    content = start + NEW_HEADER
    (length,) = struct.unpack_from("<I", raw, start + 45)
    (rows,) = struct.unpack_from("<I", raw, content)
    body = raw[content + NEW_ROWS_AT : content + length]
    times = -(-n_rows // rows)
    header = bytearray(raw[: content + NEW_ROWS_AT])
    struct.pack_into("<I", header, start + 45, NEW_ROWS_AT + times * len(body))
    struct.pack_into("<I", header, content, times * rows)
    with target.open("wb") as file:
        file.write(header)
        for _ in range(times):
            file.write(body)
        file.write(raw[content + length :])
    return times * rows


def tile_mpt(source: Path, target: Path, n_bytes: int) -> int:
    """Repeat the rows of a text export; return how many lines stand before the rows."""
    raw = source.read_bytes()
    n_header = int(raw.split(b":", 2)[1].split(b"\n")[0])
    lines = raw.split(b"\n")
    head = b"\n".join(lines[:n_header]) + b"\n"
    body = b"\n".join(line for line in lines[n_header:] if line.strip()) + b"\n"
    with target.open("wb") as file:
        file.write(head)
        for _ in range(-(-n_bytes // len(body))):
            file.write(body)
    return n_header


def best(job: Callable[[], object]) -> float:
    """Return the least seconds of several runs."""
    seconds = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        job()
        seconds.append(time.perf_counter() - begin)
    return min(seconds)


def bench_mpr(real: Path, folder: Path) -> None:
    """Print rows a second, and the ratio to just reading the bytes."""
    path = folder / "long.mpr"
    n_rows = tile_mpr(real / "symmetric" / "mb.issue_218.mpr", path, MPR_ROWS)
    megabytes = path.stat().st_size / 1e6
    ours = best(lambda: biologic_mpr.read(path))
    raw = best(path.read_bytes)
    whole = best(lambda: np.fromfile(path, "u1").sum())
    print(f".mpr  {n_rows:,} rows, {megabytes:.0f} MB, all columns of a record")
    print(f"      ours {n_rows / ours / 1e6:7.1f} M rows/s  {megabytes / ours:7.0f} MB/s")
    print(f"      {ours / raw:.1f} x the time of read_bytes, {ours / whole:.1f} x that of a sum")


def bench_mpt(real: Path, folder: Path, name: str) -> None:
    """Print megabytes a second, and the ratio to pandas, which parses all columns."""
    path = folder / "long.mpt"
    n_header = tile_mpt(real / name, path, MPT_BYTES)
    megabytes = path.stat().st_size / 1e6
    ours = best(lambda: biologic_mpt.read(path))
    begin = time.perf_counter()
    pd.read_csv(path, sep="\t", skiprows=n_header - 1, encoding="cp1252", index_col=False)
    pandas = time.perf_counter() - begin
    print(f".mpt  {name}, {megabytes:.0f} MB")
    print(f"      ours   {megabytes / ours:7.0f} MB/s")
    print(f"      pandas {megabytes / pandas:7.0f} MB/s, ratio {pandas / ours:.1f}")


def main() -> None:
    """Print the rates and ratios."""
    given = os.environ.get("SOFTBREAK_REAL_DATA", DEFAULT)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("real", type=Path, nargs="?", default=Path(given))
    beside.add_arguments(parser)
    options = parser.parse_args()
    real = options.real
    with tempfile.TemporaryDirectory() as folder:
        long = Path(folder) / "long.mpr"
        tile_mpr(real / "symmetric" / "mb.issue_218.mpr", long, MPR_ROWS)
        took = beside.medians(options, "pieces:reading", str(long))
        beside.tell("softbreak.read of an .mpr", took, "ns_a_row", "ns a row")
        bench_mpr(real, Path(folder))
        for name in ("symmetric/mb.issue_218.mpt", "readers/biologic/cv.mpt"):
            bench_mpt(real, Path(folder), name)


if __name__ == "__main__":
    main()
