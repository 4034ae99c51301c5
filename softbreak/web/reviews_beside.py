"""The reviews beside results, also where nobody may write: on a share, in another's folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from softbreak.stream.store.engine import StoreError
from softbreak.stream.store.store import Store


def reviews_beside(path: Path) -> tuple[Store, str, TemporaryDirectory[Any] | None]:
    """Open a store of reviews; of a folder that nobody may write to, a copy for reading.

    Parameters
    ----------
    path : Path

    Returns
    -------
    store : Store
    closed : str
        Why nothing can be added; empty where it can.
    copy : TemporaryDirectory or None
        To be kept as long as the store.
    """
    try:
        return Store(str(path)), "", None
    except StoreError:
        if may_write(path.parent):
            raise
    copy = TemporaryDirectory(prefix="softbreak-reviews-", ignore_cleanup_errors=True)
    for name in (path.name, f"{path.name}-wal"):  # what was stored last may be in the second one
        if (path.parent / name).exists():
            shutil.copyfile(path.parent / name, Path(copy.name, name))
    closed = f"{path.parent} cannot be written to: reviews cannot be stored there"
    return Store(str(Path(copy.name, path.name))), closed, copy


def may_write(folder: Path) -> bool:
    """Return whether files can be made in a folder."""
    return os.access(folder, os.W_OK)
