"""How fast populations are simulated, and that memory does not grow with their number.

    python benchmarks/bench_simulate.py [CELLS] [WORKERS]

Everything counts: drawing cells, cycling at 120 s, noise, temperature, 41-point voltammetry and
31-point impedance every 5 cycles, truth tables. Writing files does not.
"""

from __future__ import annotations

import resource
import sys
import time

from softbreak.simulate.population import Recipe, blocks

TARGET = 12_000
"""Cycles per second on two cores that the project asks for."""


def measure(recipe: Recipe, workers: int) -> tuple[float, int, float]:
    """Return cycles per second, rows, and the peak of memory in MB."""
    start, cycles, rows = time.perf_counter(), 0, 0
    for block in blocks(recipe, workers=workers):
        cycles += len(block.truth())
        rows += int(block.run.row_count.sum())
    rate = cycles / (time.perf_counter() - start)
    return rate, rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def main() -> None:
    """Print one line a population."""
    cells = int(sys.argv[1]) if len(sys.argv) > 1 else 1024
    workers = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    for laws in ("a", "b"):
        list(blocks(Recipe(2, laws=laws, purpose="judge", cycles=2)))  # compile
        for count in (cells // 2, cells):
            recipe = Recipe(count, laws=laws, purpose="judge", interval=120.0)
            rate, rows, memory = measure(recipe, workers)
            verdict = "ok" if rate >= TARGET else "too slow"
            print(
                f"laws {laws}: {count} cells x 80 cycles, {rows / count / 80:.0f} rows a cycle, "
                f"{workers} workers: {rate:,.0f} cycles/s ({verdict}), peak {memory:,.0f} MB"
            )


if __name__ == "__main__":
    main()
