"""SQL over the results of triages: DuckDB's door.

The database is in memory and may touch no file: what it sees are the tables of the results, as
views. A query from elsewhere can therefore read nothing else and write nothing at all.
"""

from __future__ import annotations

import csv
import json
import math
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, Final

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from softbreak.archive.tables import (
    CELLS,
    FAILURES,
    VERDICTS,
    metadata_of,
    printable,
    written_whole,
)
from softbreak.errors import ReadError, SoftbreakError
from softbreak.plain_text import spreadsheet_text


def rows_of(answer: pa.RecordBatchReader) -> Iterator[list[Any]]:
    """Yield rows as Python's own values."""
    for batch in answer:
        columns = [column.to_pylist() for column in batch.columns]
        yield from map(list, zip(*columns, strict=True))


def json_lines(answer: pa.RecordBatchReader) -> Iterator[str]:
    """Yield the lines of one JSON array of objects; numbers that are not known are null."""
    yield "["
    names, before = answer.schema.names, ""
    for row in rows_of(answer):
        if before:
            yield f"{before},"
        named = {name: plain(value) for name, value in zip(names, row, strict=True)}
        before = json.dumps(named, ensure_ascii=False, allow_nan=False)
    if before:
        yield before
    yield "]"


def write_csv(answer: pa.RecordBatchReader, file: IO[str], *, raw: bool = False) -> int:
    """Write a header and rows; nested values as JSON. Returns the number of rows.

    Parameters
    ----------
    answer : pyarrow.RecordBatchReader
    file : file
    raw : bool
        Leave texts as they are that a spreadsheet would run as formulas, or a terminal obey.
    """
    writer = csv.writer(file, lineterminator="\n")
    shown = str if raw else spreadsheet_text
    writer.writerow([shown(name) for name in answer.schema.names])
    count = 0
    for row in rows_of(answer):
        texts = (text_of(value) for value in row)
        kept = (isinstance(value, int | float) for value in row)
        writer.writerow([t if number else shown(t) for t, number in zip(texts, kept, strict=True)])
        count += 1
    return count


def save(answer: pa.RecordBatchReader, path: Path, *, raw: bool = False) -> int:
    """Write an answer to a file that is there whole or not at all.

    Parameters
    ----------
    answer : pyarrow.RecordBatchReader
    path : Path
        Ends in ``.parquet``, ``.csv`` or ``.json``.
    raw : bool
        See :func:`write_csv`.

    Returns
    -------
    int
        The number of rows.
    """
    count = 0

    def parquet(part: Path) -> None:
        nonlocal count
        with pq.ParquetWriter(part, answer.schema, compression="zstd") as writer:
            for batch in answer:
                writer.write_batch(batch)
                count += len(batch)

    def text(part: Path) -> None:
        nonlocal count
        with part.open("w", encoding="utf-8", newline="") as file:
            if path.suffix.lower() == ".csv":
                count = write_csv(answer, file, raw=raw)
            else:
                for line in json_lines(answer):
                    file.write(line + "\n")
                    count += line not in "[]"

    written_whole(path, parquet if path.suffix.lower() == ".parquet" else text)
    return count


def plain(value: Any) -> Any:
    """Return a value that JSON knows."""
    if isinstance(value, dict):
        return {printable(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date | datetime | time | timedelta | bytes):
        return str(value)
    return value


def text_of(value: Any) -> str:
    """Return a value as a person reads it; nothing where there is none."""
    known = plain(value)
    if known is None:
        return ""
    if isinstance(known, str):
        return known
    if isinstance(known, bool | dict | list):
        return json.dumps(known, ensure_ascii=False)
    return str(known)


TABLES: Final = {"verdicts": VERDICTS, "cells": CELLS, "failures": FAILURES}
"""The views; each also as ``all_…``, with the results of every model and a column ``model``."""
BATCH_ROWS: Final = 1 << 16

_SETTINGS: Final = (
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)


class QueryError(SoftbreakError, ValueError):
    """A question that the database does not understand, or is not allowed to answer."""


@contextmanager
def asked(sql: str, results: Sequence[Path]) -> Iterator[pa.RecordBatchReader]:
    """Ask a question; give the answer batch by batch.

    Parameters
    ----------
    sql : str
        One SELECT (or FROM, WITH, PIVOT, DESCRIBE, EXPLAIN) in DuckDB's dialect, over the views
        ``verdicts``, ``cells``, ``failures`` (of each folder's last run) and ``all_verdicts``,
        ``all_cells``, ``all_failures`` (of all models, with a column ``model``). The column
        ``results`` names the folder.
    results : sequence of Path
        Folders that triages wrote.

    Raises
    ------
    QueryError
        If it cannot be answered; the message says why.
    ReadError
        If a folder holds no results.
    """
    import duckdb

    with tempfile.TemporaryDirectory(prefix="softbreak-") as scratch:
        database = duckdb.connect(":memory:", config={"python_enable_replacements": False})
        try:
            database.execute(f"SET temp_directory = {_quoted(scratch)}")
            for table in TABLES:
                _views(database, table, results)
            for setting in _SETTINGS:
                database.execute(setting)
            _check_kind(database, sql)
            yield database.sql(sql).to_arrow_reader(BATCH_ROWS)
        except duckdb.Error as error:
            raise QueryError(
                f"the query cannot be answered: {str(error).strip()}\nThere are the tables "
                f"{', '.join(TABLES)}, and all_verdicts and so on with all models; "
                "'softbreak query --help' shows examples"
            ) from error
        finally:
            database.close()


def query(sql: str, *results: Path | str) -> pa.Table:
    """Ask a question, get the whole answer.

    Parameters
    ----------
    sql : str
        See :func:`asked`.
    *results : path-like
        Folders that triages wrote.

    Returns
    -------
    pyarrow.Table
    """
    with asked(sql, [Path(folder) for folder in results]) as answer:
        return answer.read_all()


def _check_kind(database: Any, sql: str) -> None:
    """Let questions through; what makes, changes or calls things has no place here."""
    import duckdb

    kinds = duckdb.StatementType
    statements = database.extract_statements(sql)
    if len(statements) != 1 or statements[0].type not in (kinds.SELECT, kinds.EXPLAIN, kinds.MULTI):
        raise QueryError(
            "a query is one question, such as SELECT state, count(*) FROM cells GROUP BY state"
        )


def _views(database: Any, table: str, results: Sequence[Path]) -> None:
    last, every = [], []
    for number, folder in enumerate(results):
        name = _quoted(printable(str(folder)))
        path = folder / f"{table}.parquet"
        if not path.is_file():
            raise ReadError(
                folder,
                found=f"no {path.name}",
                expected="the folder that a triage wrote",
                remedy="Name the folder that 'softbreak triage' was given as --out, not the "
                "archive; the question comes first, then the folders.",
            )
        metadata_of(path)  # refuses what a newer softbreak wrote
        database.register(f"_{table}_{number}", ds.dataset(path, TABLES[table], format="parquet"))
        last.append(f"SELECT *, {name} AS results FROM _{table}_{number}")
        database.register(f"_all_{table}_{number}", _all(folder / "models" / table, TABLES[table]))
        every.append(f"SELECT *, {name} AS results FROM _all_{table}_{number}")
    database.execute(f"CREATE VIEW {table} AS {' UNION ALL BY NAME '.join(last)}")
    database.execute(f"CREATE VIEW all_{table} AS {' UNION ALL BY NAME '.join(every)}")


def _all(folder: Path, schema: pa.Schema) -> ds.Dataset:
    """The tables of all models, with the model's name from the folder's."""
    return ds.dataset(
        folder,
        schema.append(pa.field("model", pa.string())),
        format="parquet",
        partitioning=ds.partitioning(pa.schema([("model", pa.string())]), flavor="hive"),
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
