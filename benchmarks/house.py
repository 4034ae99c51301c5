"""How long the way of a sample is: modules and calls from file to verdict, and who imports whom.

    python benchmarks/house.py [--list]

Counts are of one warm run on the example archive: a module is entered when a function of it is
called; kernels (compiled, and invisible to a profiler) are left out. Import chains and importers
are read from the source, imports inside functions included where the module has no other way in.
"""

from __future__ import annotations

import argparse
import ast
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "softbreak"
ARCHIVE = ROOT / "examples" / "archive"
GOALS = {"read": (8, 30), "diagnose": (20, 120), "triage of one cell": (35, 250), "live": (15, 100)}


def modules() -> dict[str, Path]:
    """Every module of the package, by its dotted name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path, known: dict[str, Path], *, lazy: bool) -> set[str]:
    """Modules of ours that a module imports; ``lazy``: also inside functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: set[str] = set()
    nodes = list(ast.walk(tree)) if lazy else _at_once(tree.body)
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for name in node.names:
                full = f"{node.module}.{name.name}"
                found.add(full if full in known else node.module)
        elif isinstance(node, ast.Import):
            found.update(name.name for name in node.names)
    return {name for name in found if name in known}


def _at_once(body: list[ast.stmt]) -> list[ast.stmt]:
    """Statements that run when the module is imported; those of type checkers aside."""
    found: list[ast.stmt] = []
    for node in body:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        found.append(node)
        if isinstance(node, ast.If | ast.Try | ast.With):
            found += _at_once(node.body)
    return found


def longest_chain(graph: dict[str, set[str]]) -> list[str]:
    """Longest way from import to import."""

    @cache
    def below(name: str) -> tuple[str, ...]:
        return (name, *max((below(other) for other in graph[name]), key=len, default=()))

    return list(max((below(name) for name in graph), key=len))


def entered(work: Callable[[], Any]) -> tuple[list[str], int]:
    """Modules whose functions a piece of work calls, and changes from module to module."""
    work()
    met: dict[str, None] = {}
    hops, last = 0, ""

    def look(frame: FrameType, event: str, _: Any) -> None:
        nonlocal hops, last
        file = frame.f_code.co_filename
        if event != "call" or not file.startswith(str(PACKAGE)):
            return
        if "/kernels/" not in file.replace("\\", "/"):
            met.setdefault(str(Path(file).relative_to(PACKAGE)))
            hops += file != last
            last = file

    sys.setprofile(look)
    try:
        work()
    finally:
        sys.setprofile(None)
    return list(met), hops


def ways() -> dict[str, Callable[[], Any]]:
    """The four ways of a sample."""
    import pandas as pd

    import softbreak as sb
    from softbreak.archive.jobs.cell_job import run_batch
    from softbreak.archive.triage import triage

    del run_batch
    path = ARCHIVE / "LPSCl_healthy.csv"
    cell = sb.read(str(path), area_cm2=0.785)
    record = cell.records[0]
    live = sb.Watcher("hybrid", [cell.cell])
    done = 0

    def step() -> None:
        """Feed what completes a few more cycles of a cell that is under way."""
        nonlocal done
        stop = min(done + record.rows // 4, record.rows)
        part = record.table.iloc[done:stop].reset_index(drop=True)
        done = stop
        from dataclasses import replace

        live.update((cell.cell.cell_id, [replace(record, table=part)]))

    def one_cell() -> None:
        with tempfile.TemporaryDirectory() as folder:
            alone = Path(folder) / "archive"
            alone.mkdir()
            (alone / path.name).write_bytes(path.read_bytes())
            triage(alone, out=Path(folder) / "out", workers=1)

    assert isinstance(pd.__version__, str)
    return {
        "read": lambda: sb.read(str(path), area_cm2=0.785),
        "diagnose": lambda: sb.diagnose(cell),
        "triage of one cell": one_cell,
        "live": step,
    }


def main() -> None:
    """Print the table."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--list", action="store_true", help="name the modules, too")
    told = ask.parse_args()
    known = modules()
    graph = {name: imports(path, known, lazy=False) - {name} for name, path in known.items()}
    importers = defaultdict(set)
    for name, path in known.items():
        for other in imports(path, known, lazy=True) - {name}:
            importers[other].add(name)
    chain = longest_chain(graph)
    alone = [
        name
        for name, path in known.items()
        if len(importers[name]) == 1 and "readers" not in name and path.name != "__init__.py"
    ]
    lines = {name: len(path.read_text("utf-8").splitlines()) for name, path in known.items()}
    print(f"{len(known)} modules, {sum(lines.values())} lines, longest {max(lines.values())}")
    print(f"longest import chain {len(chain)} (goal 12); one importer: {len(alone)} (goal 50)")
    if told.list:
        print("  " + "\n  ".join(chain))
        print("  one importer: " + ", ".join(alone))
    for name, work in ways().items():
        met, hops = entered(work)
        print(f"{name:20} {len(met):3} modules (goal {GOALS[name][0]}), {hops} hops")
        if told.list:
            print("  " + "\n  ".join(met))


if __name__ == "__main__":
    main()
