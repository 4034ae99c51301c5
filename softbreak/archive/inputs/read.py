"""``softbreak.read``: files or a folder of one cell become its history."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import Any

from softbreak.archive.inputs.file_names import perhaps_not_data
from softbreak.archive.inputs.grouping import Group, without_twins
from softbreak.archive.inputs.manifest import NAMES, Manifest, load_manifest
from softbreak.archive.inputs.manifest_nearby import nearby
from softbreak.archive.inputs.scan import scan
from softbreak.data.history import CellHistory, assemble
from softbreak.data.readers import registry
from softbreak.data.record import Cell, Record, checked_cell
from softbreak.errors import ReadError, SoftbreakError, UnknownFormatError

PathLike = str | os.PathLike[str]

logger = logging.getLogger(__name__)


def read(path: PathLike | Iterable[PathLike], **cell_facts: Any) -> CellHistory:
    """Read everything that was measured on one cell.

    Parameters
    ----------
    path : path-like or iterable of path-like
        A file of any supported format, a folder of one cell's files (and its sub-folders), or
        several files.
    **cell_facts
        What you know of the cell, as :class:`softbreak.Cell` names it: ``area_cm2=0.785``,
        ``electrolyte_thickness_um=700``, ... What is not given is taken from the archive's
        manifest (``cells.csv`` or ``cells.toml`` beside the files or up to two folders above), from
        the files where they say it, and stays unknown otherwise.

    Returns
    -------
    CellHistory
        Records of every technique, on one clock.

    Raises
    ------
    ReadError
        If a file that was named cannot be read, or none of a folder. Documents, settings and
        damaged files in a folder are left out; the latter with a warning in the log.
    SoftbreakError
        If a fact has no such name.

    Examples
    --------
    >>> cell = softbreak.read("cell7/", area_cm2=0.785)  # doctest: +SKIP
    """
    roots = [Path(path)] if isinstance(path, str | os.PathLike) else [Path(p) for p in path]
    files = {root: _files(root) if root.is_dir() else [] for root in roots}
    everything = [path for root in roots for path in (files[root] if root.is_dir() else [root])]
    stated = nearby(everything)
    cell = _cell(roots, cell_facts, stated)
    columns = stated.columns or None
    records: list[Record] = []
    for root in roots:
        if root.is_dir():
            records += _folder(files[root], columns)
        else:
            records += registry.read(root, columns)
    if not records:
        raise ReadError(
            roots[0] if roots else "(no path)",
            found="no data file",
            expected="at least one file of a supported format",
            remedy="Check the path.",
        )
    return assemble(cell, records)


def _cell(roots: list[Path], facts: dict[str, Any], stated: Group) -> Cell:
    known = [field.name for field in fields(Cell)]
    for name in facts:
        if name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}"
            raise SoftbreakError(f"a cell has no {name!r}: {hint}")
    given = {name: value for name, value in facts.items() if value is not None}
    name = stated.cell.cell_id or _named(roots)
    return checked_cell(replace(stated.cell, **{"cell_id": name, **given}))


def _named(roots: list[Path]) -> str:
    """A cell's name: of its folder, of its one file, or of the folder that holds its files."""
    if not roots:
        return ""
    if len(roots) > 1 and len({root.resolve().parent for root in roots}) == 1:
        return roots[0].resolve().parent.name
    named = roots[0].resolve()
    return named.name if named.is_dir() else named.stem


def _files(root: Path) -> list[Path]:
    """Files of a folder and its sub-folders, without the spare twins."""
    files = [path for group in scan(root, Manifest()).groups for path in _all(group)]
    return [root / path for path in without_twins(Group("", tuple(sorted(files)))).files]


def _folder(files: list[Path], columns: Mapping[str, Any] | None) -> list[Record]:
    """Read a folder's files; one that cannot be read is warned of, as long as others can."""
    records: list[Record] = []
    failed: list[ReadError] = []
    for path in files:
        try:
            records += registry.read(path, columns)
        except ReadError as error:
            unknown = isinstance(error, UnknownFormatError)
            if not (unknown and perhaps_not_data(PurePosixPath(path))):
                failed.append(error)
    if failed and not records:
        raise failed[0]
    for problem in failed:
        logger.warning("left out: %s", problem)
    return records


def _all(group: Group) -> list[PurePosixPath]:
    twins = [PurePosixPath(twin) for twins in group.spares.values() for twin in twins]
    return [*group.files, *twins]


def cells_of(paths: Sequence[Path], facts: Mapping[str, Any]) -> list[CellHistory]:
    """Read cells.

    Parameters
    ----------
    paths : sequence of Path
        Files of one cell; or one folder. A folder with a manifest holds the cells that it names,
        or all, grouped by folder and name, where it names none.
    facts : mapping
        What is known of the cell (:class:`softbreak.data.record.Cell`); None is unknown. It
        outweighs the manifest.

    Returns
    -------
    list of CellHistory
        At least one.

    Raises
    ------
    ReadError
        If a file cannot be read, or a manifest names no file that is there.
    """
    known = {name: value for name, value in facts.items() if value is not None}
    root = paths[0]
    if len(paths) > 1 or not any((root / name).is_file() for name in NAMES):
        return [read(root if len(paths) == 1 else list(paths), **known)]
    manifest = load_manifest(root)
    # one that only maps columns names no cell, and leaves the grouping to the names of the files
    groups = [g for g in scan(root, manifest).groups if g.named or not manifest.rows]
    if not groups:
        raise ReadError(
            root,
            found="a manifest that names no file",
            expected="at least one cell with files",
            remedy="Check the globs in its column 'files'.",
        )
    histories = []
    for group in groups:
        records = [
            record
            for path in group.files
            for record in registry.read(root / path, group.columns or None)
        ]
        histories.append(assemble(_known(group.cell, group.cell_id, known), records))
    return histories


def _known(cell: Cell, cell_id: str, facts: Mapping[str, Any]) -> Cell:
    names = {field.name for field in fields(Cell)}
    return replace(cell, **{"cell_id": cell_id, **{k: v for k, v in facts.items() if k in names}})
