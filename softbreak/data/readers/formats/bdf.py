"""The Battery Data Format, as CSV and as Parquet: read, and written by ``softbreak convert``.

Columns are known by their machine names (``voltage_volt``) or their labels (``Voltage / V``);
both are listed in https://github.com/battery-data-alliance/battery-data-format. Columns that
softbreak does not use are passed over. Parquet also keeps what a table cannot say (technique,
method, instrument, start) in its metadata under the key ``softbreak``. A Parquet file with the
columns of Neware's BTSDA is read too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from softbreak.data.readers import published
from softbreak.data.readers.base import Head, Reader
from softbreak.data.readers.cyclers import neware
from softbreak.data.readers.formats.bdf_records import read_records
from softbreak.data.readers.formats.column_map import Field, match
from softbreak.data.readers.formats.delimited import Text, delimiter_of, numbers, read_strings
from softbreak.data.readers.formats.time_series import Layout, Told, build, record_of
from softbreak.data.readers.parser_errors import foreign_errors
from softbreak.data.readers.sweeps import sweeps
from softbreak.data.record import Cell, Record, Source, Technique
from softbreak.data.schema import COLUMNS, SERIES_COLUMNS, SPECTRUM_COLUMNS
from softbreak.errors import ReadError

if TYPE_CHECKING:
    import polars as pl

_LABELS: Final = {
    "test_time_second": "Test Time / s",
    "unix_time_second": "Unix Time / s",
    "voltage_volt": "Voltage / V",
    "current_ampere": "Current / A",
    "control_current_ampere": "Control Current / A",
    "control_voltage_volt": "Control Voltage / V",
    "cycle_count": "Cycle Count / 1",
    "step_count": "Step Count / 1",
    "ambient_temperature_celsius": "Ambient Temperature / degC",
    "frequency_hertz": "Frequency / Hz",
    "real_impedance_ohm": "Real Impedance / ohm",
    "imaginary_impedance_ohm": "Imaginary Impedance / ohm",
}
LAYOUT: Final = Layout(
    reader="bdf",
    instrument="Battery Data Format",
    fields=tuple(
        Field(name, (name, label.partition(" / ")[0].lower())) for name, label in _LABELS.items()
    ),
)
_EXACT: Final = {*COLUMNS, *_LABELS.values()}
_KEY: Final = b"softbreak"
_PARQUET: Final = b"PAR1"
_FREE_ROWS: Final = 1 << 23
_REMEDY: Final = "Write it again, for example with 'softbreak convert'."


def is_header(names: list[str]) -> bool:
    """Whether names are those of the Battery Data Format's columns."""
    plain = {name.strip().strip('"') for name in names} & _EXACT
    machine = {name for name in COLUMNS if name in plain or _LABELS[name] in plain}
    return machine >= set(SERIES_COLUMNS) or machine >= set(SPECTRUM_COLUMNS)


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
    found = match(header.names, LAYOUT.fields)
    frame = read_strings(text, header, [place.index for place in found.values()])
    comma = header.delimiter != ","
    arrays = {
        name: numbers(frame[str(place.index)], decimal_comma=comma) * place.scale
        for name, place in found.items()
    }
    return _records(path, arrays, {})


def read_parquet(path: Path) -> list[Record]:
    """Read a Parquet file.

    Raises
    ------
    ReadError
        Also if it declares far more rows than a file of its size can hold.
    """
    import pyarrow.parquet as pq

    most = max(_FREE_ROWS, path.stat().st_size)
    with parquet_errors(path):
        with pq.ParquetFile(path) as file:
            names, rows = file.schema_arrow.names, file.metadata.num_rows
            layout = _layout(path, names)
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
            found = match(names, layout.fields)
            wanted = list(dict.fromkeys(names[place.index] for place in found.values()))
            table = file.read(wanted)
        if layout is LAYOUT:
            plain = {name: array_of(table[names[place.index]]) for name, place in found.items()}
            return _records(path, plain, said)
        import polars as pl

        frame = pl.DataFrame(table)
        columns = {name: _plain(frame[names[place.index]]) for name, place in found.items()}
        scales = {name: place.scale for name, place in found.items()}
        return [record_of(path, columns, layout, told_by(said), scales=scales)]


def parquet_errors(path: Path) -> AbstractContextManager[None]:
    """Turn what a damaged Parquet file raises into a ReadError."""
    return foreign_errors(path, expected="an intact Parquet file", remedy=_REMEDY)


def array_of(column: Any) -> np.ndarray:
    """Turn an Arrow column into floats, NaN where there is no number; float32 stays as it is."""
    import pyarrow as pa

    if not column.null_count and column.type in (pa.float32(), pa.float64()):
        return column.to_numpy()
    import polars as pl

    return numbers(pl.Series(column), decimal_comma=False)


def _layout(path: Path, names: list[str]) -> Layout:
    if is_header(names):
        return LAYOUT
    if neware.is_header(names):
        return neware.LAYOUT
    if published.is_toolkit(names):
        return published.TOOLKIT
    raise ReadError(
        path,
        found="a Parquet table with the columns " + ", ".join(names[:20]),
        expected="the columns of the Battery Data Format",
        remedy="Name its columns test_time_second, voltage_volt, current_ampere.",
    )


def _plain(column: pl.Series) -> pl.Series:
    """Turn categories into text, and dates into seconds since 1970."""
    import polars as pl

    if column.dtype == pl.Categorical:
        return column.cast(pl.String)
    if column.dtype.is_temporal():
        return column.dt.epoch("us") * 1e-6
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


def _records(path: Path, arrays: dict[str, np.ndarray], said: Mapping[str, Any]) -> list[Record]:
    """Rows with an impedance are spectra, the others a series."""
    spectral = np.zeros(len(next(iter(arrays.values()))), dtype=bool)
    if all(name in arrays for name in SPECTRUM_COLUMNS):
        spectral = np.logical_and.reduce([np.isfinite(arrays[name]) for name in SPECTRUM_COLUMNS])
    told = told_by(said)
    records: list[Record] = []
    if not spectral.all() and all(name in arrays for name in SERIES_COLUMNS):
        series = {n: a for n, a in arrays.items() if n not in SPECTRUM_COLUMNS}
        if spectral.any():
            series = {n: a[~spectral] for n, a in series.items()}
        records.append(build(path, series, LAYOUT, told))
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
