"""Files of any supported format as tables of the Battery Data Format."""

from __future__ import annotations

from pathlib import Path

from softbreak.archive.tables import written_whole
from softbreak.data.readers import registry
from softbreak.data.readers.formats.bdf import write
from softbreak.errors import ReadError


def convert_file(path: Path, out: Path, suffix: str) -> list[Path]:
    """Write each record of a file as one table.

    Parameters
    ----------
    path : Path
    out : Path
        Folder for the tables; made where it is missing.
    suffix : {"parquet", "csv"}

    Returns
    -------
    list of Path
        ``NAME.bdf.parquet``, or ``NAME_1_cycling.bdf.parquet`` and so on for several records.

    Raises
    ------
    ReadError
        If the file cannot be read, or a table would take its place.
    """
    records = registry.read(path)
    written = []
    for place, record in enumerate(records, start=1):
        mark = f"_{place}_{record.technique}" if len(records) > 1 else ""
        target = out / f"{path.stem.removesuffix('.bdf')}{mark}.bdf.{suffix}"
        if target.exists() and target.samefile(path):
            raise ReadError(
                path,
                found="a table that would take the place of the file itself",
                expected="another folder",
                remedy="Name one with --out.",
            )
        # The suffix says which kind is written, so the temporary file must bear it too.
        written_whole(target, lambda part, record=record: write(record, part))  # type: ignore[misc]
        written.append(target)
    return written
