"""Which files are one cell: by the manifest, else by folder and name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from softbreak.archive.inputs.file_names import (
    TWINS,
    cell_key,
    identities,
    names_technique,
    perhaps_not_data,
)
from softbreak.archive.inputs.manifest import Manifest, Row
from softbreak.archive.tables import Failure, printable
from softbreak.data.date_orders import is_open, settled
from softbreak.data.history import natural_key
from softbreak.data.readers.chunked import LongRecord
from softbreak.data.record import Cell, Record, Technique
from softbreak.errors import ManifestError

_TOLERANCE_SECOND = 120.0
_SHARE = 0.05


def measured_at_once(records: Sequence[Record | LongRecord]) -> bool:
    """Return whether two cycling files of one instrument overlap in absolute time.

    A cell sits on one channel: nothing cycles it twice at once. Other techniques, and other
    instruments (whose clocks may disagree), prove nothing.

    Parameters
    ----------
    records : sequence of Record or LongRecord
    """
    whole = settled([r for r in records if isinstance(r, Record)], natural_key)
    long = [record for record in records if isinstance(record, LongRecord)]
    every: list[Record | LongRecord] = [*whole, *long]
    spans: dict[str, dict[str, tuple[float, float]]] = {}
    for record in every:
        span = _span(record)
        if span is not None:
            files = spans.setdefault(record.source.reader, {})
            begin, end = files.get(record.source.path, span)
            files[record.source.path] = (min(begin, span[0]), max(end, span[1]))
    return any(_overlap(sorted(files.values())) for files in spans.values())


def _span(record: Record | LongRecord) -> tuple[float, float] | None:
    if record.technique is not Technique.CYCLING or not record.rows or is_open(record.source):
        return None
    if isinstance(record, LongRecord):
        return record.absolute
    if "unix_time_second" in record.table.columns:
        times = record.array("unix_time_second")
    elif record.source.started_unix_second is not None:
        times = record.array("test_time_second") + record.source.started_unix_second
    else:
        return None
    times = times[np.isfinite(times)]
    return (float(times.min()), float(times.max())) if len(times) else None


def _overlap(spans: Sequence[tuple[float, float]]) -> bool:
    latest = -np.inf
    longest = 0.0
    for begin, end in spans:
        shared = min(latest, end) - begin
        shorter = min(end - begin, longest)
        if shared > _TOLERANCE_SECOND and shared > _SHARE * shorter:
            return True
        if end > latest:
            latest, longest = end, end - begin
    return False


@dataclass(frozen=True, slots=True)
class Group:
    """One cell's files, relative to the archive's root.

    Attributes
    ----------
    cell_id : str
    files : tuple of PurePosixPath
        To be read, without the spare twins.
    spares : mapping
        For a native file the exports that tell the same; read only if it cannot be.
    cell : Cell
        What the manifest says of it.
    columns : mapping
        How to read tables that no reader recognises.
    named : bool
        Whether the manifest names these files (else they were grouped by folder and name).
    """

    cell_id: str
    files: tuple[PurePosixPath, ...]
    spares: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    cell: Cell = field(default_factory=Cell)
    columns: Mapping[str, Any] = field(default_factory=dict)
    named: bool = False


def group_files(
    files: Sequence[PurePosixPath], manifest: Manifest
) -> tuple[tuple[Group, ...], list[Failure]]:
    """Put every file into one cell.

    Parameters
    ----------
    files : sequence of PurePosixPath
        Relative to the archive's root.
    manifest : Manifest

    Returns
    -------
    groups : tuple of Group
        In natural order of their names.
    failures : list of Failure
        One for every glob without a file.
    """
    claimed, failures = _claimed(files, manifest)
    taken = {path for paths in claimed.values() for path in paths}
    free = _by_name([path for path in files if path not in taken])
    groups: list[Group] = []
    for row in manifest.rows:
        name = row.cell.cell_id
        paths = claimed[name] if row.patterns else free.pop(name, [])
        if paths:
            groups.append(Group(name, tuple(paths), {}, row.cell, row.columns, named=True))
        elif not row.patterns:
            failures.append(_no_file(manifest, row, "a folder or a file of that name"))
    names = {group.cell_id for group in groups}
    for name, paths in free.items():
        unique = name if name not in names else f"{name} (not in the manifest)"
        cell = Cell(cell_id=unique)
        groups.append(Group(unique, tuple(paths), {}, cell, manifest.columns))
    with_spares = (without_twins(group) for group in groups)
    return tuple(sorted(with_spares, key=lambda group: natural_key(group.cell_id))), failures


def _claimed(
    files: Sequence[PurePosixPath], manifest: Manifest
) -> tuple[dict[str, list[PurePosixPath]], list[Failure]]:
    claimed: dict[str, list[PurePosixPath]] = {}
    owner: dict[PurePosixPath, Row] = {}
    failures = []
    candidates = _Candidates(files)
    for row in manifest.rows:
        paths = claimed.setdefault(row.cell.cell_id, [])
        for pattern in row.patterns:
            matching = [path for path in candidates.of(pattern) if _matches(path, pattern)]
            if not matching:
                failures.append(_no_file(manifest, row, pattern))
            for path in matching:
                if owner.setdefault(path, row) is not row:
                    raise ManifestError(
                        manifest.path,
                        place=f"{row.place}, column files",
                        found=f"{path}, which {owner[path].place} names too",
                        expected="every file in one cell",
                        remedy="Make the globs narrower.",
                    )
                if path not in paths:
                    paths.append(path)
    return claimed, failures


class _Candidates:
    """Files by how their paths begin: an archive of many cells has as many patterns as folders."""

    def __init__(self, files: Sequence[PurePosixPath]) -> None:
        self._files = files
        self._by_begin: dict[int, dict[tuple[str, ...], list[PurePosixPath]]] = {}

    def of(self, pattern: str) -> Sequence[PurePosixPath]:
        """Return the files that begin with a pattern's folders before its first wildcard."""
        parts = PurePosixPath(pattern.replace("\\", "/")).parts
        plain = tuple(takewhile(lambda part: not set(part) & set("*?["), parts))
        if not plain:
            return self._files
        if len(plain) not in self._by_begin:
            begun: dict[tuple[str, ...], list[PurePosixPath]] = {}
            for path in self._files:
                begun.setdefault(path.parts[: len(plain)], []).append(path)
            self._by_begin[len(plain)] = begun
        return self._by_begin[len(plain)].get(plain, ())


def _matches(path: PurePosixPath, pattern: str) -> bool:
    """Match from the root; ``**`` spans folders, a folder's name means all that it holds."""
    return _match_parts(path.parts, PurePosixPath(pattern.replace("\\", "/")).parts)


def _match_parts(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    if not pattern:
        return not parts
    head, *rest = pattern
    if head == "**":
        return any(_match_parts(parts[k:], rest) for k in range(len(parts) + 1)) or not rest
    if not parts or not (parts[0] == head or PurePosixPath(parts[0]).match(head)):
        return False
    if not rest and len(parts) > 1:
        return True
    return _match_parts(parts[1:], rest)


def _no_file(manifest: Manifest, row: Row, pattern: str) -> Failure:
    name = manifest.path.name if manifest.path else "manifest"
    return Failure(
        name,
        "scan",
        f"{row.place} (cell {row.cell.cell_id}): no file matches {pattern!r}",
        "Check the spelling; globs are relative to the manifest's folder.",
    )


def _by_name(files: Iterable[PurePosixPath]) -> dict[str, list[PurePosixPath]]:
    """Group by folder; in the root, and where names tell cells apart, by name."""
    folders: dict[PurePosixPath, list[PurePosixPath]] = {}
    for path in files:
        folders.setdefault(_home(path), []).append(path)
    cells: dict[str, list[PurePosixPath]] = {}
    for home, paths in folders.items():
        if home == PurePosixPath() or _holds_many(paths):
            groups = _flat(home, paths)
        else:
            groups = {home.as_posix(): paths}
        for name, members in groups.items():
            unique = printable(name)
            while unique in cells:
                unique += f" ({printable(members[0].name)})"
            cells[unique] = members
    return cells


def _home(path: PurePosixPath) -> PurePosixPath:
    """Return the folder that stands for the cell: above those that only name a technique."""
    return PurePosixPath(*(part for part in path.parent.parts if not names_technique(part)))


def _holds_many(paths: Sequence[PurePosixPath]) -> bool:
    """A folder holds many cells if most of its names state a cell or channel, and differ in it."""
    stems = [path.stem for path in paths if not perhaps_not_data(path)]
    told = [identity for identity in identities(stems) if identity]
    return len(set(told)) > 1 and len(told) > len(stems) / 2


def _flat(home: PurePosixPath, paths: Sequence[PurePosixPath]) -> dict[str, list[PurePosixPath]]:
    keyed: dict[str, list[PurePosixPath]] = {}
    for path in paths:
        keyed.setdefault(cell_key(path.stem), []).append(path)
    named = {}
    for key, members in keyed.items():
        stems = {member.stem for member in members}
        name = stems.pop() if len(stems) == 1 else key
        named[(home / name).as_posix()] = members
    return named


def without_twins(group: Group) -> Group:
    """Set a native file's exports aside: the same measurement must not count twice."""
    by_stem: dict[tuple[PurePosixPath, str], dict[str, PurePosixPath]] = {}
    for path in group.files:
        by_stem.setdefault((path.parent, path.stem.lower()), {})[path.suffix.lower()] = path
    spares: dict[str, tuple[str, ...]] = {}
    for suffixes in by_stem.values():
        for native, exports in TWINS.items():
            twins = tuple(str(suffixes[export]) for export in exports if export in suffixes)
            if native in suffixes and twins:
                spares[str(suffixes[native])] = twins
                break
    aside = {twin for twins in spares.values() for twin in twins}
    kept = tuple(path for path in group.files if str(path) not in aside)
    return replace(group, files=kept, spares=spares)


def one_by_one(group: Group) -> list[Group]:
    """Take apart what turned out to be several cells: every file is one, with its twins."""
    parts = []
    for path in group.files:
        name = printable(path.with_suffix("").as_posix())
        spares = {k: v for k, v in group.spares.items() if k == str(path)}
        cell = replace(group.cell, cell_id=name)
        parts.append(Group(name, (path,), spares, cell, group.columns, named=True))
    stems = [part.cell_id for part in parts]
    return [part if stems.count(part.cell_id) == 1 else _with_suffix(part) for part in parts]


def _with_suffix(part: Group) -> Group:
    name = printable(str(part.files[0]))
    return replace(part, cell_id=name, cell=replace(part.cell, cell_id=name))
