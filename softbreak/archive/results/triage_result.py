"""The tables of a triage: ranked, written, and read back."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from softbreak.archive.results.pack import Stored, key_of, numbers_again
from softbreak.archive.results.packs import Readers, Shelf
from softbreak.archive.tables import (
    CELLS,
    FAILURES,
    VERDICTS,
    Failure,
    frame_of,
    metadata_of,
    printable,
    table_of,
    write_parquet,
    write_tables,
    write_text,
    written_whole,
)
from softbreak.data.names import natural_key
from softbreak.errors import ReadError
from softbreak.models.diagnosis.result import Diagnosis
from softbreak.verdict import BASIS_COUNTS, State

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

    def diagnoses(self, cells: Iterable[str] | None = None) -> Iterator[Diagnosis]:
        """Yield diagnoses, one in memory at a time.

        Parameters
        ----------
        cells : iterable of str, optional
            Names; all, in the order of ``cells``, where it is not given.

        Raises
        ------
        ReadError
            If a cell's result is missing or damaged.
        """
        stored = Shelf(packs_of(self.out, self.run["model"])).index()
        with Readers() as readers:
            for name in self.cells["cell_id"] if cells is None else cells:
                key = key_of(name)
                if key not in stored:
                    raise ReadError(
                        self.out,
                        found=f"no result of a cell {name!r}",
                        expected="a cell of this triage",
                        remedy="Run triage again, or see cells.parquet for the names.",
                    )
                yield readers.of(stored[key]).diagnosis(key)


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

    def gravity(row: Mapping[str, Any]) -> tuple[int, float, float, Any]:
        probability, onset = row["probability"], row["onset_time_second"]
        return (
            _ORDER[State(row["state"])],
            1.0 if math.isnan(probability) else -round(probability, 3),
            math.inf if math.isnan(onset) else onset,
            natural_key(row["cell_id"]),
        )

    ordered = sorted((numbers_again(row) for row in summaries), key=gravity)
    rows = [{**row, **_stands_on(row), "rank": place} for place, row in enumerate(ordered, start=1)]
    return table_of(frame_of(rows, CELLS), CELLS).to_pandas()


def _stands_on(row: Mapping[str, Any]) -> dict[str, int]:
    """How many verdicts of a cell stand on what."""
    counted = row.get("basis", {})
    return {name: int(counted.get(basis.value, 0)) for name, basis in BASIS_COUNTS.items()}


def failures_frame(failures: Sequence[Failure]) -> pd.DataFrame:
    """Put failures into the columns of ``failures.parquet``."""
    rows = [dict(zip(FAILURES.names, map(printable, row), strict=True)) for row in failures]
    return frame_of(rows, FAILURES)


def packs_of(out: Path, model: str) -> Path:
    """Return the folder of a model's packs."""
    return out / "cells" / model


def write_result_tables(
    out: Path,
    stored: Mapping[str, Stored],
    failures: Sequence[Failure],
    skipped: Sequence[Sequence[str]],
    run: dict[str, Any],
) -> TriageResult:
    """Write ``verdicts``, ``cells`` and ``failures.parquet`` and ``run.json``.

    Each stands below ``models/``, beside those of other models; what lies in ``out`` itself is
    the same file under a second name.

    Parameters
    ----------
    out : Path
    stored : mapping
        Results by names of cells.
    failures, skipped : sequence
        Of the archive itself; those of the cells are added.
    run : dict
        Has ``model``; ``counts`` and ``skipped`` are filled in.
    """
    began = time.perf_counter()
    with Readers() as readers:
        order = [stored[name] for name in sorted(stored)]
        told = _gathered(readers, order, failures, skipped)
        _write_verdicts(out, readers, order, {"model": run["model"], "digest": told.digest})
    cells, failed = ranked(told.summaries), failures_frame(told.failures)
    about = {"model": run["model"]}
    for name, frame, schema in (("cells", cells, CELLS), ("failures", failed, FAILURES)):
        write_parquet(table_of(frame, schema), model_file(out, name, run["model"]), about)
        _publish(out, name, run["model"])
    run["counts"] = {
        "cells": len(told.summaries),
        "states": dict(Counter(str(row["state"]) for row in told.summaries)),
        "cycles": sum(int(row["n_cycles"]) for row in told.summaries),
        **{name: int(cells[name].sum()) for name in BASIS_COUNTS},
        **run["counts"],
        "failures": len(told.failures),
        "skipped": len(told.skipped),
        "joined": len(dict(told.joined)),
    }
    run["skipped"] = [{"path": path, "reason": reason} for path, reason in told.skipped]
    run["joined"] = [{"cell_id": name, "told": sentence} for name, sentence in told.joined]
    timings = run["timings"]
    timings["collect_second"] = time.perf_counter() - began
    timings["total_second"] = sum(timings.values())
    text = json.dumps(run, indent=2, ensure_ascii=False) + "\n"
    write_text(text, out / "models" / "runs" / f"{run['model']}.json")
    write_text(text, out / "run.json")
    return TriageResult(out, cells, failed, run)


def model_file(out: Path, table: str, model: str) -> Path:
    """Return where a model's table lies: a part of a dataset that is partitioned by model."""
    return out / "models" / table / f"model={model}" / "part-0.parquet"


class _Gathered(NamedTuple):
    summaries: list[dict[str, Any]]
    failures: list[Failure]
    skipped: list[list[str]]
    joined: list[tuple[str, str]]
    digest: str


def _gathered(
    readers: Readers,
    order: Sequence[Stored],
    failures: Sequence[Failure],
    skipped: Sequence[Sequence[str]],
) -> _Gathered:
    summaries: list[dict[str, Any]] = []
    failed = list(failures)
    left_out = [list(map(printable, row)) for row in skipped]
    joined: list[tuple[str, str]] = []
    digest = hashlib.sha256()
    for stored in order:
        meta = readers.meta(stored)
        failed += [Failure(*row) for row in meta["failures"]]
        left_out += meta["skipped"]
        joined += [(meta["basis"]["cell"]["cell_id"], told) for told in meta["joined"]]
        if "summary" in meta:
            summaries.append(meta["summary"])
        content = [told["sha256"] for told in meta["stamps"]]
        rests_on = [meta["basis"], content, meta["failures"], meta.get("summary")]
        digest.update(json.dumps(rests_on, sort_keys=True).encode())
    return _Gathered(summaries, failed, left_out, joined, digest.hexdigest())


def _write_verdicts(
    out: Path, readers: Readers, order: Sequence[Stored], told: Mapping[str, Any]
) -> None:
    path = model_file(out, "verdicts", told["model"])
    if metadata_of(path).get("digest") != told["digest"]:
        tables = (readers.of(stored).verdicts(stored.key) for stored in order)
        write_tables(tables, VERDICTS, path, told)
    _publish(out, "verdicts", told["model"])


def _publish(out: Path, table: str, model: str) -> None:
    """Give a model's table its second name, as the last run's."""
    source = model_file(out, table, model)

    def link(part: Path) -> None:
        try:
            part.hardlink_to(source)
        except OSError:  # not every file system has links
            shutil.copyfile(source, part)

    written_whole(out / f"{table}.parquet", link)


def load_result(out: Path) -> TriageResult:
    """Read back what a triage wrote.

    Raises
    ------
    ReadError
        If the folder holds no results.
    """
    try:
        metadata_of(out / "cells.parquet")
        cells = pq.read_table(out / "cells.parquet").to_pandas()
        failures = pq.read_table(out / "failures.parquet").to_pandas()
        run = json.loads((out / "run.json").read_text(encoding="utf-8"))
        run["model"]
    except (OSError, ValueError, LookupError, RecursionError, pa.ArrowException) as error:
        raise ReadError(
            out,
            found=str(error),
            expected="the folder that a triage wrote",
            remedy="Name the folder that 'softbreak triage' was given as --out, not the archive.",
        ) from error
    return TriageResult(out, cells, failures, run)
