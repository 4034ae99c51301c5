"""The tables of a triage: ranked, written, and read back."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from softbreak.archive.failures import Failure
from softbreak.archive.store import (
    numbers_again,
    read_diagnosis,
    read_verdicts,
    result_path,
)
from softbreak.archive.tables import (
    CELLS,
    FAILURES,
    VERDICTS,
    frame_of,
    printable,
    table_of,
    write_parquet,
    write_text,
)
from softbreak.errors import ReadError
from softbreak.models.diagnosis import Diagnosis
from softbreak.verdict import State

_ORDER: Final = {State.HARD: 0, State.SOFT: 1, State.UNDETERMINED: 2, State.HEALTHY: 3}


@dataclass(frozen=True, repr=False, eq=False)
class TriageResult:
    """What a triage found.

    Attributes
    ----------
    out : Path
        The folder that holds it.
    cells : pandas.DataFrame
        ``cells.parquet``: one row a cell, the gravest first.
    failures : pandas.DataFrame
        ``failures.parquet``.
    run : dict
        ``run.json``.
    """

    out: Path
    cells: pd.DataFrame
    failures: pd.DataFrame
    run: dict[str, Any]

    def __repr__(self) -> str:
        """One line that says what it is."""
        states = ", ".join(f"{n} {s}" for s, n in self.cells["state"].value_counts().items())
        return (
            f"<TriageResult {self.out}: {states or 'no cell'}; {len(self.failures)} files failed>"
        )

    def verdicts(self) -> pd.DataFrame:
        """Return ``verdicts.parquet``: one row a cycle of every cell."""
        return pq.read_table(self.out / "verdicts.parquet").to_pandas()

    def diagnoses(self) -> Iterator[Diagnosis]:
        """Yield the cells' diagnoses in the order of ``cells``, one in memory at a time."""
        for name in self.cells["cell_id"]:
            yield read_diagnosis(result_path(self.out, name))


def ranked(summaries: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Put cells in order: hard, soft, undetermined, healthy; the surer, then the earlier, first.

    Parameters
    ----------
    summaries : sequence of mapping
        Rows of ``cells.parquet`` without ``rank``.

    Returns
    -------
    pandas.DataFrame
        With ``rank`` from 1.
    """

    def gravity(row: Mapping[str, Any]) -> tuple[int, float, float, str]:
        probability, onset = row["probability"], row["onset_time_second"]
        return (
            _ORDER[State(row["state"])],
            1.0 if math.isnan(probability) else -round(probability, 3),
            math.inf if math.isnan(onset) else onset,
            row["cell_id"],
        )

    ordered = sorted((numbers_again(row) for row in summaries), key=gravity)
    rows = [{**row, "rank": place} for place, row in enumerate(ordered, start=1)]
    return table_of(frame_of(rows, CELLS), CELLS).to_pandas()


def failures_frame(failures: Sequence[Failure]) -> pd.DataFrame:
    """Put failures into the columns of ``failures.parquet``."""
    rows = [dict(zip(FAILURES.names, map(printable, row), strict=True)) for row in failures]
    return frame_of(rows, FAILURES)


def write_result_tables(
    out: Path,
    results: Sequence[Path],
    summaries: Sequence[Mapping[str, Any]],
    failures: Sequence[Failure],
    run: dict[str, Any],
) -> TriageResult:
    """Write ``verdicts``, ``cells`` and ``failures.parquet`` and ``run.json``.

    Parameters
    ----------
    out : Path
    results : sequence of Path
        Stored results of the cells, in the order in which their verdicts shall stand.
    summaries : sequence of mapping
    failures : sequence of Failure
    run : dict
    """
    verdicts = [read_verdicts(path) for path in results]
    cells = ranked(summaries)
    failed = failures_frame(failures)
    write_parquet(pa.concat_tables([VERDICTS.empty_table(), *verdicts]), out / "verdicts.parquet")
    write_parquet(table_of(cells, CELLS), out / "cells.parquet")
    write_parquet(table_of(failed, FAILURES), out / "failures.parquet")
    write_text(json.dumps(run, indent=2, ensure_ascii=False) + "\n", out / "run.json")
    return TriageResult(out, cells, failed, run)


def load_result(out: Path) -> TriageResult:
    """Read back what a triage wrote.

    Raises
    ------
    ReadError
        If the folder holds no results.
    """
    try:
        cells = pq.read_table(out / "cells.parquet").to_pandas()
        failures = pq.read_table(out / "failures.parquet").to_pandas()
        run = json.loads((out / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, pa.ArrowException) as error:
        raise ReadError(
            out,
            found=str(error),
            expected="the folder that a triage wrote",
            remedy="Run 'softbreak triage' with --out and this folder.",
        ) from error
    return TriageResult(out, cells, failures, run)
