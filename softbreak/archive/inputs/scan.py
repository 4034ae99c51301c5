"""Walk an archive and say which files are which cell's, without opening one."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from softbreak.archive.inputs.file_names import not_data
from softbreak.archive.inputs.grouping import Group, group_files
from softbreak.archive.inputs.manifest import Manifest, load_manifest
from softbreak.archive.inputs.manifest_nearby import manifest_of, nearby
from softbreak.archive.inputs.storage import Bucket, is_url
from softbreak.archive.tables import Failure, printable
from softbreak.data.names import MANIFEST_NAMES, natural_key, stem_of
from softbreak.errors import ReadError

LABELS: Final = "labels.csv"
"""What people say of cycles; at an archive's root it is no data."""
_OURS: Final = (*MANIFEST_NAMES, LABELS)
OUTPUT_MARK: Final = "run.json"
WATCH_STORE: Final = "softbreak-watch.db"
"""What ``softbreak watch`` keeps its state in, unless told otherwise; and the files beside it."""
_JUNK_FOLDERS: Final = frozenset(
    ("__macosx", "$recycle.bin", "system volume information", "lost+found", "__pycache__")
)
_JUNK_FILES: Final = frozenset(("thumbs.db", "desktop.ini", "icon\r"))


class Skipped(NamedTuple):
    """A file that was left out on purpose, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Scan:
    """What an archive holds.

    Attributes
    ----------
    root : Path
        All paths are relative to it, with forward slashes.
    groups : tuple of Group
        The cells, in natural order of their names.
    skipped : tuple of Skipped
    failures : tuple of Failure
        Folders that cannot be read, globs without a file.
    """

    root: Path
    groups: tuple[Group, ...]
    skipped: tuple[Skipped, ...] = ()
    failures: tuple[Failure, ...] = ()


@dataclass(slots=True)
class _Walk:
    files: list[PurePosixPath] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


def scan(root: Path, manifest: Manifest, *, out: Path | None = None) -> Scan:
    """List an archive's cells.

    Parameters
    ----------
    root : Path
        A folder, or one file (one cell).
    manifest : Manifest
        Its rows come first; files that it does not name are grouped by folder and name. One
        file is told of by the manifest of its folder, or of one above it.
    out : Path, optional
        Where results are written; skipped if it lies in the archive.

    Returns
    -------
    Scan

    Raises
    ------
    ReadError
        If there is no such file or folder.
    """
    if not root.exists():
        raise ReadError(
            root,
            found="no such file or folder",
            expected="an archive",
            remedy="Check the path's spelling.",
        )
    if root.is_file():
        only, name = PurePosixPath(root.name), printable(stem_of(root))
        stated = nearby([root])
        cell = replace(stated.cell, cell_id=stated.cell.cell_id or name)
        group = Group(cell.cell_id, (only,), cell=cell, columns=stated.columns, named=stated.named)
        return Scan(root.parent, (group,))
    walk = _Walk()
    for path in _files(root, out.resolve() if out else None, walk):
        walk.files.append(path)
    walk.files.sort()
    groups, failures = _grouped(root, walk.files, manifest)
    return Scan(root, groups, tuple(walk.skipped), (*walk.failures, *failures))


def _grouped(
    root: Path, files: Sequence[PurePosixPath], manifest: Manifest
) -> tuple[tuple[Group, ...], list[Failure]]:
    """Group files of a folder, of which the manifest of a folder above may tell."""
    here = Path(os.path.normpath(root.absolute()))
    name = printable(here.name)
    if manifest.path is None or manifest.path.parent in (root, here):
        return group_files(files, manifest, name)
    below = PurePosixPath(here.relative_to(manifest.path.parent).as_posix())
    told, _ = group_files([below / path for path in files], manifest, name)
    named = [_moved(group, below) for group in told if group.named]
    taken = {path for group in named for path in group.every}
    rest = replace(manifest, rows=(), path=None)
    found, _ = group_files([path for path in files if path not in taken], rest, name)
    names = {group.cell_id for group in named}
    free = [_renamed(group) if group.cell_id in names else group for group in found]
    return tuple(sorted((*named, *free), key=lambda group: natural_key(group.cell_id))), []


def _moved(group: Group, below: PurePosixPath) -> Group:
    """Return a group with paths relative to a folder further down."""

    def moved(path: str | PurePosixPath) -> str:
        return PurePosixPath(path).relative_to(below).as_posix()

    files = tuple(PurePosixPath(moved(path)) for path in group.files)
    spares = {moved(k): tuple(map(moved, twins)) for k, twins in group.spares.items()}
    return replace(group, files=files, spares=spares)


def _renamed(group: Group) -> Group:
    name = f"{group.cell_id} (not in the manifest)"
    return replace(group, cell_id=name, cell=replace(group.cell, cell_id=name))


def bucket_manifest(bucket: Bucket) -> Manifest:
    """Read the manifest at the root of an archive in object storage.

    Raises
    ------
    ManifestError
        If it cannot be used.
    """
    with tempfile.TemporaryDirectory(prefix="softbreak-") as folder:
        for name in MANIFEST_NAMES:
            if bucket.size(name) > 0:
                with bucket.local(name) as fetched:
                    shutil.copyfile(fetched, Path(folder, name))
        return load_manifest(Path(folder))


def scan_bucket(bucket: Bucket, manifest: Manifest) -> Scan:
    """List the cells of an archive in object storage.

    Parameters
    ----------
    bucket : Bucket
    manifest : Manifest

    Raises
    ------
    ReadError
        If it cannot be listed.
    """
    listing = bucket.listing()
    marks = {name.rpartition("/")[0] for name in listing if name.endswith(f"/{OUTPUT_MARK}")}
    files: list[PurePosixPath] = []
    skipped: list[Skipped] = []
    for name in sorted(listing):
        path = PurePosixPath(name)
        reasons = [reason for part in path.parts if (reason := _junk(part)) is not None]
        reason = not_data(path)
        if any(str(parent) in marks for parent in path.parents if parent.parts):
            reasons.append("results of softbreak")
        elif reason and not reasons:
            reasons.append(f"no data: {reason}")
        if not reasons and name not in _OURS:
            files.append(path)
        elif any(reasons):
            skipped.append(Skipped(name, next(filter(None, reasons))))
    groups, failures = group_files(files, manifest)
    return Scan(Path(), groups, tuple(skipped), tuple(failures))


def _files(root: Path, out: Path | None, walk: _Walk) -> Iterator[PurePosixPath]:
    base = root.resolve()
    seen = {base} | ({out} if out else set())
    pending = [root]
    while pending:
        folder = pending.pop()
        entries, error = _listed(folder)
        if error is not None:
            walk.failures.append(_unlisted(root, folder, error))
        if folder != root and _is_output(entries):
            walk.skipped.append(Skipped(_relative(root, folder), "results of softbreak"))
            continue
        for entry in entries:
            path = Path(entry.path)
            reason = _left_out(entry, base, seen)
            if reason is None and entry.is_dir():
                seen.add(path.resolve())
                pending.append(path)
            elif reason is None and not (folder == root and entry.name in _OURS):
                yield PurePosixPath(_relative(root, path))
            elif reason:
                walk.skipped.append(Skipped(_relative(root, path), reason))


def _left_out(entry: os.DirEntry[str], base: Path, seen: set[Path]) -> str | None:
    """Say why an entry is left out: "" silently, a reason aloud, None if it stays."""
    reason = _junk(entry.name)
    if reason is not None:
        return reason
    if entry.is_symlink():
        try:
            target = Path(entry.path).resolve(strict=True)
        except (OSError, RuntimeError):  # RuntimeError: links that go round, before Python 3.13
            return "a link that leads nowhere"
        if not target.is_relative_to(base):
            return "a link that leaves the archive"
    if entry.is_dir():
        known = Path(entry.path).resolve() in seen
        return "a folder that was seen before, or the output's" if known else None
    if not entry.is_file():
        return "no regular file"
    if entry.is_symlink():
        return "a link to a file of the archive"
    kind = not_data(PurePosixPath(entry.name))
    return f"no data: {kind}" if kind else None


def _listed(folder: Path) -> tuple[list[os.DirEntry[str]], OSError | None]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name), None
    except OSError as error:
        return [], error


def _junk(name: str) -> str | None:
    """Say why a name is left out: "" silently, a reason aloud, None if it stays."""
    low = name.lower()
    if low.startswith(WATCH_STORE):
        return "the store of a watch"
    if low in _JUNK_FILES or low in _JUNK_FOLDERS or low == ".ds_store" or low.startswith("._"):
        return ""
    if low.startswith("~$"):
        return ""
    return "hidden" if low.startswith(".") else None


def _is_output(entries: list[os.DirEntry[str]]) -> bool:
    names = {entry.name for entry in entries}
    return {OUTPUT_MARK, "verdicts.parquet", "cells.parquet"} <= names


def _relative(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def _unlisted(root: Path, folder: Path, error: OSError) -> Failure:
    return Failure(
        _relative(root, folder),
        "scan",
        f"a folder that cannot be listed ({error.strerror or error})",
        "Check its permissions and the disk.",
    )


class Source(NamedTuple):
    """An archive, listed.

    Attributes
    ----------
    root : str
        What its files' paths are relative to.
    name : str
        As it was called.
    found : Scan
    manifest : Manifest
    """

    root: str
    name: str
    found: Scan
    manifest: Manifest


def source_of(archive: str | os.PathLike[str], out: Path) -> Source:
    """List an archive's cells.

    Parameters
    ----------
    archive : path-like
        Or an address of object storage.
    out : Path
        Where results are written; left out if it lies in the archive.

    Raises
    ------
    ReadError
        If there is no such archive, or it holds no file.
    ManifestError
        If its manifest cannot be used.
    """
    name = os.fspath(archive)
    if is_url(name):
        bucket = Bucket(name)
        manifest = bucket_manifest(bucket)
        found, root = scan_bucket(bucket, manifest), name
    else:
        folder = Path(archive)
        manifest = manifest_of(folder)
        found = scan(folder, manifest, out=out)
        root = str(found.root)
    if not found.groups:
        raise ReadError(
            printable(name),
            found="no data file",
            expected="files of cyclers or impedance analysers",
            remedy="Check the path; documents, pictures and hidden files do not count.",
        )
    return Source(root, name, found, manifest)
