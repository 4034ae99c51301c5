"""``softbreak.read``: files or a folder of one cell become its history."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import Any

from softbreak.archive.inputs.copies import without_copies
from softbreak.archive.inputs.file_names import perhaps_not_data
from softbreak.archive.inputs.grouping import Group, without_twins
from softbreak.archive.inputs.manifest import Manifest
from softbreak.archive.inputs.manifest_nearby import nearby
from softbreak.archive.inputs.scan import scan
from softbreak.archive.inputs.witnesses import (
    COMMAND,
    FOLDER,
    MANIFEST,
    NAMES,
    doubtful,
    how_joined,
)
from softbreak.data.history import CellHistory, assemble
from softbreak.data.readers import registry
from softbreak.data.record import Cell, Record, checked_cell
from softbreak.errors import ArgumentError, ReadError, SoftbreakError, UnknownFormatError

PathLike = str | os.PathLike[str]
Remark = tuple[str, str, str]
"""Severity, topic and sentence."""

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
    if not isinstance(path, str | os.PathLike | Iterable):
        raise ArgumentError(
            f"read takes a path, or several, not {type(path).__name__}: "
            'softbreak.read("cell7/", area_cm2=0.785)'
        )
    roots = [Path(path)] if isinstance(path, str | os.PathLike) else [Path(p) for p in path]
    folders = {root: _Folder(root) for root in roots if root.is_dir()}
    everything = [p for root in roots for p in (folders[root].files if root in folders else [root])]
    stated = nearby(everything)
    cell = _cell(roots, cell_facts, stated)
    columns = stated.columns or None
    records: list[Record] = []
    for root in roots:
        if root in folders:
            records += folders[root].read(columns)
        else:
            records += registry.read(root, columns)
    if not records:
        raise ReadError(
            roots[0] if roots else "(no path)",
            found="no data file",
            expected="at least one file of a supported format",
            remedy="Check the path.",
        )
    by = MANIFEST if stated.named else FOLDER if roots[0].is_dir() else COMMAND
    return history_of(cell, records, by, [r for f in folders.values() for r in f.remarks])


def history_of(
    cell: Cell, records: Sequence[Record], by: str, remarks: Sequence[Remark] = ()
) -> CellHistory:
    """Put a cell's records together: what is told twice counts once, and all that is said.

    Parameters
    ----------
    cell : Cell
    records : sequence of Record
    by : str
        Who says that they are one cell's, see :mod:`softbreak.archive.inputs.witnesses`.
    remarks : sequence of (str, str, str)
        On files that were not read: severity, topic and sentence.
    """
    kept, copies = without_copies(records)
    whole = [record for record in kept if isinstance(record, Record)]
    told = [*how_joined(whole, by), *(copy.remark for copy in copies), *remarks]
    doubt = "" if by in (MANIFEST, NAMES) else doubtful(whole)
    return assemble(cell, whole, told, doubt)


def _cell(roots: list[Path], facts: dict[str, Any], stated: Group) -> Cell:
    known = [field.name for field in fields(Cell)]
    for name in facts:
        if name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}"
            raise SoftbreakError(f"a cell has no {name!r}: {hint}")
    given = {name: value for name, value in facts.items() if value is not None}
    name = stated.cell.cell_id or _named(roots).encode("utf-8", "backslashreplace").decode("utf-8")
    return checked_cell(replace(stated.cell, **{"cell_id": name, **given}))


def _named(roots: list[Path]) -> str:
    """A cell's name: of its folder, of its one file, or of the folder that holds its files."""
    if not roots:
        return ""
    if len(roots) > 1 and len({root.resolve().parent for root in roots}) == 1:
        return roots[0].resolve().parent.name
    named = roots[0].resolve()
    return named.name if named.is_dir() else named.stem


class _Folder:
    """The files of a folder and its sub-folders, without the spare twins.

    Attributes
    ----------
    files : list of Path
    remarks : list of (str, str, str)
        On what was left out.
    """

    def __init__(self, root: Path) -> None:
        found = scan(root, Manifest())
        every = sorted(path for group in found.groups for path in group.every)
        group = without_twins(Group("", tuple(every)))
        self.files = [root / path for path in group.files]
        self.remarks = [_left_out(*skipped) for skipped in found.skipped]
        for native, twins in group.spares.items():
            self.remarks += [_left_out(twin, f"the same as {native}") for twin in twins]

    def read(self, columns: Mapping[str, Any] | None) -> list[Record]:
        """Read the files; one that cannot be read is warned of, as long as others can."""
        records: list[Record] = []
        failed: list[ReadError] = []
        for path in self.files:
            try:
                records += registry.read(path, columns)
            except ReadError as error:
                reason = perhaps_not_data(PurePosixPath(path))
                if isinstance(error, UnknownFormatError) and reason:
                    self.remarks.append(_left_out(path.name, f"no data: {reason}"))
                else:
                    failed.append(error)
        if failed and not records:
            raise failed[0]
        for problem in failed:
            logger.warning("left out: %s", problem)
            told = f"{Path(problem.path).name} could not be used: {problem.found}. {problem.remedy}"
            self.remarks.append(("warning", "unread-file", told))
        return records


def _left_out(path: str, reason: str) -> Remark:
    return "note", "file-left-out", f"{path} was left out: {reason}."
