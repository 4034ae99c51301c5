"""One history a cell: from files, a folder, or an archive with its manifest."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from softbreak.archive.inputs.manifest import Manifest
from softbreak.archive.inputs.manifest_nearby import manifest_of
from softbreak.archive.inputs.read import history_of, read
from softbreak.archive.inputs.scan import scan
from softbreak.data.history import CellHistory
from softbreak.data.readers import registry
from softbreak.data.record import Cell
from softbreak.errors import ReadError

logger = logging.getLogger(__name__)


def cells_of(paths: Sequence[Path], facts: Mapping[str, Any]) -> list[CellHistory]:
    """Read cells.

    Parameters
    ----------
    paths : sequence of Path
        Files of one cell; or one folder. A folder with a manifest holds the cells that it names,
        or all, grouped by folder and name, where it names none; so does one of which a manifest
        above names several cells.
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
    manifest = manifest_of(root) if len(paths) == 1 else Manifest()
    own = manifest.path is not None and manifest.path.parent.samefile(root)
    found = scan(root, manifest) if manifest.path is not None else None
    # one that only maps columns names no cell, and leaves the grouping to the names of the files
    groups = [g for g in found.groups if g.named or not manifest.rows] if found else []
    if found is None or (not own and len(groups) < 2):
        return [read(root if len(paths) == 1 else list(paths), **known)]
    for failure in found.failures:
        logger.warning("%s: %s. %s", failure.path, failure.error, failure.remedy)
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
        cell = _known(group.cell, group.cell_id, known)
        histories.append(history_of(cell, records, group.by))
    return histories


def _known(cell: Cell, cell_id: str, facts: Mapping[str, Any]) -> Cell:
    names = {field.name for field in fields(Cell)}
    return replace(cell, **{"cell_id": cell_id, **{k: v for k, v in facts.items() if k in names}})
