"""The table of evidence: neighbouring cycles of one state in a row, for pages and terminals."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import pandas as pd

from softbreak.report.number_words import MISSING, as_float, hours, interval, percent, plain
from softbreak.report.states import Run, evidence_of, runs_of, telling_row, telling_runs
from softbreak.verdict import State, cycle_number

MOST_SENTENCES: Final = 3
_ENDS: Final = ("lower", "upper")


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """Neighbouring cycles of one state, in words.

    Attributes
    ----------
    state : State
    cycles : str
        Counted from 1: ``7`` or ``7 to 12``.
    file : str
        The numbers that the files give these cycles; empty where they give none.
    begin : str
        Hours, without the unit.
    fraction : str
        η_e: of one cycle with its interval, of several from the least to the largest.
    cycle : str
        The cycle that the sentences speak of, where the row holds several.
    sentences : tuple of str
    basis, transient : str
        Sentences; empty where there is nothing to say.
    """

    state: State
    cycles: str
    file: str
    begin: str
    fraction: str
    cycle: str
    sentences: tuple[str, ...]
    basis: str
    transient: str


def evidence_table(
    verdicts: pd.DataFrame, half_cycles: pd.DataFrame | None = None, *, most: int
) -> tuple[list[EvidenceRow], int]:
    """Return the rows, and how many runs of states are left out.

    Parameters
    ----------
    verdicts : pandas.DataFrame
        Of one cell.
    half_cycles : pandas.DataFrame, optional
        Of :class:`softbreak.models.diagnosis.result.Diagnosis`, for the files' own numbers.
    most : int
        So many rows at most: the first, the last and the longest runs.
    """
    runs, numbers = runs_of(verdicts), numbers_in_files(half_cycles)
    rows = [_row(run, verdicts, numbers) for run in telling_runs(runs, most)]
    return rows, max(len(runs) - most, 0)


def numbers_in_files(half_cycles: pd.DataFrame | None) -> dict[int, tuple[int, int]]:
    """Return the first and the last number that the files give each cycle, by ``cycle_index``.

    Parameters
    ----------
    half_cycles : pandas.DataFrame or None
        Results from before these numbers were kept have none.
    """
    if half_cycles is None or "file_cycle" not in half_cycles:
        return {}
    known = half_cycles[np.isfinite(half_cycles["file_cycle"].to_numpy(dtype=np.float64))]
    ends = known.groupby("cycle_index")["file_cycle"].agg(["first", "last"]).astype(int)
    return {cycle: (first, last) for cycle, first, last in ends.itertuples()}


def _row(run: Run, verdicts: pd.DataFrame, numbers: Mapping[int, tuple[int, int]]) -> EvidenceRow:
    rows = verdicts.iloc[run.first_row : run.last_row + 1]
    place = telling_row(run)
    telling = verdicts.iloc[place]
    sentences = (plain(item.sentence) for item in evidence_of(telling["evidence"]))
    several = len(rows) > 1
    return EvidenceRow(
        run.state,
        run.cycles.removeprefix("cycles ").removeprefix("cycle "),
        _in_files(run, numbers),
        hours(run.start_second).removesuffix(" h"),
        _fraction(rows),
        f"cycle {cycle_number(telling['cycle_index'])}" if several else "",
        tuple(sentence for sentence in sentences if sentence)[:MOST_SENTENCES],
        _stands_on(rows),
        _transient(int(rows["transient_short"].sum()), len(rows)),
    )


def _in_files(run: Run, numbers: Mapping[int, tuple[int, int]]) -> str:
    if run.first_cycle not in numbers or run.last_cycle not in numbers:
        return ""
    first, last = numbers[run.first_cycle][0], numbers[run.last_cycle][1]
    inside = range(run.first_cycle, run.last_cycle + 1)
    starts = [numbers[cycle][0] for cycle in inside if cycle in numbers]
    if any(later < earlier for earlier, later in pairwise(starts)):
        return f"{first} of one file to {last} of a later one"
    return str(first) if first == last else f"{first} to {last}"


def _fraction(rows: pd.DataFrame) -> str:
    """A number of one cycle with its interval; of several what lies between them all.

    Where cycles are left open no number is given: only what their intervals allow.
    """
    if rows["state"].iloc[0] == State.UNDETERMINED:
        bounds = [rows[f"electronic_fraction_{end}"].to_numpy(np.float64) for end in _ENDS]
        if not all(np.isfinite(bound).any() for bound in bounds):
            return MISSING
        return percent_range(float(np.nanmin(bounds[0])), float(np.nanmax(bounds[1])))
    values = rows["electronic_fraction"].to_numpy(dtype=np.float64)
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        return MISSING
    if len(rows) == 1:
        row = rows.iloc[0]
        ends = (row["electronic_fraction_lower"], row["electronic_fraction_upper"])
        return interval(values[0], *map(as_float, ends))
    return percent_range(float(values[known].min()), float(values[known].max()))


def percent_range(low: float, high: float) -> str:
    """Write two fractions as ``56 to 71 %``, and as one where they read alike."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return MISSING
    least, most = percent(low), percent(high)
    return most if least == most else f"{least.removesuffix(' %')} to {most}"


def _transient(seen: int, count: int) -> str:
    if not seen:
        return ""
    which = "this cycle" if count == 1 else f"{seen} of these cycles"
    return f"Short excursions of the voltage in {which}."


def _stands_on(rows: pd.DataFrame) -> str:
    """What neighbouring verdicts of one state rest on, in words."""
    if "basis" not in rows:
        return ""
    found = [plain(basis) for basis in rows["basis"].dropna().unique() if basis]
    return f"Stands on: {', '.join(found)}." if found else ""
