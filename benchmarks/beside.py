"""Two builds side by side: a piece of work in processes of each checkout in turn, and medians.

A piece of work is a function that takes words and returns numbers by name. It is called in a
process of its own that finds the package of one checkout, and so imports softbreak inside, by
names that both builds have. Each process runs once before anything counts: bytecode and kernels
then lie on the disk.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

HERE = Path(__file__).parents[1]
TIMES = 5
Medians = list[dict[str, float]]
"""Numbers of a piece of work: of this checkout, and of the other one if there is one."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Let a benchmark be asked for another checkout."""
    parser.add_argument("--other", type=Path, help="checkout of another build, to stand beside")
    parser.add_argument("--times", type=int, default=TIMES, help="of which the median is told")


def environment(checkout: Path) -> dict[str, str]:
    """Return that of a process that finds the package of a checkout, as one that is installed."""
    told = {**os.environ, "PYTHONPATH": str(checkout), "OMP_NUM_THREADS": "1"}
    told.pop("PYTHONDONTWRITEBYTECODE", None)  # who installs a package has its bytecode
    return told


def run(checkout: Path, work: str, *words: str) -> dict[str, float]:
    """Do a piece of work ("module:function") in a process that finds a checkout's package."""
    done = subprocess.run(
        [sys.executable, __file__, work, *words],
        env=environment(checkout),
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{work} in {checkout}:\n{done.stderr}")
    numbers: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return numbers


def medians(options: argparse.Namespace, work: str, *words: str) -> Medians:
    """Do a piece of work in each checkout in turn; return medians, this checkout's first."""
    return medians_of(options, lambda checkout: run(checkout, work, *words))


def checkouts(options: argparse.Namespace) -> list[Path]:
    """Return this checkout, and the other one if there is one."""
    return [HERE] + ([options.other.resolve()] if options.other else [])


def medians_of(options: argparse.Namespace, measure: Callable[[Path], dict[str, float]]) -> Medians:
    """Measure each checkout in turn; return medians, this checkout's first."""
    rounds = [[measure(one) for one in checkouts(options)] for _ in range(options.times + 1)]
    return [
        {name: statistics.median(numbers[name] for numbers in counted) for name in counted[0]}
        for counted in zip(*rounds[1:], strict=True)
    ]


def tell(name: str, took: Medians, key: str, unit: str, goal: float | None = None) -> None:
    """Print one line: this checkout, the goal, the other checkout, and their ratio."""
    mine = took[0][key]
    aim = "" if goal is None else f"goal {goal:g} {'ok' if mine <= goal else 'missed'}"
    beside = f"other {took[1][key]:8.4g}, {took[1][key] / mine:.2f} times" if took[1:] else ""
    print(f"{name:34s} {mine:8.4g} {unit:10s} {aim:16s} {beside}".rstrip(), flush=True)


def main() -> None:
    """Do a piece of work here; print its numbers."""
    module, _, function = sys.argv[1].partition(":")
    work: Any = getattr(import_module(module), function)
    print(json.dumps(work(*sys.argv[2:])))


if __name__ == "__main__":
    main()
