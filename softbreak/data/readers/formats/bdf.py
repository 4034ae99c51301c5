"""The Battery Data Format, as CSV and as Parquet: read, and written by ``softbreak convert``.

Columns are known by their machine names (``voltage_volt``) or their labels (``Voltage / V``);
both are listed in https://github.com/battery-data-alliance/battery-data-format. Columns that
softbreak does not use are passed over. Parquet also keeps what a table cannot say (technique,
method, instrument, start) in its metadata under the key ``softbreak``. A Parquet file with the
columns of Neware's BTSDA is read too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from softbreak.data.readers.base import Head, Reader
from softbreak.data.readers.cyclers import arbin, neware
from softbreak.data.readers.formats import published
from softbreak.data.readers.formats.bdf_columns import FIELDS, is_header
from softbreak.data.readers.formats.bdf_records import read_records
from softbreak.data.readers.impedance.sweeps import sweeps
from softbreak.data.readers.parser_errors import foreign_errors
from softbreak.data.readers.tables.column_map import Match, match
from softbreak.data.readers.tables.delimited import Text, delimiter_of, numbers, timestamps
from softbreak.data.readers.tables.further_headers import Table, read_sections
from softbreak.data.readers.tables.time_series import Layout, Told, build, record_of
from softbreak.data.readers.values.durations import past_midnight
from softbreak.data.readers.values.file_columns import FileColumns
from softbreak.data.record import Cell, Record, Source, Technique
from softbreak.data.schema import SERIES_COLUMNS, SPECTRUM_COLUMNS
from softbreak.errors import ReadError

if TYPE_CHECKING:
    import polars as pl

LAYOUT: Final = Layout(
    reader="bdf",
    instrument="Battery Data Format",
    fields=FIELDS,
    time_formats=("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f"),
)
_KEY: Final = b"softbreak"
_PARQUET: Final = b"PAR1"
FREE_ROWS: Final = 1 << 23
_INSTANTS: Final = "timestamp"
_REMEDY: Final = "Write it again, for example with 'softbreak convert'."


def _recognises_csv(head: Head) -> bool:
    return bool(head.lines) and is_header(head.lines[0].split(delimiter_of(head.lines[0])))


def _recognises_parquet(head: Head) -> bool:
    return head.data.startswith(_PARQUET)


def read_csv(path: Path) -> list[Record]:
    """Read a CSV file.

    Raises
    ------
    ReadError
    """
    text = Text.of(path)
    header = text.header(is_header, "a header with test_time_second, voltage_volt, current_ampere")
    table = read_sections(text, header, find)
    arrays, unread = arrays_of(path, table)
    said = {**table.said, "unread": unread} if unread else table.said
    return records_of(path, arrays, said)


def find(names: Sequence[str]) -> dict[str, Match]:
    """Return which of our columns stand where under headings."""
    return match(names, LAYOUT.fields)


def arrays_of(path: Path, table: Table) -> tuple[dict[str, np.ndarray], str]:
    """Return the columns of a text table as numbers in our units, and what was not understood."""
    headings = {name: place.heading for name, place in table.places.items() if place.heading}
    file = FileColumns(path, table.columns, headings, decimal_comma=table.decimal_comma)
    arrays = {name: _array(file, name, place) for name, place in table.places.items()}
    return arrays, file.told()


def _array(file: FileColumns, name: str, place: Match) -> np.ndarray:
    if name == "test_time_second":
        return file.times(name, place.scale)
    if name == "unix_time_second" and not file.is_number(name):
        return file.instants(name, LAYOUT.time_formats).seconds
    return place.ours(file.numbers(name))


def read_parquet(path: Path) -> list[Record]:
    """Read a Parquet file.

    Raises
    ------
    ReadError
        Also if it declares far more rows than a file of its size can hold.
    """
    import pyarrow.parquet as pq

    most = max(FREE_ROWS, path.stat().st_size)
    with parquet_errors(path):
        with pq.ParquetFile(path) as file:
            names, rows = file.schema_arrow.names, file.metadata.num_rows
            layout, found = _layout(path, file.schema_arrow)
            if rows > most:
                raise ReadError(
                    path,
                    found=f"{rows:,} rows declared in {path.stat().st_size:,} bytes",
                    expected="about a byte a row or more",
                    remedy="If you trust it, split it into smaller files.",
                )
            said = said_by(file.schema_arrow.metadata)
            if "records" in said:
                return read_records(path, file.read(), said)
            wanted = list(dict.fromkeys(names[place.index] for place in found.values()))
            table = file.read(wanted)
        if layout is LAYOUT:
            plain = {
                name: array_of(table[names[place.index]], place.scale)
                for name, place in found.items()
            }
            return records_of(path, plain, {}, said)
        import polars as pl

        from softbreak.data.readers.formats import described

        frame = pl.DataFrame(table)
        columns = {name: _plain(name, frame[names[place.index]]) for name, place in found.items()}
        if described.is_wall(found):
            columns["test_time_second"] = described.since_first(columns["unix_time_second"])
        return [record_of(path, columns, layout, told_by(said), scales=found)]


def parquet_errors(path: Path) -> AbstractContextManager[None]:
    """Turn what a damaged Parquet file raises into a ReadError."""
    return foreign_errors(path, expected="an intact Parquet file", remedy=_REMEDY)


def array_of(column: Any, scale: float = 1.0) -> np.ndarray:
    """Turn an Arrow column into floats in our unit, NaN where there is no number.

    A time says itself what its ticks are, whatever the column's name says. float32 stays as it is.

    Parameters
    ----------
    column : pyarrow.ChunkedArray or pyarrow.Array
    scale : float
        How many of our units one of the column's is.
    """
    import pyarrow as pa

    if not column.null_count and column.type in (pa.float32(), pa.float64()):
        values: np.ndarray = column.to_numpy()
        return values if scale == 1.0 else values * values.dtype.type(scale)
    import polars as pl

    series = pl.Series(column)
    if series.dtype.is_temporal():
        return _seconds(series)
    values = numbers(series, decimal_comma=False)
    if series.dtype == pl.String and len(series) and not np.isfinite(values).any():
        return timestamps(series, LAYOUT.time_formats)
    return values * scale


def _seconds(column: pl.Series) -> np.ndarray:
    """Return a duration, a time of day or an absolute time in seconds."""
    import polars as pl

    if column.dtype == pl.Date:
        ticks, second = column.cast(pl.Int64), 86_400.0
    elif column.dtype == pl.Time:
        return past_midnight(
            column.cast(pl.Int64).cast(pl.Float64).fill_null(float("nan")).to_numpy() * 1e-9
        )
    elif isinstance(column.dtype, pl.Duration):
        unit = column.dtype.time_unit
        ticks, second = column.cast(pl.Int64), {"ns": 1e-9, "us": 1e-6, "ms": 1e-3}[unit]
    else:
        ticks, second = column.dt.epoch("us"), 1e-6
    return ticks.cast(pl.Float64).fill_null(float("nan")).to_numpy() * second


def _layout(path: Path, schema: Any) -> tuple[Layout, Mapping[str, Match]]:
    """Return whose columns a table has, and where ours stand among them."""
    from softbreak.data.readers.formats import described

    names = schema.names
    tests: tuple[tuple[Layout, Callable[[list[str]], bool]], ...] = (
        (LAYOUT, is_header),
        (neware.LAYOUT, neware.is_header),
        (arbin.LAYOUT, arbin.is_header),
        (published.TOOLKIT, published.is_toolkit),
    )
    for layout, is_mine in tests:
        if is_mine(names):
            return layout, match(names, layout.fields)
    kinds = [str(kind) for kind in schema.types]
    typed = any(kind.startswith(("duration", "time32", "time64")) for kind in kinds)
    if sum(kind.startswith("timestamp") for kind in kinds) == 1:  # the index of a table of pandas
        names = [
            _INSTANTS if kind.startswith("timestamp") else name
            for name, kind in zip(names, kinds, strict=True)
        ]
    found = described.find(names, timed=typed)
    if set(found) >= set(SERIES_COLUMNS):
        return described.LAYOUT, found
    raise ReadError(
        path,
        found="a Parquet table with the columns " + ", ".join(names[:20]),
        expected="the columns of the Battery Data Format, or headings with their units",
        remedy="Name its columns test_time_second, voltage_volt, current_ampere.",
    )


def _plain(name: str, column: pl.Series) -> pl.Series:
    """Turn categories into text, and dates into seconds since 1970."""
    import polars as pl

    if column.dtype == pl.Categorical:
        return column.cast(pl.String)
    if isinstance(column.dtype, pl.Datetime | pl.Date) and name != "test_time_second":
        return column.cast(pl.Datetime("us")).dt.epoch("us") * 1e-6
    return column


def write(record: Record, path: Path) -> None:
    """Write a record as the Battery Data Format, Parquet or CSV by the suffix.

    Parameters
    ----------
    record : Record
    path : Path
        ``.parquet`` keeps everything; ``.csv`` keeps the table only.
    """
    if path.suffix.lower() == ".csv":
        record.table.to_csv(path, index=False)
        return
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(record.table, preserve_index=False)
    said = {
        "technique": str(record.technique),
        "method": record.source.method,
        "instrument": record.source.instrument,
        "started_unix_second": record.source.started_unix_second,
        "stated": {name: str(value) for name, value in record.source.stated.items()},
    }
    table = table.replace_schema_metadata({_KEY: json.dumps(said).encode()})
    pq.write_table(table, path, compression="zstd")


def said_by(metadata: Mapping[bytes, bytes] | None) -> dict[str, Any]:
    """Return what a Parquet file of ours says beside its table."""
    said = json.loads((metadata or {}).get(_KEY, b"{}"))
    return said if isinstance(said, dict) else {}


def records_of(
    path: Path,
    arrays: dict[str, np.ndarray],
    remarks: Mapping[str, str],
    said: Mapping[str, Any] | None = None,
) -> list[Record]:
    """Return the records of a table: rows with an impedance are spectra, the others a series.

    Parameters
    ----------
    path : Path
    arrays : dict of str to ndarray, shape (n,)
        By our columns, in our units.
    remarks : mapping
        What its reader found, for ``Source.stated``.
    said : mapping, optional
        What a file of ours says beside its table.

    Raises
    ------
    ReadError
        If it has no row, or its values are beyond any instrument.
    """
    spectral = np.zeros(len(next(iter(arrays.values()))), dtype=bool)
    if all(name in arrays for name in SPECTRUM_COLUMNS):
        spectral = np.logical_and.reduce([np.isfinite(arrays[name]) for name in SPECTRUM_COLUMNS])
    told = told_by(said or {})
    told = replace(told, stated={**told.stated, **remarks})
    records: list[Record] = []
    if not spectral.all() and all(name in arrays for name in SERIES_COLUMNS):
        series = {n: a for n, a in arrays.items() if n not in SPECTRUM_COLUMNS}
        if spectral.any():
            series = {n: a[~spectral] for n, a in series.items()}
        records.append(build(path, series, LAYOUT, told, arrange=True))
    places = np.flatnonzero(spectral)
    for sweep in sweeps(arrays["frequency_hertz"][places]) if len(places) else ():
        rows = places[sweep]
        table = pd.DataFrame(
            {name: arrays[name][rows].astype(np.float64) for name in SPECTRUM_COLUMNS}
        )
        records.append(Record(Cell(), Technique.IMPEDANCE, table, _source(path, told)))
    if not records:
        raise ReadError(path, found="no row", expected="samples or spectra", remedy=_REMEDY)
    return records


def told_by(said: Mapping[str, Any]) -> Told:
    """Return what a file says of its record."""
    technique = str(said.get("technique", ""))
    started = said.get("started_unix_second")
    stated = said.get("stated")
    known = technique in set(Technique) - {Technique.IMPEDANCE}
    return Told(
        method=str(said.get("method", "")),
        started=float(started) if isinstance(started, int | float) else None,
        stated=stated if isinstance(stated, dict) else {},
        technique=Technique(technique) if known else None,
    )


def _source(path: Path, told: Told) -> Source:
    return Source(
        path=str(path),
        method=told.method,
        instrument=LAYOUT.instrument,
        reader=LAYOUT.reader,
        reader_version=LAYOUT.version,
        started_unix_second=told.started,
        stated=told.stated,
    )


READERS: Final = (
    Reader("bdf-parquet", LAYOUT.instrument, (".parquet",), _recognises_parquet, read_parquet),
    Reader("bdf-csv", LAYOUT.instrument, (".csv", ".bdf"), _recognises_csv, read_csv),
)
