"""How a command finds the detector that was asked for."""

from __future__ import annotations

from typing import Final

SCHEME: Final = "models:/"


def local_detector(name: str) -> str:
    """Return a name that the registry of detectors knows.

    Parameters
    ----------
    name : str
        A detector's name or a folder, which stay as they are; or ``models:/NAME@ALIAS``, which is
        fetched from the MLflow registry into a local folder.
    """
    if not name.startswith(SCHEME):
        return name
    from softbreak.training.tracking import fetch

    return str(fetch(name))
