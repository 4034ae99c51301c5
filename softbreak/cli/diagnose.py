"""``softbreak diagnose``: one cell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from softbreak.cli.console import (
    FailOn,
    Json,
    Quiet,
    Verbose,
    at_work,
    exit_code,
    print_json,
    rows_of,
    say,
    speak,
    stdout,
)
from softbreak.cli.detectors import local_detector

if TYPE_CHECKING:
    from softbreak.models.diagnosis.result import Diagnosis

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(epilog="Example: softbreak diagnose cell7.mpr cell7_eis.mpr --area 0.785 --png out/")
def diagnose(
    files: Annotated[list[Path], typer.Argument(help="The cell's files, or its folder.")],
    area: Annotated[float | None, typer.Option(help="Electrode area in cm².")] = None,
    detector: Annotated[
        str, typer.Option(help="Who judges: a name, a model's folder, or models:/NAME@ALIAS.")
    ] = "hybrid",
    html: Annotated[Path | None, typer.Option(help="Write a report page into this folder.")] = None,
    png: Annotated[Path | None, typer.Option(help="Write pictures into this folder.")] = None,
    fail_on: Annotated[
        FailOn | None, typer.Option(help="End with exit code 1 if the cell is so, or worse.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Look at one cell: states over time, the evidence, the electronic fraction, pictures.

    Exit code: 0 done; 1 done, and --fail-on found something; 2 a file could not be used.
    """
    import softbreak

    speak(quiet, verbose)
    facts = {} if area is None else {"area_cm2": area}
    with at_work(quiet, "Reading and judging the cell"):
        cell = softbreak.read(files[0] if len(files) == 1 else files, **facts)
        diagnosis = softbreak.examine(cell, local_detector(detector))
    written = _write(diagnosis, html, png)
    if as_json:
        print_json(_as_json(diagnosis))
    elif not quiet:
        from softbreak.report.terminal import diagnosis_view

        stdout().print(diagnosis_view(diagnosis))
        for path in written:
            say(str(path))
    raise typer.Exit(exit_code([str(diagnosis.summary["state"])], 0, fail_on))


def _write(diagnosis: Diagnosis, html: Path | None, png: Path | None) -> list[Path]:
    import softbreak

    written: list[Path] = []
    if html is not None:
        from softbreak.archive.results.triage_result import failures_frame, ranked
        from softbreak.report.page import write_report

        page = write_report(
            html,
            run={"versions": {"softbreak": softbreak.__version__}},
            cells=ranked([diagnosis.summary]),
            failures=failures_frame([]),
            diagnoses=[diagnosis],
        )
        written.append(page)
    if png is not None:
        from softbreak.report.page import static_figures

        written += static_figures(diagnosis, png, ("png",))
    return written


def _as_json(diagnosis: Diagnosis) -> dict[str, object]:
    return {
        "summary": diagnosis.summary,
        "verdicts": rows_of(diagnosis.verdicts),
        "findings": [
            {"severity": f.severity, "topic": f.topic, "sentence": f.sentence}
            for f in diagnosis.findings
        ],
    }
