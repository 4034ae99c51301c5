"""A file that could not be used is a row with a reason, never the end of a run."""

from __future__ import annotations

from typing import Final, NamedTuple

from softbreak.errors import ReadError, SoftbreakError

STAGES: Final = ("scan", "read", "check", "diagnose", "store")


class Failure(NamedTuple):
    """A row of ``failures.parquet``.

    Attributes
    ----------
    path : str
        Relative to the archive, with forward slashes.
    stage : {"scan", "read", "check", "diagnose", "store"}
    error : str
        What was found, and where in the file.
    remedy : str
        What to do.
    """

    path: str
    stage: str
    error: str
    remedy: str


def failure_of(path: str, stage: str, error: BaseException) -> Failure:
    """Put an exception into a row: ours with its remedy, anyone else's as a fault of ours."""
    if isinstance(error, ReadError):
        place = f"{error.place}: " if error.place else ""
        told = f"{place}{error.found}; expected {error.expected}"
        return Failure(path, stage, told, error.remedy)
    if isinstance(error, SoftbreakError):
        return Failure(path, stage, str(error), "See the message.")
    if isinstance(error, MemoryError):
        return Failure(
            path,
            stage,
            "not enough memory",
            "Raise --memory, or split the file.",
        )
    if isinstance(error, OSError):
        told = error.strerror or str(error)
        return Failure(path, stage, told, "Check the file's permissions and the disk.")
    return Failure(
        path,
        stage,
        f"{type(error).__name__}: {error}",
        "This is a fault of softbreak: please report it, with the file if you may share it.",
    )
