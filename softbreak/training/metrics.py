"""Scores of verdicts beside the truth. Undefined is NaN, never zero.

A *judged* table has one row a cycle: what was said (``state``, ``p_healthy``, ``p_soft``,
``p_hard``, ``electronic_fraction`` with ``_lower`` and ``_upper``) and what is true
(``state_true``, ``eta``, ``transient_short``, ``cell_id``, ``cycle_index``, ``family``,
``chemistry``, ``laws`` and one column of bool a confounder).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from softbreak.training.labels import GUARD_BANDS, class_numbers, in_bands

PROBABILITIES: Final = ("p_healthy", "p_soft", "p_hard")
CLEARLY_FAULTY: Final = 0.2
"""η_e above which "healthy" is a grave error, not a matter of a limit."""
RARE: Final = 0.05
"""Share of faulty cycles in an archive of cells that mostly work."""
CONFIDENCE_BINS: Final = 15
UNDETERMINED: Final = 3
"""Column of undetermined cycles in a confusion matrix."""


def confusion(judged: pd.DataFrame) -> np.ndarray:
    """Return counts: true healthy, soft, hard (rows) against said, and undetermined (columns).

    Parameters
    ----------
    judged : DataFrame

    Returns
    -------
    ndarray of int64, shape (3, 4)
    """
    true, said = class_numbers(judged["state_true"]), class_numbers(judged["state"])
    said = np.where(said < 0, UNDETERMINED, said)
    return np.bincount(4 * true + said, minlength=12).reshape(3, 4)


def cell_confusions(judged: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the confusion matrix of each cell.

    Returns
    -------
    cells : ndarray of str
    counts : ndarray of int64, shape (n_cells, 3, 4)
    """
    cells, owner = np.unique(judged["cell_id"].to_numpy(dtype=object), return_inverse=True)
    true, said = class_numbers(judged["state_true"]), class_numbers(judged["state"])
    said = np.where(said < 0, UNDETERMINED, said)
    flat = np.bincount(12 * owner + 4 * true + said, minlength=12 * len(cells))
    return cells, flat.reshape(-1, 3, 4)


def f1_scores(counts: np.ndarray, *, forced: bool = False) -> np.ndarray:
    """Return the F1 of healthy, soft and hard: 2 TP/(2 TP + FP + FN).

    Parameters
    ----------
    counts : ndarray, shape (…, 3, 4)
    forced : bool
        Undetermined counts as an error; otherwise such cycles are left out.

    Returns
    -------
    ndarray, shape (…, 3)
        NaN for a class that is neither true nor said; 0 for one that is only ever left open.
    """
    answered = counts[..., :3]
    hit = np.diagonal(answered, axis1=-2, axis2=-1).astype(np.float64)
    said = answered.sum(axis=-2)
    true = (counts if forced else answered).sum(axis=-1)
    total = said + true
    missing = np.where(counts.sum(axis=-1) > 0, 0.0, np.nan)
    return np.divide(2.0 * hit, total, out=missing, where=total > 0)


def macro_f1(counts: np.ndarray, *, forced: bool = False) -> np.ndarray:
    """Return the mean F1 over the classes that occur; see :func:`f1_scores`."""
    scores = f1_scores(counts, forced=forced)
    known = np.isfinite(scores)
    some = known.sum(axis=-1)
    total = np.where(known, scores, 0.0).sum(axis=-1)
    return np.divide(total, some, out=np.full(total.shape, np.nan), where=some > 0)


def balanced_accuracy(counts: np.ndarray, *, forced: bool = False) -> np.ndarray:
    """Return the mean recall over the classes that are true of some cycle.

    Parameters
    ----------
    counts : ndarray, shape (…, 3, 4)
    forced : bool
    """
    answered = counts[..., :3]
    hit = np.diagonal(answered, axis1=-2, axis2=-1).astype(np.float64)
    true = (counts if forced else answered).sum(axis=-1)
    recall = np.divide(hit, true, out=np.zeros(hit.shape), where=true > 0)
    some = (true > 0).sum(axis=-1)
    total = recall.sum(axis=-1)
    return np.divide(total, some, out=np.full(total.shape, np.nan), where=some > 0)


def coverage(counts: np.ndarray) -> np.ndarray:
    """Return the share of cycles that were given a state."""
    total = counts.sum(axis=(-2, -1)).astype(np.float64)
    answered = counts[..., :3].sum(axis=(-2, -1))
    return np.divide(answered, total, out=np.full(total.shape, np.nan), where=total > 0)


def outside_bands(judged: pd.DataFrame) -> pd.DataFrame:
    """Return the cycles whose η_e is not within measurement of a limit (``GUARD_BANDS``)."""
    return judged[~in_bands(judged["eta"].to_numpy(), GUARD_BANDS)]


def per_thousand(wrong: np.ndarray | pd.Series, of: np.ndarray | pd.Series) -> float:
    """Return how many of a thousand are wrong; NaN where there are none at all."""
    count = int(np.asarray(of).sum())
    return 1000.0 * float((np.asarray(wrong) & np.asarray(of)).sum()) / count if count else np.nan


def wrong_healthy(judged: pd.DataFrame) -> float:
    """Return how many of 1000 cycles with η_e above 0.2 were called healthy."""
    return per_thousand(judged["state"] == "healthy", judged["eta"] > CLEARLY_FAULTY)


def false_alarms(judged: pd.DataFrame, *, transients: bool = True) -> float:
    """Return how many of 1000 healthy cycles were called soft or hard.

    Parameters
    ----------
    judged : DataFrame
    transients : bool
        Also of the healthy cycles in which electrons flowed for a moment: an alarm there is false
        by the label, and true by the cell.
    """
    healthy = judged["state_true"] == "healthy"
    if not transients:
        healthy &= ~judged["transient_short"].astype(bool)
    return per_thousand(judged["state"].isin(["soft", "hard"]), healthy)


def false_alarms_by_family(judged: pd.DataFrame, confounders: Sequence[str]) -> pd.DataFrame:
    """Return the false alarms of each healthy family.

    Cells that never break are parted by what confounds them (a cell with two confounders counts
    in both); healthy cycles of cells that break are a family of their own.

    Parameters
    ----------
    judged : DataFrame
    confounders : sequence of str

    Returns
    -------
    DataFrame
        ``family, cells, cycles, false_alarms`` (per 1000), ``undetermined`` (share).
    """
    whole = judged["family"] == "healthy"
    none = ~judged[list(confounders)].any(axis=1)
    groups = {"no confounder": whole & none}
    groups |= {name: whole & judged[name].astype(bool) for name in confounders}
    groups["cells that break, while healthy"] = ~whole
    rows = []
    for name, mine in groups.items():
        part = judged[mine & (judged["state_true"] == "healthy")]
        rows.append(
            {
                "family": name,
                "cells": part["cell_id"].nunique(),
                "cycles": len(part),
                "false_alarms": false_alarms(part),
                "undetermined": float((part["state"] == "undetermined").mean()),
            }
        )
    return pd.DataFrame(rows)


def alarm_precision(judged: pd.DataFrame, prevalence: float | None = None) -> float:
    """Return the share of alarms (soft or hard) that are true.

    Parameters
    ----------
    judged : DataFrame
    prevalence : float, optional
        Share of cycles that are soft or hard; what it is in the table where not given. Few cells
        of a real archive break down, and the same detector then cries wolf more often.
    """
    faulty = (judged["state_true"] != "healthy").to_numpy()
    alarm = judged["state"].isin(["soft", "hard"]).to_numpy()
    if not faulty.any() or faulty.all():
        return np.nan
    share = float(faulty.mean()) if prevalence is None else prevalence
    true = share * float(alarm[faulty].mean())
    false = (1.0 - share) * float(alarm[~faulty].mean())
    return true / (true + false) if true + false > 0.0 else np.nan


@dataclass(frozen=True, slots=True, eq=False)
class Reliability:
    """How often what was said with a probability is so.

    Attributes
    ----------
    said, happened : ndarray
        Mean probability and frequency of each bin; NaN for empty ones.
    count : ndarray
    error : float
        Expected calibration error: Σ n/N |happened − said|.
    """

    said: np.ndarray
    happened: np.ndarray
    count: np.ndarray
    error: float


def reliability(probability: np.ndarray, happened: np.ndarray, bins: int = 10) -> Reliability:
    """Compare probabilities with frequencies, in bins of equal width.

    Parameters
    ----------
    probability : ndarray
        NaN is left out.
    happened : ndarray of bool
    bins : int
    """
    known = np.isfinite(probability)
    p, y = np.asarray(probability)[known], np.asarray(happened, dtype=np.float64)[known]
    place = np.minimum((p * bins).astype(int), bins - 1)
    count = np.bincount(place, minlength=bins)
    with np.errstate(invalid="ignore"):
        said = np.bincount(place, p, minlength=bins) / count
        seen = np.bincount(place, y, minlength=bins) / count
    gap = np.nansum(np.abs(seen - said) * count)
    return Reliability(said, seen, count, float(gap / count.sum()) if len(p) else np.nan)


def fault_reliability(judged: pd.DataFrame, bins: int = 10) -> Reliability:
    """Compare P(soft or hard) with how often cycles are so."""
    said = (judged["p_soft"] + judged["p_hard"]).to_numpy(dtype=np.float64)
    return reliability(said, (judged["state_true"] != "healthy").to_numpy(), bins)


def confidence_reliability(judged: pd.DataFrame, bins: int = CONFIDENCE_BINS) -> Reliability:
    """Compare the largest probability with how often that class is right: its error is the ECE."""
    p = judged[list(PROBABILITIES)].to_numpy(dtype=np.float64)
    right = np.nan_to_num(p).argmax(axis=1) == class_numbers(judged["state_true"])
    return reliability(p.max(axis=1), right, bins)


def brier(judged: pd.DataFrame) -> float:
    """Return the mean of Σ (p − y)² over the three classes: 0 perfect, 2 worst."""
    p = judged[list(PROBABILITIES)].to_numpy(dtype=np.float64)
    y = np.eye(3)[class_numbers(judged["state_true"])]
    return float(((p - y) ** 2).sum(axis=1).mean()) if len(p) else np.nan


def risk_coverage(judged: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return how the share of errors grows as more cycles are answered, the surest first.

    The most probable class is taken for the answer, also where the detector abstained.

    Returns
    -------
    coverage, risk : ndarray
        Equal confidences are answered together.
    """
    p = judged[list(PROBABILITIES)].to_numpy(dtype=np.float64)
    known = np.isfinite(p).all(axis=1)
    p, true = p[known], class_numbers(judged["state_true"])[known]
    if not len(p):
        return np.empty(0), np.empty(0)
    sure = p.max(axis=1)
    order = np.argsort(-sure, kind="stable")
    wrong = (p.argmax(axis=1) != true)[order]
    last = np.append(np.diff(sure[order]) != 0.0, True)
    answered = np.arange(1, len(p) + 1)
    return answered[last] / len(judged), (np.cumsum(wrong) / answered)[last]


def eta_error(judged: pd.DataFrame) -> float:
    """Return the mean absolute error of η_e where an estimate is given."""
    error = (judged["electronic_fraction"] - judged["eta"]).abs()
    return float(error.mean())


def eta_interval(judged: pd.DataFrame) -> tuple[float, float]:
    """Return the share of cycles whose interval of η_e holds the truth, and the mean width."""
    low, high = judged["electronic_fraction_lower"], judged["electronic_fraction_upper"]
    known = low.notna() & high.notna()
    if not known.any():
        return np.nan, np.nan
    eta = judged["eta"]
    inside = (eta >= low - 1e-6) & (eta <= high + 1e-6)
    return float(inside[known].mean()), float((high - low)[known].mean())


def scores(judged: pd.DataFrame) -> dict[str, float]:
    """Return every score that one table of verdicts has, by name.

    Names that end in ``_clear`` leave out the guard bands; ``_forced`` counts undetermined as an
    error.

    Parameters
    ----------
    judged : DataFrame
    """
    counts, clear = confusion(judged), confusion(outside_bands(judged))
    f1, forced = f1_scores(counts), f1_scores(counts, forced=True)
    spoken = judged[judged["state"] != "undetermined"]
    short = judged[judged["state"].isin(["soft", "hard"])]
    inside, width = eta_interval(judged)
    return {
        "cells": float(judged["cell_id"].nunique()),
        "cycles": float(len(judged)),
        "coverage": float(coverage(counts)),
        "coverage_clear": float(coverage(clear)),
        "macro_f1": float(macro_f1(counts)),
        "macro_f1_clear": float(macro_f1(clear)),
        "macro_f1_forced": float(macro_f1(counts, forced=True)),
        "macro_f1_forced_clear": float(macro_f1(clear, forced=True)),
        **{f"f1_{name}": float(f1[k]) for k, name in enumerate(("healthy", "soft", "hard"))},
        **{
            f"f1_{name}_forced": float(forced[k])
            for k, name in enumerate(("healthy", "soft", "hard"))
        },
        "balanced_accuracy": float(balanced_accuracy(counts)),
        "balanced_accuracy_forced": float(balanced_accuracy(counts, forced=True)),
        "wrong_healthy": wrong_healthy(judged),
        "false_alarms": false_alarms(judged),
        "false_alarms_no_transients": false_alarms(judged, transients=False),
        "alarm_precision": alarm_precision(judged),
        "alarm_precision_rare": alarm_precision(judged, RARE),
        "ece": confidence_reliability(judged).error,
        "ece_answered": confidence_reliability(spoken).error,
        "ece_fault": fault_reliability(judged).error,
        "brier": brier(judged),
        "eta_error": eta_error(judged),
        "eta_interval_coverage": inside,
        "eta_interval_coverage_short": eta_interval(short)[0],
        "eta_interval_width": width,
    }
