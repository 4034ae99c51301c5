"""Write a benchmark: a folder for each set, the truth beside those that are published."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pandas as pd

import softbreak
from softbreak.bench.cells import BenchCell, cells_of
from softbreak.bench.editions import EDITIONS, PARTS, VERSION, Edition, LawPart
from softbreak.bench.files import plain_table, write_files
from softbreak.errors import SoftbreakError

STATED: Final = "benchmark.json"
MANIFEST: Final = (
    "cell_id",
    "files",
    "configuration",
    "electrode",
    "electrolyte",
    "area_cm2",
    "electrolyte_thickness_um",
    "ionic_conductivity_s_per_cm",
    "temperature_celsius",
)
Progress = Callable[[int, int], None]


def edition_named(name: str) -> Edition:
    """Return an edition.

    Raises
    ------
    SoftbreakError
        If there is none of that name.
    """
    if name not in EDITIONS:
        raise SoftbreakError(f"there is no edition {name!r}; there are {', '.join(EDITIONS)}")
    return EDITIONS[name]


def make(out: Path, edition: Edition, progress: Progress = lambda _done, _total: None) -> Path:
    """Write the cells of an edition.

    Parameters
    ----------
    out : Path
        Receives ``benchmark.json`` and a folder a set: ``cells.csv`` (manifest), ``cells/`` (files
        as labs have them), ``plain/`` (one common table a cell), and where it is published
        ``truth.csv``.
    edition : Edition
    progress : callable
        Told (cells done, cells in all).

    Raises
    ------
    SoftbreakError
        If something lies there already.
    """
    if out.exists() and any(out.iterdir()):
        raise SoftbreakError(f"{out} is not empty; choose another folder or remove it first")
    out.mkdir(parents=True, exist_ok=True)
    done, total = 0, sum(edition.counts)
    for part in PARTS:
        for _ in _write_part(out / part.name, edition, part):
            done += 1
            progress(done, total)
    told = {
        "version": VERSION,
        "edition": edition.name,
        "softbreak": softbreak.__version__,
        "simulated": True,
        "sets": {part.name: edition.count(part) for part in PARTS},
    }
    (out / STATED).write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    return out


def _write_part(folder: Path, edition: Edition, part: LawPart) -> list[str]:
    (folder / "plain").mkdir(parents=True)
    rows: list[dict[str, object]] = []
    truths: list[pd.DataFrame] = []
    for cell in cells_of(edition, part):
        write_files(cell.records, folder / "cells" / cell.name, cell.dialect, cell.cut)
        plain = plain_table(cell.records)
        plain.to_csv(folder / "plain" / f"{cell.name}.csv", index=False, float_format="%.9g")
        rows.append(_manifest_row(cell))
        truths.append(cell.truth)
    with (folder / "cells.csv").open("w", newline="", encoding="utf-8") as file:
        manifest = csv.DictWriter(file, MANIFEST)
        manifest.writeheader()
        manifest.writerows(sorted(rows, key=lambda row: str(row["cell_id"])))
    if part.published:
        truth = pd.concat(truths).sort_values(["cell_id", "cycle_index"])
        truth.to_csv(folder / "truth.csv", index=False, float_format="%.9g")
    return [str(row["cell_id"]) for row in rows]


def _manifest_row(cell: BenchCell) -> dict[str, object]:
    row: dict[str, object] = {"cell_id": cell.name, "files": f"cells/{cell.name}/*"}
    for name in MANIFEST[2:]:
        value = getattr(cell.about, name)
        row[name] = "" if value is None else f"{value:.6g}" if isinstance(value, float) else value
    return row


def edition_of(folder: Path) -> Edition:
    """Return which edition lies in a folder.

    Raises
    ------
    SoftbreakError
        If none does, or one of another version.
    """
    stated = folder / STATED
    if not stated.exists():
        raise SoftbreakError(f"{folder} holds no benchmark (no {STATED}): softbreak bench make")
    told = json.loads(stated.read_text(encoding="utf-8"))
    if told.get("version") != VERSION:
        raise SoftbreakError(
            f"{folder} holds {told.get('version')}, this softbreak scores {VERSION}: make it anew"
        )
    return edition_named(str(told.get("edition")))
