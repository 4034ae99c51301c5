"""All columns of a manifest, also those that mean nothing to softbreak: operator, batch, lab."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from softbreak.archive.inputs.manifest_nearby import manifest_of
from softbreak.archive.inputs.manifest_table import table_of
from softbreak.data.readers.base import decode

_NAME = "cell_id"


def manifest_columns(root: Path) -> dict[str, dict[str, str]]:
    """Return what the manifest of an archive says of each cell, as text, column by column.

    Parameters
    ----------
    root : Path
        The archive.

    Returns
    -------
    dict
        By cells' names; empty where there is no manifest. Empty fields are left out.

    Raises
    ------
    ManifestError
        If it cannot be used.
    """
    path = manifest_of(root).path
    if path is None:
        return {}
    text = decode(path.read_bytes())
    if path.suffix == ".toml":
        told = tomllib.loads(text)
        tables = [one for value in told.values() if isinstance(value, list) for one in value]
        rows = [{k: str(v) for k, v in one.items()} for one in tables if isinstance(one, Mapping)]
    else:
        names, lines = table_of(path, text)
        rows = [dict(zip(names, line.values, strict=True)) for line in lines]
    return {
        row[_NAME].strip(): {k: v.strip() for k, v in row.items() if k and v.strip()}
        for row in rows
        if row.get(_NAME, "").strip()
    }
