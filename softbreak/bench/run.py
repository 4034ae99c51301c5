"""Let entrants judge: those that are shipped, or any program."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd

from softbreak.bench.editions import PARTS
from softbreak.bench.entrants import Entrant, entrant, missing
from softbreak.bench.entrants.entrant import PlainCell, read_cells, read_lessons
from softbreak.bench.make import edition_of
from softbreak.bench.score import COSTS
from softbreak.bench.verdicts_file import FILE, read_verdicts
from softbreak.errors import SoftbreakError

ENTRIES: Final = "entries"
TIMEOUT: Final = 3600.0
"""Seconds that a program may take for one set."""
_ORDER: Final = (
    "cell", "cycle", "start_s", "end_s", "state", "probability", "eta", "eta_lower", "eta_upper",
)  # fmt: skip
Told = Callable[[str], None]


def run_shipped(
    folder: Path, chosen: Sequence[str], told: Told = lambda _name: None
) -> dict[str, str]:
    """Let shipped entrants learn from the published sets and judge every set.

    Parameters
    ----------
    folder : Path
        A benchmark that was made.
    chosen : sequence of str
    told : callable
        Told the name of each entrant before it begins.

    Returns
    -------
    dict of str to str
        Why entrants were left out, by name: what is not installed.
    """
    edition_of(folder)
    entrants = [entrant(name) for name in chosen]
    left_out = {one.name: f"needs {', '.join(missing(one))}" for one in entrants if missing(one)}
    wanted = [one for one in entrants if one.name not in left_out]
    plain = any(one.judge_cell for one in wanted)
    lessons = [
        lesson for part in PARTS if part.published and plain
        for lesson in read_lessons(folder / part.name)
    ]  # fmt: skip
    cells = {part.name: read_cells(folder / part.name) if plain else [] for part in PARTS}
    for one in wanted:
        told(one.name)
        learnt = one.learn(lessons) if one.learn else None
        for part in PARTS:
            began = time.perf_counter()
            table = _judged(one, folder / part.name, cells[part.name], learnt)
            seconds = time.perf_counter() - began
            _write(folder / ENTRIES / one.name / part.name, table, seconds)
    return left_out


def _judged(one: Entrant, folder: Path, cells: Sequence[PlainCell], learnt: Any) -> pd.DataFrame:
    if one.judge_folder is not None:
        return one.judge_folder(folder)
    if one.judge_cell is None:
        raise SoftbreakError(f"the entrant {one.name} judges neither cells nor folders")
    tables = [one.judge_cell(cell, learnt).assign(cell=cell.name) for cell in cells]
    return pd.concat(tables, ignore_index=True)


def _write(folder: Path, table: pd.DataFrame, seconds: float) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    columns = [name for name in _ORDER if name in table.columns]
    table[columns].to_csv(folder / FILE, index=False, float_format="%.6g")
    told = {"seconds": seconds, "python": sys.version.split()[0]}
    (folder / COSTS).write_text(json.dumps(told) + "\n", encoding="utf-8")


def run_program(folder: Path, name: str, command: str, *, timeout: float = TIMEOUT) -> None:
    """Let any program judge every set: it is called with a set's folder and the file to write.

    Parameters
    ----------
    folder : Path
    name : str
        What the entry is called.
    command : str
        Words of a command line; no shell is involved. ``FOLDER`` and ``OUT`` are appended.
    timeout : float
        Seconds a set.

    Raises
    ------
    SoftbreakError
        If the program ends with an error, takes too long, or writes no valid file.
    """
    edition_of(folder)
    if not name or any(sign in name for sign in "/\\") or name.startswith("."):
        raise SoftbreakError(f"{name!r} is no name for an entry: it becomes a folder")
    for part in PARTS:
        out = folder / ENTRIES / name / part.name
        out.mkdir(parents=True, exist_ok=True)
        (out / FILE).unlink(missing_ok=True)
        began = time.perf_counter()
        _called([*shlex.split(command), str(folder / part.name), str(out / FILE)], timeout)
        seconds = time.perf_counter() - began
        read_verdicts(out / FILE)
        (out / COSTS).write_text(json.dumps({"seconds": seconds}) + "\n", encoding="utf-8")


def _called(words: Sequence[str], timeout: float) -> None:
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=timeout, check=False)
    except FileNotFoundError as error:
        raise SoftbreakError(f"there is no program {words[0]!r}") from error
    except subprocess.TimeoutExpired as error:
        raise SoftbreakError(f"{words[0]} took more than {timeout:g} s for {words[-2]}") from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["(it said nothing)"])[-1]
        raise SoftbreakError(f"{words[0]} ended with {done.returncode} on {words[-2]}: {last}")
