"""``softbreak query``: SQL over the results of triages."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from softbreak.cli.console import Json, Verbose, say, speak, stdout
from softbreak.plain_text import json_text

if TYPE_CHECKING:
    import pyarrow as pa

app = typer.Typer(rich_markup_mode=None, add_completion=False)

_SHOWN = 200
_SUFFIXES = (".parquet", ".csv", ".json")


@app.command(
    epilog="""Examples:

\b
softbreak query "SELECT state, count(*) AS cells FROM cells GROUP BY state" results/
softbreak query "SELECT cell_id, onset_cycle FROM cells WHERE state = 'soft'
                 ORDER BY onset_cycle LIMIT 20" results/ --csv
softbreak query "SELECT error, count(*) FROM failures GROUP BY 1 ORDER BY 2 DESC" results/
softbreak query "SELECT a.model, b.model, count(*) FROM all_verdicts a
                 JOIN all_verdicts b USING (results, cell_id, cycle_index)
                 WHERE a.model < b.model AND a.state <> b.state GROUP BY ALL" results/
softbreak query "DESCRIBE verdicts" results/
"""
)
def query(
    sql: Annotated[str, typer.Argument(help="One SELECT, in DuckDB's dialect.")],
    results: Annotated[list[Path], typer.Argument(help="Folders that triages wrote.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write to a .parquet, .csv or .json file.")
    ] = None,
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the result as CSV.")] = False,
    raw: Annotated[
        bool, typer.Option("--raw", help="CSV for programs: texts like formulas stay as they are.")
    ] = False,
    verbose: Verbose = 0,
) -> None:
    """Ask the results of triages in SQL.

    Tables: verdicts (a row a cycle), cells (a row a cell), failures (a row a file), of the last
    run of each folder; all_verdicts, all_cells and all_failures hold those of every model that was
    run, with a column model. The column results names the folder. A query can read nothing else
    and change nothing. Exit code: 0 done; 2 could not run.
    """
    from softbreak.archive.results.query import asked

    speak(False, verbose)
    if out is not None and out.suffix.lower() not in _SUFFIXES:
        raise typer.BadParameter(f"must end in {', '.join(_SUFFIXES)}", param_hint="--out")
    with asked(sql, results) as answer:
        if out is not None:
            rows = _save(answer, out, raw)
            say(f"{rows:,} rows in {out}", err=True)
        elif as_json:
            _print_json(answer)
        elif as_csv:
            _print_csv(answer, raw)
        else:
            _show(answer)


def _save(answer: pa.RecordBatchReader, out: Path, raw: bool) -> int:
    from softbreak.archive.results.query import save

    return save(answer, out, raw=raw)


def _print_json(answer: pa.RecordBatchReader) -> None:
    """Print one array, a row a line, as it comes."""
    from softbreak.archive.results.query import json_lines

    for line in json_lines(answer):
        typer.echo(json_text(line))


def _print_csv(answer: pa.RecordBatchReader, raw: bool) -> None:
    import sys

    from softbreak.archive.results.query import write_csv

    write_csv(answer, sys.stdout, raw=raw)


def _show(answer: pa.RecordBatchReader) -> None:
    from softbreak.archive.results.query import rows_of
    from softbreak.report.terminal_table import terminal_table

    rows = rows_of(answer)
    shown = [[_told(value) for value in row] for row in islice(rows, _SHOWN)]
    console = stdout()
    for part in terminal_table(answer.schema.names, shown, console.width):
        console.print(part)
    if next(rows, None) is not None:
        console.print(f"… only the first {_SHOWN} rows are shown; --csv, --json or --out has all.")


def _told(value: object) -> str:
    """A value for people: six digits of a number; --csv, --json and --out have them all."""
    from softbreak.archive.results.query import text_of

    return f"{value:.6g}" if isinstance(value, float) else text_of(value)
