"""What a start costs: one CSV diagnosed by its own process, and the first triage of an archive.

    python benchmarks/bench_start.py [OTHER_CHECKOUT] [--cold]

Processor time of all processes, least of five: the cores may be shared. With another checkout,
both side by side and their ratio. ``--cold`` adds the first triage of the example archive by a
copy of the package that holds no compiled code (a minute and more each).
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parents[1]
TABLE = HERE / "examples" / "archive" / "LPSCl_healthy.csv"
STARTS = {
    "import softbreak": ["-c", "import softbreak"],
    "--help": ["-m", "softbreak", "--help"],
    "diagnose one CSV": ["-m", "softbreak", "diagnose", str(TABLE), "--area", "0.785", "--quiet"],
}
GOAL_SECOND = {"import softbreak": 0.1, "--help": 0.1, "diagnose one CSV": 1.1, "cold": 25.0}
TIMES = 5


def seconds(package: Path, arguments: list[str]) -> float:
    """Return the processor time of a Python process and its children (s)."""
    environment = {**os.environ, "PYTHONPATH": str(package), "OMP_NUM_THREADS": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        cwd=package,  # python -m looks there first
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def cold(package: Path) -> float:
    """Return what the first triage after an installation takes (s)."""
    with tempfile.TemporaryDirectory() as folder:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(package / "softbreak", Path(folder) / "softbreak", ignore=ignored)
        told = ["-m", "softbreak", "triage", str(HERE / "examples" / "archive"), "--workers", "2"]
        return seconds(Path(folder), [*told, "--out", f"{folder}/out"])


def told(name: str, took: list[float], goal: float) -> None:
    """Print one line: this checkout, the other, the ratio."""
    beside = f"   other {took[1]:6.2f} s   {took[1] / took[0]:.2f} times" if len(took) > 1 else ""
    verdict = "ok" if took[0] <= goal else "too slow"
    print(f"{name:18s} {took[0]:6.2f} s   goal {goal:g} s   {verdict}{beside}")


def main() -> None:
    """Print one line a start."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("other", nargs="?", type=Path)
    parser.add_argument("--cold", action="store_true")
    given = parser.parse_args()
    packages = [HERE] + ([given.other.resolve()] if given.other else [])
    for name, arguments in STARTS.items():
        for package in packages:
            seconds(package, arguments)  # bytecode and kernels lie on the disk afterwards
        rounds = [[seconds(one, arguments) for one in packages] for _ in range(TIMES)]
        told(name, [min(times) for times in zip(*rounds, strict=True)], GOAL_SECOND[name])
    if given.cold:
        told("cold first triage", [cold(package) for package in packages], GOAL_SECOND["cold"])


if __name__ == "__main__":
    main()
