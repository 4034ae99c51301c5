"""What people say of cycles: the columns of ``labels.csv``, and which cycles a row speaks of.

A label holds on to the time of the samples that its reviewer saw (cell-life seconds), not to cycle
numbers: where a file grows or is read anew the same samples keep it. Of one reviewer the later row
counts where two overlap; rows are never changed.
"""

from __future__ import annotations

import hashlib
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
Times are cell-life seconds and win where both are given. ``confidence`` is 0 to 1."""
CYCLES: Final = ("cell_id", "cycle_index", "start_time_second", "end_time_second")
"""Columns of the cycles that labels are put on."""
HALF: Final = 0.5
"""Share of a cycle's time that must lie in a label's range."""


def no_labels() -> pd.DataFrame:
    """Return a table of labels without rows."""
    return pd.DataFrame({name: pd.Series(dtype=_TYPES.get(name, object)) for name in COLUMNS})


_TYPES: Final = dict.fromkeys(
    ("first_cycle", "last_cycle", "start_time_second", "end_time_second", "confidence"), "float64"
)


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
