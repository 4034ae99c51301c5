"""Which files are one cell: by the manifest, else by folder and name.

Once the files are read, :mod:`softbreak.archive.inputs.witnesses` may part them again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from pathlib import PurePosixPath
from typing import Any, Final

from softbreak.archive.inputs.file_names import (
    TWINS,
    cell_key,
    identities,
    is_aside,
    names_no_cell,
    names_technique,
    names_time,
    numbered,
    perhaps_not_data,
)
from softbreak.archive.inputs.manifest import Manifest, Row
from softbreak.archive.inputs.witnesses import FOLDER, MANIFEST, NAMES, NUMBERS, not_running
from softbreak.archive.tables import Failure, printable
from softbreak.data.names import natural_key, stem_of
from softbreak.data.record import Cell
from softbreak.errors import ManifestError


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
    by : str
        Who says that the files are one cell's, see :mod:`softbreak.archive.inputs.witnesses`.
    apart : str
        Why other files, which their names had put beside these, are other cells'.
    """

    cell_id: str
    files: tuple[PurePosixPath, ...]
    spares: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    cell: Cell = field(default_factory=Cell)
    columns: Mapping[str, Any] = field(default_factory=dict)
    named: bool = False
    by: str = NAMES
    apart: str = ""

    @property
    def every(self) -> tuple[PurePosixPath, ...]:
        """All its files, the spare twins too."""
        twins = (PurePosixPath(twin) for twins in self.spares.values() for twin in twins)
        return (*self.files, *twins)


def group_files(
    files: Sequence[PurePosixPath], manifest: Manifest, home: str = ""
) -> tuple[tuple[Group, ...], list[Failure]]:
    """Put every file into one cell.

    Parameters
    ----------
    files : sequence of PurePosixPath
        Relative to the archive's root.
    manifest : Manifest
    home : str
        Name of the archive's root: of the cell whose files lie in it and bear no cell's name.

    Returns
    -------
    groups : tuple of Group
        In natural order of their names.
    failures : list of Failure
        One for every glob without a file.
    """
    claimed, failures = _claimed(files, manifest)
    taken = {path for paths in claimed.values() for path in paths}
    free, folders = _by_name([path for path in files if path not in taken], home)
    groups: list[Group] = []
    for row in manifest.rows:
        name = row.cell.cell_id
        paths = claimed[name] if row.patterns else free.pop(name, [])
        if paths:
            told = Group(name, tuple(paths), {}, row.cell, row.columns, named=True, by=MANIFEST)
            groups.append(told)
        elif not row.patterns:
            failures.append(_no_file(manifest, row, "a folder or a file of that name"))
    names = {group.cell_id for group in groups}
    for name, paths in free.items():
        unique = name if name not in names else f"{name} (not in the manifest)"
        cell = Cell(cell_id=unique)
        by = FOLDER if name in folders else NAMES
        groups.append(Group(unique, tuple(paths), {}, cell, manifest.columns, by=by))
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


def _by_name(
    files: Iterable[PurePosixPath], home: str
) -> tuple[dict[str, list[PurePosixPath]], set[str]]:
    """Group by folder; in the root, and where names tell cells apart, by name.

    Returns
    -------
    cells : dict
    folders : set of str
        Those of them that are a folder's files.
    """
    places: dict[PurePosixPath, list[PurePosixPath]] = {}
    for path in files:
        places.setdefault(_home(path), []).append(path)
    places = _with_dated(places)
    cells: dict[str, list[PurePosixPath]] = {}
    folders: set[str] = set()
    for place, paths in places.items():
        flat = place == PurePosixPath() or _holds_many(paths)
        groups = _flat(place, paths, home) if flat else {place.as_posix(): paths}
        for name, members in groups.items():
            unique = printable(name)
            while unique in cells:
                unique += f" ({printable(members[0].name)})"
            cells[unique] = members
            folders |= set() if flat else {unique}
    return cells, folders


def _home(path: PurePosixPath) -> PurePosixPath:
    """Return the folder that stands for the cell: above those that only name a technique.

    A folder of old exports within a cell's own folder is that cell's too.
    """
    named = [part for part in path.parent.parts if not names_technique(part)]
    return PurePosixPath(*(part for k, part in enumerate(named) if not (k and is_aside(part))))


def _with_dated(
    places: Mapping[PurePosixPath, list[PurePosixPath]],
) -> dict[PurePosixPath, list[PurePosixPath]]:
    """Put what lies in a cell's dated folders together, unless their names tell cells apart."""
    whole: dict[PurePosixPath, list[PurePosixPath]] = {}
    for place in places:
        parts = list(place.parts)
        while len(parts) > 1 and names_time(parts[-1], _above(parts)):
            parts.pop()
        whole.setdefault(PurePosixPath(*parts), []).append(place)
    _lift_dated(places, whole)
    out: dict[PurePosixPath, list[PurePosixPath]] = {}
    for cell, folders in whole.items():
        paths = [path for folder in folders for path in places[folder]]
        stems = [stem_of(path) for path in paths if not perhaps_not_data(path)]
        alike = len({numbered(stem).key for stem in stems}) < 2
        if alike or all(identities(stems)) or not cell.parts:
            out[cell] = paths
        else:
            out |= {folder: places[folder] for folder in folders}
    return out


def _lift_dated(
    places: Mapping[PurePosixPath, list[PurePosixPath]],
    whole: dict[PurePosixPath, list[PurePosixPath]],
) -> None:
    """Put dated folders of the root together, if files of one cell's name lie in several."""
    dated = [place for place in whole if len(place.parts) == 1 and names_time(place.name, "")]
    keys = [
        {numbered(stem_of(p)).key for p in places[place] if not perhaps_not_data(p)}
        for place in dated
        if place in places
    ]
    every = [key for mine in keys for key in mine]
    named = all(key and not names_technique(key) for key in every)
    if len(keys) < len(dated) or not named or len(set(every)) == len(every):
        return
    for place in dated:
        whole.setdefault(PurePosixPath(), []).extend(whole.pop(place))


def _above(parts: Sequence[str]) -> str:
    """Return the folders above the last one; two of them where the nearer one is a month."""
    return "-".join(parts[-3:-1]) if parts[-2].isdecimal() and len(parts[-2]) < 3 else parts[-2]


def _holds_many(paths: Sequence[PurePosixPath]) -> bool:
    """A folder holds many cells if most of its names state a cell or channel, and differ in it."""
    stems = [stem_of(path) for path in paths if not perhaps_not_data(path)]
    told = [identity for identity in identities(stems) if identity]
    return len(set(told)) > 1 and len(told) > len(stems) / 2


def _flat(
    home: PurePosixPath, paths: Sequence[PurePosixPath], root: str
) -> dict[str, list[PurePosixPath]]:
    keyed: dict[tuple[bool, str], list[PurePosixPath]] = {}
    bare = _bare(paths)
    for path in paths:
        key = numbered(stem_of(path)).key if path in bare else cell_key(stem_of(path))
        keyed.setdefault((path in bare, key), []).append(path)
    named = {}
    for (unnamed, key), members in keyed.items():
        stems = {stem_of(member) for member in members}
        name = stems.pop() if len(stems) == 1 else key or home.name or root or FILES
        whole = home if unnamed and not key and home.name and stems else home / name
        named[whole.as_posix()] = members
    return named


FILES: Final = "files"
"""Name of a cell whose files and folder say none."""


def _bare(paths: Sequence[PurePosixPath]) -> set[PurePosixPath]:
    """Files whose names say a technique and a number and no cell: several of them may be one."""
    bare = {path for path in paths if names_no_cell(stem_of(path))}
    told = {path: numbered(stem_of(path)) for path in bare}
    seen = {(name.key, name.numbers, name.techniques) for name in told.values()}
    stems = {stem_of(path) for path in bare}
    return bare if len(stems) > 1 and len(seen) == len(stems) else set()


def without_twins(group: Group) -> Group:
    """Set a native file's exports aside: the same measurement must not count twice."""
    by_stem: dict[tuple[PurePosixPath, str], dict[str, PurePosixPath]] = {}
    for path in group.files:
        by_stem.setdefault((path.parent, stem_of(path).lower()), {})[path.suffix.lower()] = path
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


def parts_of(group: Group, reason: str) -> list[Group]:
    """Take apart what turned out to be several cells.

    Where the numbers in the names tell them apart, files of one number are one cell; else every
    file is one, with its twins.

    Parameters
    ----------
    group : Group
    reason : str
        See :func:`softbreak.archive.inputs.witnesses.several`.
    """
    if reason.startswith(NUMBERS):
        return _by_number(group, reason)
    parts = []
    for path in group.files:
        name = printable(path.with_suffix("").as_posix())
        parts.append(_part(group, name, (path,), reason))
    stems = [part.cell_id for part in parts]
    return [part if stems.count(part.cell_id) == 1 else _with_suffix(part) for part in parts]


def _by_number(group: Group, reason: str) -> list[Group]:
    names = {path: numbered(stem_of(path)) for path in group.files}
    still = not_running(list(names.values()))
    keyed: dict[tuple[PurePosixPath, str, tuple[int, ...]], list[PurePosixPath]] = {}
    for path, told in names.items():
        numbers = tuple(n for k, n in enumerate(told.numbers) if not still or k in still)
        keyed.setdefault((_home(path), told.key, numbers), []).append(path)
    named: dict[str, Group] = {}
    for (home, key, numbers), files in keyed.items():
        words = [key, *map(str, numbers)]
        stem = stem_of(files[0]) if len(files) == 1 else "_".join(filter(None, words))
        name = printable((home / stem).as_posix())
        while name in named or name == group.cell_id:  # of which it is kept that it was several
            name += f" ({printable(files[0].name)})"
        part = _part(group, name, tuple(files), reason)
        # the other numbers of "LLZO_10_1", "LLZO_10_2" are asked about in their turn
        alone = len({names[path].numbers for path in files}) == 1
        named[name] = replace(part, named=alone)
    return list(named.values())


def _part(group: Group, name: str, files: tuple[PurePosixPath, ...], reason: str) -> Group:
    spares = {k: v for k, v in group.spares.items() if k in map(str, files)}
    cell = replace(group.cell, cell_id=name)
    return Group(name, files, spares, cell, group.columns, named=True, by=NAMES, apart=reason)


def _with_suffix(part: Group) -> Group:
    name = printable(str(part.files[0]))
    return replace(part, cell_id=name, cell=replace(part.cell, cell_id=name))
