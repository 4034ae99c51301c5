"""What a start costs: one CSV diagnosed by its own process, and the first triage of an archive.

    python benchmarks/bench_start.py [--other CHECKOUT] [--cold]

Processor time of all processes, for the cores may be shared, and that of the clock; medians of
five. With another checkout, both side by side and their ratio. ``--cold`` adds the first triage of
the example archive by a copy of the package that holds no compiled code (a minute and more each).
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import beside

HERE = Path(__file__).parents[1]
TABLE = HERE / "examples" / "archive" / "LPSCl_healthy.csv"
STARTS = {
    "import softbreak": ["-c", "import softbreak"],
    "--help": ["-m", "softbreak", "--help"],
    "diagnose one CSV": ["-m", "softbreak", "diagnose", str(TABLE), "--area", "0.785", "--quiet"],
}
GOAL_SECOND = {"import softbreak": 0.1, "--help": 0.1, "diagnose one CSV": 1.1, "cold": 25.0}


def seconds(package: Path, arguments: list[str]) -> dict[str, float]:
    """Return what a Python process and its children take, in processor time and by the clock."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments],
        env=beside.environment(package),
        cwd=package,  # python -m looks there first
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    after, end = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"processor": spent, "wall": end - begin}


def cold(package: Path) -> dict[str, float]:
    """Return what the first triage after an installation takes."""
    with tempfile.TemporaryDirectory() as folder:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(package / "softbreak", Path(folder) / "softbreak", ignore=ignored)
        told = ["-m", "softbreak", "triage", str(HERE / "examples" / "archive"), "--workers", "2"]
        return seconds(Path(folder), [*told, "--out", f"{folder}/out"])


def told(name: str, took: beside.Medians, goal: float) -> None:
    """Print one line in processor time, one by the clock."""
    beside.tell(f"{name}, processor", took, "processor", "s", goal)
    beside.tell(f"{name}, by the clock", took, "wall", "s")


def main() -> None:
    """Print what every start takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cold", action="store_true")
    beside.add_arguments(parser)
    given = parser.parse_args()
    packages = beside.checkouts(given)
    for name, arguments in STARTS.items():
        took = beside.medians_of(
            given, lambda package, arguments=arguments: seconds(package, arguments)
        )
        told(name, took, GOAL_SECOND[name])
    if given.cold:
        told("cold first triage", [cold(package) for package in packages], GOAL_SECOND["cold"])


if __name__ == "__main__":
    main()
