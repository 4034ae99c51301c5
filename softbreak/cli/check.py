"""``softbreak check``: findings about files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from softbreak.cli.console import DONE, FOUND, Json, Quiet, Verbose, print_json, speak, stdout

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog="Example: softbreak check cell7.mpr cell8.ndax --area 0.785")
def check(
    files: Annotated[list[Path], typer.Argument(help="Files, or folders of one cell.")],
    area: Annotated[float | None, typer.Option(help="Electrode area in cm².")] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Say what is in files and what is odd about them, before any verdict.

    Exit code: 0 nothing grave; 1 a finding that spoils verdicts, or a file that cannot be read;
    2 could not run.
    """
    speak(quiet, verbose)
    reports = [_report(path, area) for path in files]
    if as_json:
        print_json({"files": reports})
    else:
        for report in reports:
            _show(report, quiet)
    bad = any(
        "error" in report or any(f["severity"] == "error" for f in report["findings"])
        for report in reports
    )
    raise typer.Exit(FOUND if bad else DONE)


def _report(path: Path, area: float | None) -> dict[str, Any]:
    from softbreak.archive.inputs.cells import cells_of
    from softbreak.data.checks import check_history, check_units
    from softbreak.data.history import started
    from softbreak.errors import ReadError

    try:
        histories = cells_of([path], {"area_cm2": area})
    except ReadError as error:
        return {"path": str(path), "error": str(error)}
    return {
        "path": str(path),
        "records": [
            {
                "cell_id": history.cell.cell_id,
                "file": Path(record.source.path).name,
                "technique": str(record.technique),
                "method": record.source.method,
                "reader": record.source.reader,
                "instrument": record.source.instrument,
                "began": _moment(started(record)),
                "rows": len(record.table),
                "columns": list(record.table.columns),
                "read_from": str(record.source.stated.get("columns_read", "")),
            }
            for history in histories
            for record in history.records
        ],
        "findings": [
            finding._asdict()
            for history in histories
            for finding in (*check_history(history), *check_units(history))
        ],
    }


def _moment(seconds: float | None) -> str | None:
    """Say when a record began, as its file has it; None where it states no date."""
    from datetime import UTC, datetime

    if seconds is None or not -1e10 < seconds < 1e11:
        return None
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _show(report: dict[str, Any], quiet: bool) -> None:
    from rich.text import Text

    console = stdout()
    console.print(Text(report["path"], style="bold"), soft_wrap=True)
    if "error" in report:
        console.print(Text(f"  error: {report['error']}", style="red"), soft_wrap=True)
        return
    records = report["records"]
    cells = {record["cell_id"] for record in records}
    for record in records if not quiet else ():
        console.print(Text(f"  {_line(record, len(cells) > 1)}", style="dim"), soft_wrap=True)
        if record["read_from"]:
            console.print(Text(f"    {record['read_from']}", style="dim"), soft_wrap=True)
    colours = {"error": "red", "warning": "yellow", "note": ""}
    for finding in report["findings"]:
        told = f"  {finding['severity']}: {finding['sentence']}"
        console.print(Text(told, style=colours[finding["severity"]]), soft_wrap=True)
    looked_at = {"cycling", "rest"} & {record["technique"] for record in records}
    if not report["findings"]:
        console.print("  nothing odd" if looked_at else "  it can be read; no more is looked at")


def _line(record: dict[str, Any], many: bool) -> str:
    """Say what one record was read as."""
    method = f" ({record['method']})" if record["method"] else ""
    whose = f"cell {record['cell_id']}, " if many else ""
    began = f", begun {record['began']}" if record["began"] else ", no date"
    told = f"{record['technique']}{method}: {record['rows']:,} rows, by {record['reader']}"
    return f"{whose}{record['file']}: {told}{began}"
