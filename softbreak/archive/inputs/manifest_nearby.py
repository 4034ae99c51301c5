"""What the manifest of an archive says of files that are read without it: one cell at a time."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Final

from softbreak.archive.inputs.grouping import Group, group_files
from softbreak.archive.inputs.manifest import Manifest, load_manifest
from softbreak.data.names import MANIFEST_NAMES
from softbreak.errors import ManifestError, SoftbreakError

LEVELS: Final = 3
"""A manifest is looked for in the folder itself and above it, in so many folders altogether."""

logger = logging.getLogger(__name__)


def nearby(files: Sequence[Path]) -> Group:
    """Say what the nearest manifest states of one cell's files: its cell and its columns.

    Parameters
    ----------
    files : sequence of Path
        Of one cell.

    Returns
    -------
    Group
        Not ``named`` where no manifest names the files; it may still map columns.

    Raises
    ------
    SoftbreakError
        If the manifest beside the files cannot be used, or says that they are several cells'.
    """
    files = [Path(os.path.normpath(path.absolute())) for path in files]  # links stay where they are
    folders = {path.parent for path in files}
    try:
        manifest = _nearest(Path(os.path.commonpath(folders)))
    except ValueError:  # no file, or on several drives
        return Group("", ())
    if manifest.path is None:
        return Group("", ())
    # in a flat folder a name is a cell's only beside the names of its neighbours
    beside = [path for folder in folders for path in _files(folder)]
    home, ours = manifest.path.parent, set(files)
    every = sorted({PurePosixPath(path.relative_to(home).as_posix()) for path in (*files, *beside)})
    groups, _ = group_files(every, manifest)
    named = [g for g in groups if g.named and any(home / path in ours for path in g.every)]
    if len(named) > 1:
        told = ", ".join(group.cell_id for group in named[:6])
        raise SoftbreakError(
            f"{manifest.path}: these files are {len(named)} cells' ({told}); expected one cell's. "
            "Name the files or the folder of one, or run softbreak triage on all"
        )
    if named or manifest.columns:
        logger.info("what is known of the cell is taken from %s", manifest.path)
    return named[0] if named else Group("", (), columns=manifest.columns)


def manifest_of(root: Path) -> Manifest:
    """Return the manifest of an archive: at its root, or the nearest one above.

    Parameters
    ----------
    root : Path
        A folder; of one file nothing is said here, see :func:`nearby`.

    Raises
    ------
    ManifestError
        If that at the root cannot be used.
    """
    return _nearest(Path(os.path.normpath(root.absolute()))) if root.is_dir() else Manifest()


def _nearest(folder: Path) -> Manifest:
    """Return the first manifest from a folder upwards; one above may be somebody else's."""
    for up in islice((folder, *folder.parents), LEVELS):
        try:
            if any((up / name).is_file() for name in MANIFEST_NAMES):
                return load_manifest(up)
        except ManifestError as error:
            if up == folder:
                raise
            logger.warning("not used: %s", error)
    return Manifest()


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [path for path in folder.iterdir() if path.is_file() and path.name not in MANIFEST_NAMES]
