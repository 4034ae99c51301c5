"""What ``train`` and ``compare`` do with a lab's own labelled cells."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from softbreak.cli.console import progress_bar, rows_of, stdout

if TYPE_CHECKING:
    import pandas as pd

    from softbreak.training.evidence_tables import Gathered
    from softbreak.training.measured import Archive
    from softbreak.training.train_measured import MeasuredPlan, TrainedMeasured

SHOWN = {
    "detector": "detector",
    "cells": "cells",
    "coverage": "answered",
    "macro_f1": "macro F1",
    "wrong_healthy": "wrong healthy (95 %)",
    "false_alarms": "false alarms (95 %)",
    "onset_delay_median": "delay",
    "onset_missed": "missed",
}


def labelled_archive(
    root: Path, file: Path, group: str, quiet: bool
) -> tuple[Archive, pd.DataFrame]:
    """Read labels, and the cells of the archive that they speak of."""
    from softbreak.archive.inputs.label_file import read_labels
    from softbreak.archive.labelled_cells import labelled_cells
    from softbreak.features.evidence.cell_evidence import gather
    from softbreak.models.rules.impedance import read_spectra
    from softbreak.training.evidence_tables import Gathered
    from softbreak.training.measured import archive_of

    labels = read_labels(file)
    with progress_bar(quiet) as bar:
        task = bar.add_task("Reading cells with labels", total=None)

        def moved(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        def cells() -> Iterator[tuple[Gathered, str, pd.DataFrame]]:
            for one in labelled_cells(root, labels, group=group, progress=moved):
                evidence = gather(one.history)
                yield Gathered(evidence, tuple(read_spectra(evidence))), one.group, one.labels

        return archive_of(cells()), labels


def train_on(
    plan: MeasuredPlan,
    where: tuple[Path, Path, str],
    out: Path,
    *,
    population: Path | None,
    workers: int,
    quiet: bool,
) -> TrainedMeasured:
    """Train on the archive, the labels and the lab groups of ``where``, under a progress bar."""
    from softbreak.training.train_measured import train_measured

    known = labelled_archive(*where, quiet)
    with progress_bar(quiet) as bar:
        task = bar.add_task("Simulating cells", total=None)

        def told(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total)

        return train_measured(plan, known, out, population=population, workers=workers, told=told)


def track(trained: TrainedMeasured, labels: Path, register: str, alias: str, *, force: bool) -> str:
    """Log the training to MLflow; return the model's URI."""
    from softbreak.training import tracking
    from softbreak.training.train_measured import log_measured

    name = f"{trained.plan.model}, {trained.card['measured_cells']} measured cells"
    with tracking.run(name) as run:
        return log_measured(
            run, trained, source=str(labels), register=register, alias=alias, force=force
        )


def told_of(trained: TrainedMeasured, uri: str) -> dict[str, Any]:
    """Return what ``--json`` says."""
    return {
        "model": str(trained.folder),
        "uri": uri,
        "card": trained.card,
        "champion_allowed": trained.gate.open,
        "reasons": list(trained.gate.reasons),
        "doubts": list(trained.doubts),
        "tables": {name: rows_of(table) for name, table in trained.tables.items()},
    }


def tell(trained: TrainedMeasured, uri: str) -> None:
    """Print scores, doubts, and whether the model may be champion."""
    typer.echo(f"Trained on {trained.card['trained_on']}.")
    if trained.tables:
        show(trained.tables["scores"], "MEASURED cells, each judged by a model that never saw it")
    for sentence in trained.doubts:
        typer.echo(sentence)
    for sentence in trained.gate.reasons:
        typer.echo(f"Not champion: {sentence}")
    typer.echo(f"Model: {trained.folder.resolve()}" + (f"  MLflow: {uri}" if uri else ""))


def compare_on(
    root: Path, file: Path, group: str, detectors: tuple[str, ...], *, quiet: bool
) -> dict[str, Any]:
    """Let detectors judge the labelled cells; return tables and doubts."""
    import pandas as pd

    from softbreak.models.registry import detector_of
    from softbreak.training.judging import label_of
    from softbreak.training.measured import doubts, judged_cells
    from softbreak.training.measured_tables import measured_tables

    archive, _ = labelled_archive(root, file, group, quiet)
    able = [name for name in detectors if not detector_of(name).waveforms]
    with progress_bar(quiet) as bar:
        judged = [
            judged_cells(archive, detector_of(name), label_of(name))
            for name in bar.track(able, description="Judging measured cells")
        ]
    tables = measured_tables(pd.concat(judged, ignore_index=True))
    return {"tables": tables, "doubts": doubts(archive.truth)}


def write_tables(out: Path, tables: dict[str, pd.DataFrame]) -> Path:
    """Write one CSV a table; return their folder."""
    folder = out / "tables"
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False, float_format="%.6g")
    return folder


def show(scores: pd.DataFrame, title: str) -> None:
    """Print scores as a table."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold", title_justify="left", title=title)
    for name, words in SHOWN.items():
        table.add_column(words, justify="left" if name == "detector" else "right")
    for row in scores.to_dict("records"):
        table.add_row(*[_text({str(k): v for k, v in row.items()}, name) for name in SHOWN])
    stdout().print(table)


def _text(row: dict[str, Any], name: str) -> str:
    value = row[name]
    if isinstance(value, str | int):
        return str(value)
    if math.isnan(value):
        return "–"
    if f"{name}_lower" in row:
        return f"{value:.3g} ({row[f'{name}_lower']:.3g} to {row[f'{name}_upper']:.3g})"
    return f"{value:.3g}"
