"""What people say of cycles: the columns of ``labels.csv``, and which cycles a row speaks of.

A label holds on to the time of the samples that its reviewer saw, not to cycle numbers: where a
file grows or is read anew the same samples keep it. The absolute time holds where the files state
one, also when earlier files are found later; else cell-life seconds do. Of one reviewer the later
row counts where two overlap; rows are never changed.
"""

from __future__ import annotations

import hashlib
import math
from datetime import UTC, datetime
from typing import Final

import numpy as np
import pandas as pd

JUDGED: Final = ("healthy", "soft", "hard")
NOT_JUDGEABLE: Final = "not_judgeable"
WITHDRAWN: Final = "withdrawn"
STATES: Final = (*JUDGED, NOT_JUDGEABLE, WITHDRAWN)
"""``withdrawn`` takes back what the same reviewer said of these cycles before."""
SOURCES: Final = ("opening", "impedance", "post_mortem", "trace", "other")
"""How it is known: cell opened, a spectrum, post-mortem analysis, judgement of the trace."""
COLUMNS: Final = (
    "cell_id",
    "first_cycle",
    "last_cycle",
    "start_time_second",
    "end_time_second",
    "start_time",
    "end_time",
    "state",
    "source",
    "confidence",
    "reviewer",
    "reviewed_at",
    "file_sha256",
    "detector_version",
    "note",
)
"""``first_cycle`` to ``last_cycle`` count from 0, ends included, as every table of verdicts does.
Cell-life seconds win over them, and ``start_time`` to ``end_time`` (ISO 8601, UTC where nothing
else is said) over both, where files state the time. ``confidence`` is 0 to 1."""
CYCLES: Final = ("cell_id", "cycle_index", "start_time_second", "end_time_second")
"""Columns of the cycles that labels are put on."""
ROUNDED: Final = 1e-3
"""s, to which times are written."""
HALF: Final = 0.5
"""Share of a cycle's time that must lie in a label's range."""


def no_labels() -> pd.DataFrame:
    """Return a table of labels without rows."""
    return pd.DataFrame({name: pd.Series(dtype=_TYPES.get(name, object)) for name in COLUMNS})


_TYPES: Final = dict.fromkeys(
    ("first_cycle", "last_cycle", "start_time_second", "end_time_second", "confidence"), "float64"
)


def moment(text: str) -> float:
    """Return an ISO 8601 time as seconds since 1970 (UTC where it names no zone); NaN for none.

    Raises
    ------
    ValueError
        If it is no time.
    """
    if not text:
        return math.nan
    told = datetime.fromisoformat(text)
    return (told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp()


def iso(unix_second: float) -> str:
    """Return seconds since 1970 as ISO 8601 in UTC, to the millisecond; empty for NaN."""
    if not math.isfinite(unix_second):
        return ""
    return datetime.fromtimestamp(unix_second, UTC).isoformat(timespec="milliseconds")


def absolute(life_second: float, moments: np.ndarray) -> float:
    """Return the absolute time (s since 1970) of a moment of a cell's life; NaN if not known.

    Parameters
    ----------
    life_second : float
    moments : ndarray, shape (n, 2)
        Of :meth:`softbreak.data.history.CellHistory.moments`.
    """
    return _moved(life_second, moments, 0, 1)


def in_life_time(labels: pd.DataFrame, cell_id: str, moments: np.ndarray) -> pd.DataFrame:
    """Return the labels of a cell, those with absolute times at their place in its life.

    Parameters
    ----------
    labels : DataFrame
        ``COLUMNS``; of any cells.
    cell_id : str
    moments : ndarray, shape (n, 2)
        Of :meth:`softbreak.data.history.CellHistory.moments`.
    """
    mine = labels[labels["cell_id"] == cell_id]
    told = mine[["start_time", "end_time"]].map(moment)
    life = told.map(lambda second: _moved(second, moments, 1, 0))
    known = np.isfinite(life.to_numpy(dtype=np.float64)).all(axis=1)
    ends = ["start_time_second", "end_time_second"]
    placed = np.where(known[:, None], life.to_numpy(dtype=np.float64), mine[ends].to_numpy())
    return mine.assign(**dict(zip(ends, placed.T, strict=True)))


def _moved(second: float, moments: np.ndarray, one: int, other: int) -> float:
    """Move a time from one clock to the other by the last record that began before it."""
    known = moments[np.isfinite(moments).all(axis=1)]
    if not (len(known) and math.isfinite(second)):
        return math.nan
    known = known[np.argsort(known[:, one], kind="stable")]
    begun = known[max(int(np.searchsorted(known[:, one], second + ROUNDED)) - 1, 0)]
    return float(second + begun[other] - begun[one])


def covered(label: pd.Series, cycles: pd.DataFrame) -> np.ndarray:
    """Return which cycles of its cell a label speaks of.

    Parameters
    ----------
    label : Series
        A row of labels.
    cycles : DataFrame
        ``CYCLES`` of one cell.

    Returns
    -------
    ndarray of bool
        At least half of the cycle's time lies in the label's range; by number where the label has
        no times.
    """
    first, last = label["start_time_second"], label["end_time_second"]
    if not (np.isfinite(first) and np.isfinite(last)):
        index = cycles["cycle_index"].to_numpy()
        found = (index >= label["first_cycle"]) & (index <= label["last_cycle"])
        return np.asarray(found)
    begin = cycles["start_time_second"].to_numpy(dtype=np.float64)
    end = cycles["end_time_second"].to_numpy(dtype=np.float64)
    shared = np.minimum(end, last) - np.maximum(begin, first)
    return np.asarray((shared >= HALF * (end - begin)) & (shared >= 0.0))


def by_reviewer(labels: pd.DataFrame, cycles: pd.DataFrame) -> pd.DataFrame:
    """Return what each reviewer says of each cycle at last.

    Parameters
    ----------
    labels : DataFrame
        ``COLUMNS``.
    cycles : DataFrame
        ``CYCLES`` of any number of cells.

    Returns
    -------
    DataFrame
        ``cell_id, cycle_index, reviewer, state, source, confidence``: one row a cycle and
        reviewer who spoke of it; what was withdrawn is left out.
    """
    # rows without a moment stand as they are written; the others in the order of their moments
    ordered = labels.assign(_at=labels["reviewed_at"].fillna("")).sort_values("_at", kind="stable")
    of_cell = dict(iter(cycles.groupby("cell_id", sort=False)))
    said: dict[tuple[str, int, str], tuple[str, str, float]] = {}
    for _, label in ordered.iterrows():
        part = of_cell.get(label["cell_id"])
        if part is None:
            continue
        for index in part["cycle_index"].to_numpy()[covered(label, part)].tolist():
            key = (label["cell_id"], index, label["reviewer"])
            said[key] = (label["state"], label["source"], float(label["confidence"]))
    rows = [(*key, *value) for key, value in said.items() if value[0] != WITHDRAWN]
    names = ["cell_id", "cycle_index", "reviewer", "state", "source", "confidence"]
    return pd.DataFrame(rows, columns=names).sort_values(names[:3], ignore_index=True)


def on_cycles(labels: pd.DataFrame, cycles: pd.DataFrame) -> pd.DataFrame:
    """Return the label of each cycle, of all reviewers together.

    Where reviewers differ, the state with the larger sum of confidences counts; where these are
    equal nobody knows, and the cycle has no label. Nor has one that nobody could judge.

    Parameters
    ----------
    labels, cycles : DataFrame
        See :func:`by_reviewer`.

    Returns
    -------
    DataFrame
        One row for each of ``cycles``, in their order: ``state`` (missing where there is none),
        ``confidence`` (0 to 1, of the state, less what speaks against it), ``reviewers``.
    """
    spoken = by_reviewer(labels, cycles)
    spoken = spoken[spoken["state"].isin(JUDGED)]
    keys = ["cell_id", "cycle_index"]
    votes = spoken.groupby([*keys, "state"])["confidence"].sum().unstack(fill_value=0)
    votes = votes.reindex(columns=list(JUDGED), fill_value=0.0)
    strengths = np.sort(votes.to_numpy(), axis=1)
    lead = strengths[:, -1] - strengths[:, -2]
    best = np.array(JUDGED, dtype=object)[votes.to_numpy().argmax(axis=1)]
    count = spoken.groupby(keys)["reviewer"].nunique().reindex(votes.index)
    share = np.divide(lead, count.to_numpy(), out=np.zeros(len(lead)), where=lead > 0.0)
    told = pd.DataFrame(
        {
            "state": np.where(lead > 0.0, best, None),
            "confidence": share,
            "reviewers": count.to_numpy(dtype=np.int64),
        },
        index=votes.index,
    )
    wanted = pd.MultiIndex.from_frame(cycles[keys])
    found = told.reindex(wanted).reset_index(drop=True)
    found["confidence"] = found["confidence"].fillna(0.0)
    found["reviewers"] = found["reviewers"].fillna(0).astype(np.int64)
    return found


def digest_of(labels: pd.DataFrame) -> str:
    """Return a hash (SHA-256) of what labels say, whatever their order.

    Parameters
    ----------
    labels : DataFrame
    """
    text = labels[list(COLUMNS)].map(lambda value: "" if pd.isna(value) else str(value))
    rows = sorted("\x1f".join(row) for row in text.itertuples(index=False))
    return hashlib.sha256("\x1e".join(rows).encode("utf-8", "surrogatepass")).hexdigest()
