"""The tables that an archive's folder holds: their exact columns, and writing them whole."""

from __future__ import annotations

import math
import os
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

EVIDENCE: Final = pa.list_(
    pa.struct(
        [
            ("feature", pa.string()),
            ("value", pa.float64()),
            ("baseline", pa.float64()),
            ("sentence", pa.string()),
        ]
    )
)

VERDICTS: Final = pa.schema(
    [
        ("cell_id", pa.string()),
        ("cycle_index", pa.int64()),
        ("start_time_second", pa.float64()),
        ("end_time_second", pa.float64()),
        ("state", pa.string()),
        ("p_healthy", pa.float64()),
        ("p_soft", pa.float64()),
        ("p_hard", pa.float64()),
        ("electronic_fraction", pa.float64()),
        ("electronic_fraction_lower", pa.float64()),
        ("electronic_fraction_upper", pa.float64()),
        ("transient_short", pa.bool_()),
        ("wanted_measurement", pa.string()),
        ("evidence", EVIDENCE),
        ("detector", pa.string()),
        ("detector_version", pa.string()),
    ]
)
"""``verdicts.parquet``: one row a cycle. Unknown numbers are null."""

CELLS: Final = pa.schema(
    [
        ("cell_id", pa.string()),
        ("state", pa.string()),
        ("ever_short", pa.bool_()),
        ("onset_cycle", pa.int64()),
        ("onset_time_second", pa.float64()),
        ("onset_areal_capacity_mah_per_cm2", pa.float64()),
        ("probability", pa.float64()),
        ("rank", pa.int64()),
        ("summary", pa.string()),
        ("wanted_measurement", pa.string()),
        ("n_cycles", pa.int64()),
        ("n_files", pa.int64()),
    ]
)
"""``cells.parquet``: one row a cell, the gravest first."""

FAILURES: Final = pa.schema([(name, pa.string()) for name in ("path", "stage", "error", "remedy")])
"""``failures.parquet``: one row a file that could not be used."""


def printable(text: str) -> str:
    """Return text that any file format takes: names of no valid encoding are escaped."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def table_of(frame: pd.DataFrame, schema: pa.Schema) -> pa.Table:
    """Turn a pandas table into an Arrow table of exactly these columns.

    Parameters
    ----------
    frame : pandas.DataFrame
        Has all columns of the schema; others are left out. NaN becomes null.
    schema : pyarrow.Schema

    Raises
    ------
    KeyError
        If a column is missing.
    """
    columns = [_column(frame[field.name], field) for field in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def _column(values: pd.Series, field: pa.Field) -> pa.Array:
    if field.type == EVIDENCE:
        return pa.array([_evidence(items) for items in values], field.type)
    if pa.types.is_string(field.type):
        texts = [None if _missing(v) else printable(str(v)) for v in values]
        return pa.array(texts, field.type)
    if pa.types.is_floating(field.type):
        numbers = pd.to_numeric(values).astype("float64")
        return pa.array(numbers.to_numpy(), field.type, from_pandas=True)
    cast = bool if pa.types.is_boolean(field.type) else int
    return pa.array([None if _missing(v) else cast(v) for v in values], field.type)


def _missing(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))


def _evidence(items: Iterable[Any] | None) -> list[dict[str, Any]]:
    """Take evidence as objects or as mappings."""
    if items is None or _missing(items):
        return []
    return [dict(asdict(item) if is_dataclass(item) else item) for item in items]  # type: ignore[arg-type]


def frame_of(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pd.DataFrame:
    """Make a pandas table of a schema's columns from plain rows."""
    return pd.DataFrame(list(rows), columns=schema.names)


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write a Parquet file that is there whole or not at all."""
    written_whole(path, lambda part: pq.write_table(table, part, compression="zstd"))


def write_text(text: str, path: Path) -> None:
    """Write a text file (UTF-8) that is there whole or not at all."""
    written_whole(path, lambda part: part.write_text(text, encoding="utf-8"))


def written_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` fill a temporary file, then give it its name in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{os.getpid()}-{secrets.token_hex(4)}.part{path.suffix}")
    try:
        write(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
