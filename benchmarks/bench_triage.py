"""What triage costs beside reading alone: ``python benchmarks/bench_triage.py [FOLDER]``.

The real files of FOLDER (default: SOFTBREAK_REAL_DATA, else ../shared/realdata); an .mpr is also
tiled to a million rows. Everything is compiled and imported before the clock runs. Results go to
an empty folder every time, so nothing is reused; the report is not written. Aim: triage of an
.ndax or .mpr costs at most 1.5 times reading it with its reader alone.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench_biologic import DEFAULT, best, tile_mpr

from softbreak.archive.triage import triage
from softbreak.data.readers import registry
from softbreak.models.diagnose import examine

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
    real = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        long = folder / "tiled.mpr"
        tile_mpr(real / "symmetric" / "mb.issue_218.mpr", long, TILED_ROWS)
        neware = real / "readers" / "neware"
        for path in (
            neware / "test_2.ndax",
            neware / "nw4-120-1-6-53.ndax",
            real / "symmetric" / "gcpl.mpr",
            long,
        ):
            bench(path, folder)
        bench_help()
        bench_again(real, folder)


if __name__ == "__main__":
    main()
