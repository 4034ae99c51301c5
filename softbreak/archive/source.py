"""An archive by its path or address: its cells, its manifest, what was left out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from softbreak.archive.inputs.manifest import Manifest, load_manifest
from softbreak.archive.inputs.scan import Scan, bucket_manifest, scan, scan_bucket
from softbreak.archive.inputs.storage import Bucket, is_url
from softbreak.archive.tables import printable
from softbreak.errors import ReadError


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
        manifest = load_manifest(folder) if folder.is_dir() else Manifest()
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
