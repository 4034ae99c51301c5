"""One cell's result on disk: a zip of Arrow tables and JSON, readable by anyone, no pickle."""

from __future__ import annotations

import io
import json
import math
import re
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa

from softbreak.archive.tables import VERDICTS, printable, table_of, written_whole
from softbreak.data.record import Cell
from softbreak.errors import ReadError
from softbreak.models.diagnosis import Diagnosis, Finding

FORMAT: Final = 1
"""Raised when the layout of a stored result changes."""

TABLES: Final = (
    "half_cycles",
    "trace",
    "voltammograms",
    "voltammetry",
    "spectra",
    "impedance",
    "sources",
)
_META: Final = "meta.json"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_WRITE: Final = pa.ipc.IpcWriteOptions(compression="lz4")


def result_path(out: Path, cell_id: str) -> Path:
    """Return where a cell's result lies.

    The name is readable, short, safe on every file system, and unlike that of any other cell,
    also where letters' case does not count.
    """
    slug = re.sub(r"[^A-Za-z0-9]+", "-", cell_id).strip("-")[:40] or "cell"
    mark = blake2b(cell_id.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
    return out / "cells" / f"{slug}-{mark}.zip"


def write_result(path: Path, meta: Mapping[str, Any], diagnosis: Diagnosis | None) -> None:
    """Store what was found of one cell.

    Parameters
    ----------
    path : Path
        From :func:`result_path`; written whole or not at all.
    meta : mapping
        Plain JSON: what the result rests on, failures, skipped files.
    diagnosis : Diagnosis or None
        None where no file of the cell could be used.
    """
    content = dict(meta)
    if diagnosis is not None:
        content["cell"] = asdict(diagnosis.cell)
        content["summary"] = diagnosis.summary
        content["findings"] = [
            {"severity": f.severity, "topic": f.topic, "sentence": f.sentence}
            for f in diagnosis.findings
        ]

    def write(part: Path) -> None:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
            if diagnosis is not None:
                _add(archive, "verdicts", table_of(diagnosis.verdicts, VERDICTS))
                for name in TABLES:
                    frame = getattr(diagnosis, name)
                    _add(archive, name, pa.Table.from_pandas(frame, preserve_index=False))
            text = json.dumps(_plain(content), ensure_ascii=True, allow_nan=False)
            archive.writestr(zipfile.ZipInfo(_META, _EPOCH), text)

    written_whole(path, write)


def _add(archive: zipfile.ZipFile, name: str, table: pa.Table) -> None:
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, table.schema, options=_WRITE) as writer:
        writer.write_table(table)
    archive.writestr(zipfile.ZipInfo(f"{name}.arrow", _EPOCH), sink.getbuffer())


def _plain(value: Any) -> Any:
    """Turn numpy scalars into Python's, and what is no number into null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, str):
        return str(value)
    return None if value is pd.NA else value


def read_meta(path: Path) -> dict[str, Any]:
    """Read a stored result's JSON part.

    Raises
    ------
    ReadError
        If the file is missing, damaged or of another layout.
    """
    with _opened(path) as archive:
        return _meta(archive)


def read_verdicts(path: Path) -> pa.Table:
    """Read a stored result's verdicts as an Arrow table; no rows where there are none."""
    with _opened(path) as archive:
        if "verdicts.arrow" not in archive.namelist():
            return VERDICTS.empty_table()
        return _table(archive, "verdicts")


def read_diagnosis(path: Path) -> Diagnosis:
    """Read a stored diagnosis.

    Raises
    ------
    ReadError
        If the file is missing, damaged, of another layout, or holds failures only.
    """
    with _opened(path) as archive:
        meta = _meta(archive)
        if "summary" not in meta:
            raise _unusable(path, "no diagnosis: none of the cell's files could be used")
        frames = {name: _table(archive, name).to_pandas() for name in TABLES}
        verdicts = _table(archive, "verdicts").to_pandas()
    verdicts["evidence"] = [list(items) for items in verdicts["evidence"]]
    return Diagnosis(
        cell=Cell(**meta["cell"]),
        summary=numbers_again(meta["summary"]),
        verdicts=verdicts,
        findings=tuple(Finding(**finding) for finding in meta["findings"]),
        **frames,
    )


def numbers_again(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return a summary from JSON, which knows no NaN: an unknown number becomes one again."""
    numeric = ("onset_time_second", "onset_areal_capacity_mah_per_cm2", "probability")
    return {k: math.nan if v is None and k in numeric else v for k, v in summary.items()}


def _meta(archive: zipfile.ZipFile) -> dict[str, Any]:
    meta = json.loads(archive.read(_META))
    if meta.get("format") != FORMAT:
        raise _unusable(Path(str(archive.filename)), f"layout {meta.get('format')}")
    return meta


def _table(archive: zipfile.ZipFile, name: str) -> pa.Table:
    return pa.ipc.open_file(pa.BufferReader(archive.read(f"{name}.arrow"))).read_all()


class _opened:  # noqa: N801 - reads as a verb where it is used
    """Open a stored result; whatever is wrong with it becomes one error."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> zipfile.ZipFile:
        try:
            self.archive = zipfile.ZipFile(self.path)
        except (OSError, zipfile.BadZipFile) as error:
            raise _unusable(self.path, str(error)) from error
        return self.archive

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.archive.close()
        if isinstance(
            error, KeyError | ValueError | TypeError | zipfile.BadZipFile | pa.ArrowException
        ):
            raise _unusable(self.path, str(error)) from error


def _unusable(path: Path, found: str) -> ReadError:
    return ReadError(
        path,
        found=printable(found),
        expected=f"a stored result of layout {FORMAT}",
        remedy="Delete it and run triage again.",
    )
