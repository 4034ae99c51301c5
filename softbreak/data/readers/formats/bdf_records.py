"""Several records in one Parquet file: what ``softbreak convert ARCHIVE`` writes and reads back.

The records stand one below the other under the Battery Data Format's columns; what a table cannot
say (where each ends, its technique, its instrument, the file it came from) stands in the metadata
under ``softbreak``. Voltages and currents are float32, which is finer than any instrument, and
times float64; BYTE_STREAM_SPLIT puts bytes of one weight side by side, which zstd makes small.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from softbreak.data.readers.parser_errors import foreign_errors
from softbreak.data.readers.tables.usable_rows import MOST_AMPERE, MOST_VOLT
from softbreak.data.record import Cell, Record, Source, Technique, checked_cell
from softbreak.data.schema import COLUMNS
from softbreak.errors import ReadError

KEY: Final = b"softbreak"
LAYOUT: Final = 1
ROW_GROUP: Final = 1 << 20
_KINDS: Final = {"float": "<f4", "double": "<f8", "integer": "<i8"}
_DTYPES: Final = ("<f4", "<f8", "<i4", "<i8")
_MOST: Final = {"voltage_volt": MOST_VOLT, "current_ampere": MOST_AMPERE}
_EXPECTED: Final = "a table that 'softbreak convert' wrote"
_REMEDY: Final = "Convert the archive again."


def write_records(records: Sequence[Record], path: Path, told: Mapping[str, Any]) -> dict[str, str]:
    """Write the records of one file.

    Parameters
    ----------
    records : sequence of Record
        At least one.
    path : Path
    told : mapping
        Plain JSON about their source, kept in the metadata.

    Returns
    -------
    dict
        A checksum of every column, for :func:`checksums_of` to compare with.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = [name for name in COLUMNS if any(name in r.table.columns for r in records)]
    columns = {name: _stacked(records, name) for name in names}
    sums = _checksums(columns)
    said = {
        "layout": LAYOUT,
        "source": dict(told),
        "checksums": sums,
        "records": [_told(record) for record in records],
    }
    table = pa.table(columns).replace_schema_metadata({KEY: json.dumps(said).encode()})
    split = [name for name in names if COLUMNS[name].kind != "integer"]
    pq.write_table(
        table,
        path,
        row_group_size=ROW_GROUP,
        compression="zstd",
        use_dictionary=[name for name in names if name not in split],
        column_encoding=dict.fromkeys(split, "BYTE_STREAM_SPLIT"),
    )
    return sums


def _stacked(records: Sequence[Record], name: str) -> np.ndarray:
    dtype = np.dtype(_KINDS[COLUMNS[name].kind])
    nothing = 0 if dtype.kind == "i" else np.nan
    return np.concatenate(
        [
            record.array(name).astype(dtype)
            if name in record.table.columns
            else np.full(len(record.table), nothing, dtype)
            for record in records
        ]
    )


def _told(record: Record) -> dict[str, Any]:
    source = record.source
    return {
        "technique": str(record.technique),
        "rows": len(record.table),
        "columns": {str(n): np.dtype(d).str for n, d in record.table.dtypes.items()},
        "cell": {k: v for k, v in asdict(record.cell).items() if v not in (None, "")},
        "method": source.method,
        "instrument": source.instrument,
        "started_unix_second": source.started_unix_second,
        "stated": {name: str(value) for name, value in source.stated.items()},
    }


def _checksums(columns: Mapping[str, np.ndarray]) -> dict[str, str]:
    return {
        name: blake2b(np.ascontiguousarray(column).data, digest_size=16).hexdigest()
        for name, column in columns.items()
    }


def checksums_of(path: Path) -> dict[str, str]:
    """Read a file and return the checksum of every column, as they lie there."""
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    return _checksums({name: table[name].to_numpy() for name in table.column_names})


def read_records(path: Path, table: Any, said: Mapping[str, Any]) -> list[Record]:
    """Take a table apart into its records.

    Parameters
    ----------
    path : Path
    table : pyarrow.Table
    said : mapping
        The metadata under ``softbreak``.

    Raises
    ------
    ReadError
        If the metadata do not fit the table.
    """
    with foreign_errors(path, expected=_EXPECTED, remedy=_REMEDY):
        columns = {n: table[n].to_numpy() for n in table.column_names if n in COLUMNS}
        parts = list(parts_of(path, said, len(table)))
        check_ranges(path, columns)
        origin = said.get("source")
        return [
            record_of(path, one, {n: c[part.start : part.stop] for n, c in columns.items()}, origin)
            for one, part in parts
        ]


def parts_of(
    path: Path, said: Mapping[str, Any], rows: int
) -> Iterator[tuple[Mapping[str, Any], range]]:
    """Yield what is said of each record, and which rows it has.

    Raises
    ------
    ReadError
        If the metadata do not fit a table of so many rows.
    """
    with foreign_errors(path, expected=_EXPECTED, remedy=_REMEDY):
        told = said["records"]
        if said.get("layout") != LAYOUT or not isinstance(told, list) or not told:
            raise misfit(path, f"records of layout {said.get('layout')!r}")
        counts = [int(one["rows"]) for one in told]
        if sum(counts) != rows or min(counts) < 0:
            raise misfit(path, f"{rows:,} rows where its records claim {sum(counts):,}")
        end = 0
        for one, count in zip(told, counts, strict=True):
            yield one, range(end, end + count)
            end += count


def record_of(
    path: Path, told: Mapping[str, Any], columns: Mapping[str, np.ndarray], origin: Any
) -> Record:
    """Return one record of a table; ``columns`` are its rows, ``told`` what is said of it."""
    frame = typed(path, told["columns"], columns)
    origin = origin if isinstance(origin, dict) else {}
    known = {field.name for field in fields(Cell)}
    facts = {name: value for name, value in told["cell"].items() if name in known}
    stated = {str(name): str(value) for name, value in told["stated"].items()}
    started = told["started_unix_second"]
    return Record(
        cell=checked_cell(Cell(**facts)),
        technique=Technique(told["technique"]),
        table=pd.DataFrame(frame, copy=False),
        source=Source(
            path=str(path),
            method=str(told["method"]),
            instrument=str(told["instrument"]),
            reader="bdf",
            reader_version="1",
            started_unix_second=None if started is None else float(started),
            stated={**stated, "converted_from": str(origin.get("path", ""))},
        ),
    )


def typed(
    path: Path, wanted: Mapping[str, str], columns: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Return columns as the record had them, by names and dtypes."""
    frame = {}
    for name, dtype in wanted.items():
        if name not in columns or dtype not in _DTYPES:
            raise misfit(path, f"a column {name!r} of {dtype!r} that it does not have")
        frame[name] = columns[name].astype(dtype, copy=False)
    return frame


def check_ranges(path: Path, columns: Mapping[str, np.ndarray]) -> None:
    """NaN is a sample that was lost; anything beyond an instrument is damage."""
    for name, most in _MOST.items():
        values = columns.get(name)
        if values is None or not len(values):
            continue
        worst = max(-float(values.min()), float(values.max()))
        if np.isnan(worst):
            worst = max(-float(np.fmin.reduce(values)), float(np.fmax.reduce(values)))
        if worst > most:
            raise misfit(path, f"{name} of {worst:.4g}, beyond any instrument")


def misfit(path: Path, found: str) -> ReadError:
    """Return the error for a table that is not what its metadata say."""
    return ReadError(path, found=found, expected=_EXPECTED, remedy=_REMEDY)
