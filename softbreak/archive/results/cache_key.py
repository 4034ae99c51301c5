"""What a stored result rests on, so that a second run does only what changed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from softbreak.archive.inputs.grouping import Group
from softbreak.archive.inputs.storage import Storage
from softbreak.archive.results.pack import FORMAT
from softbreak.data.readers import registry
from softbreak.models.diagnosis import diagnose
from softbreak.version import __version__


def basis_of(group: Group, detector: str) -> dict[str, Any]:
    """Return everything but the files' content that a cell's verdicts depend on."""
    return {
        **basis_of_reading(group),
        "detector": [detector, diagnose.detector_version(detector)],
    }


def basis_of_reading(group: Group) -> dict[str, Any]:
    """Return everything but the files' content that a cell's records depend on."""
    return {
        "files": [str(path) for path in group.files],
        "spares": {native: list(twins) for native, twins in group.spares.items()},
        "cell": asdict(group.cell),
        "columns": _as_json(group.columns),
        "named": group.named,
        "by": group.by,
        "apart": group.apart,
        "softbreak": __version__,
        "readers": _readers(),
    }


def _as_json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(item) for item in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _readers() -> str:
    versions = sorted(f"{reader.name}={reader.version}" for reader in registry.READERS)
    return hashlib.sha256(" ".join(versions).encode()).hexdigest()[:16]


def unchanged(storage: Storage, meta: Mapping[str, Any], basis: Mapping[str, Any]) -> bool:
    """Return whether a stored result still stands.

    A file of the same size and time is taken as unchanged; one of the same size and another time
    is read once more and compared by its SHA-256.
    """
    if meta.get("format") != FORMAT or meta.get("basis") != basis:
        return False
    stamps: Sequence[Mapping[str, Any]] = meta.get("stamps", ())
    return bool(stamps) and all(_same(storage, told) for told in stamps)


def _same(storage: Storage, told: Mapping[str, Any]) -> bool:
    if not told["sha256"]:
        return False  # it could not be read: perhaps its permissions are mended now
    now = storage.stamp(told["path"])
    if now["size"] != told["size"]:
        return False
    if now["mtime_ns"] == told["mtime_ns"] and now.get("tag") == told.get("tag"):
        return True
    return storage.content_hash(told["path"]) == told["sha256"]
