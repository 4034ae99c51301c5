"""Where an archive's files lie: in a folder, or in a bucket that fsspec reaches."""

from __future__ import annotations

import hashlib
import posixpath
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from softbreak.archive.tables import printable
from softbreak.data.readers.parser_errors import foreign_errors
from softbreak.errors import SoftbreakError
from softbreak.installed import install_line

_NOWHERE = {"size": -1, "mtime_ns": -1}


class Storage(Protocol):
    """An archive's files by their paths relative to its root, with forward slashes."""

    def stamp(self, path: str) -> dict[str, Any]:
        """Return what changes when a file does: ``size``, ``mtime_ns``, or a bucket's ``tag``."""

    def content_hash(self, path: str) -> str:
        """Return a file's SHA-256, or nothing where it cannot be read."""

    def size(self, path: str) -> int:
        """Return a file's size in bytes, 0 where there is none."""

    def local(self, path: str) -> Any:
        """Return a context that gives the file as a path on this machine."""


class Folder:
    """Files in a folder of this machine, or of one that is mounted.

    Parameters
    ----------
    root : str
    """

    def __init__(self, root: str) -> None:
        self.root = Path(root)

    def stamp(self, path: str) -> dict[str, Any]:
        """Return a file's size and time of change."""
        try:
            status = (self.root / path).stat()
        except OSError:
            return dict(_NOWHERE)
        return {"size": status.st_size, "mtime_ns": status.st_mtime_ns}

    def size(self, path: str) -> int:
        """Return a file's size in bytes, 0 where there is none."""
        return max(0, self.stamp(path)["size"])

    def content_hash(self, path: str) -> str:
        """Return a file's SHA-256, or nothing where it cannot be read."""
        return _hash_of(self.root / path)

    @contextmanager
    def local(self, path: str) -> Iterator[Path]:
        """Give the file where it lies; by a link, where its name is no valid text.

        Not every library can open a name of no valid encoding.
        """
        full = self.root / path
        if printable(str(full)) == str(full):
            yield full
            return
        with tempfile.TemporaryDirectory(prefix="softbreak-") as folder:
            here = Path(folder) / printable(full.name).replace("\\", "_")
            here.symlink_to(full.absolute())
            yield here


class Bucket:
    """Files in object storage; each is fetched to a temporary folder while it is read.

    Parameters
    ----------
    url : str
        ``s3://bucket/folder`` or any other that fsspec knows.

    Raises
    ------
    SoftbreakError
        If fsspec, or its backend for this kind of storage, is not installed.
    """

    def __init__(self, url: str) -> None:
        try:
            fsspec = import_module("fsspec.core")
            self.files, self.root = fsspec.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise SoftbreakError(
                f"{url} cannot be opened ({error}). Storage of this kind needs "
                f"{install_line('cluster')}, and its own fsspec backend"
            ) from error

    def listing(self) -> dict[str, dict[str, Any]]:
        """Return all files with what the bucket says of each.

        Raises
        ------
        ReadError
            If it cannot be listed.
        """
        with self._errors():
            self.files.invalidate_cache()
            found = self.files.find(self.root, detail=True)
        return {self._relative(name): told for name, told in found.items()}

    def _errors(self) -> AbstractContextManager[None]:
        """Each kind of storage has errors of its own, for want of credentials above all."""
        return foreign_errors(
            self.root,
            expected="object storage that may be read",
            remedy="Check the address, and the credentials in the environment.",
        )

    def _relative(self, name: str) -> str:
        return posixpath.relpath(name, self.root)

    def _full(self, path: str) -> str:
        return f"{self.root.rstrip('/')}/{path}"

    def stamp(self, path: str) -> dict[str, Any]:
        """Return a file's size and the bucket's tag of its content, or its time."""
        with self._errors():
            try:
                told = self.files.info(self._full(path))
            except OSError:
                return dict(_NOWHERE)
        return stamp_of(told)

    def size(self, path: str) -> int:
        """Return a file's size in bytes, 0 where there is none."""
        return max(0, self.stamp(path)["size"])

    def content_hash(self, path: str) -> str:
        """Return a file's SHA-256, or nothing where it cannot be read."""
        digest = hashlib.sha256()
        try:
            with self.files.open(self._full(path), "rb") as file:
                while chunk := file.read(1 << 20):
                    digest.update(chunk)
        except OSError:
            return ""
        return digest.hexdigest()

    @contextmanager
    def local(self, path: str) -> Iterator[Path]:
        """Fetch the file under its own name, for the name says what kind it is."""
        with tempfile.TemporaryDirectory(prefix="softbreak-") as folder:
            here = Path(folder) / (posixpath.basename(path) or "file")
            self.files.get_file(self._full(path), str(here))
            yield here


def stamp_of(told: dict[str, Any]) -> dict[str, Any]:
    """Return a stamp from what a bucket says of a file."""
    tag = told.get("ETag") or told.get("etag") or told.get("LastModified") or told.get("mtime")
    return {"size": int(told.get("size") or 0), "mtime_ns": -1, "tag": str(tag or "")}


def is_url(archive: str) -> bool:
    """Whether an archive is named by an address of object storage."""
    return "://" in archive


@lru_cache(maxsize=8)
def storage_of(root: str) -> Storage:
    """Return the storage in which an archive lies."""
    return Bucket(root) if is_url(root) else Folder(root)


def _hash_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
