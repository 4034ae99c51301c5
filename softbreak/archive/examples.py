"""Where the example archive is: beside a checkout, or inside an installed package."""

from __future__ import annotations

from pathlib import Path

from softbreak.errors import ReadError


def example_archive() -> Path:
    """Return the folder of the example archive.

    Raises
    ------
    ReadError
        If it was left out of this installation.
    """
    package = Path(__file__).parents[1]
    for folder in (package / "examples" / "archive", package.parent / "examples" / "archive"):
        if folder.is_dir():
            return folder
    raise ReadError(
        package,
        found="no example archive",
        expected="examples/archive",
        remedy="Name one with --archive, or install softbreak again.",
    )
