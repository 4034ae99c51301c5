"""``softbreak compare``: detectors on the same held-out simulated cells."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from softbreak.cli.console import (
    Json,
    Quiet,
    Verbose,
    print_json,
    progress_bar,
    rows_of,
    say,
    speak,
)
from softbreak.cli.detectors import local_detector

if TYPE_CHECKING:
    import pandas as pd

    from softbreak.training.compare import Compared, Comparison

app = typer.Typer(rich_markup_mode=None, add_completion=False)

_SHOWN = {
    "detector": "detector",
    "coverage": "answered",
    "macro_f1": "macro F1",
    "macro_f1_forced": "forced",
    "wrong_healthy": "wrong healthy",
    "false_alarms": "false alarms",
    "ece": "ECE",
    "onset_delay_median": "delay",
}


@app.command(
    epilog="Example: softbreak compare --cells 300 --out comparison    "
    "softbreak compare --detectors fused,cv-hardened --laws b --out quick --cells 100"
)
def compare(
    out: Annotated[Path, typer.Option("--out", "-o", help="Receives index.html and tables/.")],
    cells: Annotated[int, typer.Option(min=1, help="Simulated cells of each law set.")] = 300,
    seed: Annotated[
        int, typer.Option(min=1000, help="Of the cells; seeds below 1000 are for training.")
    ] = 20260,
    laws: Annotated[
        str, typer.Option(help="Law sets: b was never trained on; a was, on other cells.")
    ] = "b,a",
    detectors: Annotated[
        str, typer.Option(help="Names, folders of models, models:/NAME@ALIAS; with commas. [all]")
    ] = "",
    evidence: Annotated[
        str, typer.Option(help="all (that each cell has), voltage (alone), or both.")
    ] = "both",
    archive: Annotated[Path | None, typer.Option(help="Compare on your own cells instead.")] = None,
    labels: Annotated[
        Path | None, typer.Option(help="What you know of their cycles: labels.csv.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Compare detectors with the CV rule, openly: every score with its interval.

    The cells are SIMULATED; every score stands beside trivial baselines. Writes OUT/index.html
    and one CSV a table. With --archive and --labels they are your own, and one CSV a table is all:
    name there only models that did not learn from these labels. Exit code: 0 done; 2 could not run.
    """
    speak(quiet, verbose)
    if archive is not None or labels is not None:
        if archive is None or labels is None:
            raise typer.BadParameter("--archive and --labels go together")
        _own(archive, labels, _detectors(detectors), out, as_json=as_json, quiet=quiet)
        return
    from softbreak.training.compare import Comparison

    comparison = Comparison(_detectors(detectors), cells, seed, _laws(laws), _settings(evidence))
    compared = _run(comparison, workers, quiet)
    page = _write(out, compared)
    if as_json:
        print_json(
            {
                "report": str(page),
                "simulated": True,
                "tables": {name: rows_of(table) for name, table in compared.tables.items()},
            }
        )
    elif not quiet:
        _show(compared.tables["scores"])
        say(f"Report: {page.resolve()}")


def _own(
    archive: Path, labels: Path, names: tuple[str, ...], out: Path, *, as_json: bool, quiet: bool
) -> None:
    from softbreak.cli import measured

    found = measured.compare_on(archive, labels, "", names, quiet=quiet)
    folder = measured.write_tables(out, found["tables"])
    if as_json:
        tables = {name: rows_of(table) for name, table in found["tables"].items()}
        print_json({"simulated": False, "tables": tables, "doubts": found["doubts"]})
    elif not quiet:
        measured.show(found["tables"]["scores"], "MEASURED cells; errors per 1000 cycles")
        for sentence in found["doubts"]:
            typer.echo(sentence)
        typer.echo(f"Tables: {folder.resolve()}")


def _detectors(names: str) -> tuple[str, ...]:
    from softbreak.models.registry import DETECTORS, detector_of

    chosen = tuple(name.strip() for name in names.split(",") if name.strip()) or tuple(DETECTORS)
    found = tuple(local_detector(name) for name in chosen)
    for name in found:
        detector_of(name)
    return found


def _laws(names: str) -> tuple[str, ...]:
    chosen = tuple(name.strip() for name in names.split(",") if name.strip())
    if not chosen or not set(chosen) <= {"a", "b"}:
        raise typer.BadParameter("law sets are a and b", param_hint="--laws")
    return chosen


def _settings(evidence: str) -> tuple[str, ...]:
    known = {
        "all": ("all evidence",),
        "voltage": ("voltage alone",),
        "both": ("all evidence", "voltage alone"),
    }
    if evidence not in known:
        raise typer.BadParameter("expected all, voltage or both", param_hint="--evidence")
    return known[evidence]


def _run(comparison: Comparison, workers: int, quiet: bool) -> Compared:
    from softbreak.training.compare import compare as run

    with progress_bar(quiet) as bar:
        task = bar.add_task("Judging simulated cells", total=None)

        def moved(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        return run(comparison, workers=workers, progress=moved)


def _write(out: Path, compared: Compared) -> Path:
    import softbreak
    from softbreak.report.comparison import write_comparison

    made = compared.comparison
    versions = ", ".join(_versioned(name) for name in made.detectors)
    facts = [
        ("cells", "simulated"),
        ("seed", str(made.seed)),
        ("cells of each law set", f"{made.cells:,}"),
        ("cycles of each cell", str(made.cycles)),
        ("voltammetry and impedance", "every 5 cycles"),
        ("softbreak", softbreak.__version__),
        ("detectors", versions),
    ]
    evidence = {1: {"all evidence": "all", "voltage alone": "voltage"}.get(made.settings[0], "")}
    command = (
        f"softbreak compare --cells {made.cells} --seed {made.seed} --laws {','.join(made.laws)} "
        f"--detectors {','.join(made.detectors)} "
        f"--evidence {evidence.get(len(made.settings), 'both')} --out comparison"
    )
    return write_comparison(out, compared.tables, facts=facts, command=command)


def _versioned(name: str) -> str:
    from softbreak.models.diagnosis.diagnose import detector_version
    from softbreak.models.registry import DETECTORS
    from softbreak.training.judging import label_of

    return f"{name} {detector_version(name)}" if name in DETECTORS else label_of(name)


def _show(scores: pd.DataFrame) -> None:
    from rich.table import Table

    from softbreak.cli.console import stdout

    console = stdout()
    for (laws, setting), part in scores.groupby(["laws", "setting"], sort=False):
        table = Table(box=None, pad_edge=False, header_style="bold", title_justify="left")
        table.title = f"SIMULATED cells, law set {laws}, {setting}; errors per 1000 cycles"
        for title in _SHOWN.values():
            first = title == "detector"
            table.add_column(title, justify="left" if first else "right", no_wrap=first)
        for row in part.to_dict("records"):
            table.add_row(*[_text(row[name]) for name in _SHOWN])
        console.print(table)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    number = float(str(value))
    if math.isnan(number):
        return "–"
    return f"{number:.3f}" if abs(number) < 10 else f"{number:.0f}"
