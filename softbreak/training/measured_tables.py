"""Scores on measured cells, with their intervals over cells, and who may be champion."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from softbreak.training import episodes, metrics, significance
from softbreak.training.baselines import BASELINES, baseline

REFERENCES: Final = ("hybrid", "fused", "cv-hardened", "cv-literal")
BETTER_THAN: Final = ("hybrid", "fused")
"""Whom a champion may not be worse than."""
ERRORS: Final = ("wrong_healthy", "false_alarms")


def measured_tables(judged: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return ``scores`` and ``differences`` of detectors on the same labelled cells.

    Parameters
    ----------
    judged : DataFrame
        With ``detector``; the trivial baselines are added.

    Returns
    -------
    dict of str to DataFrame
        Errors per 1000 cycles, with bootstrap intervals over cells (95 %).
    """
    parts = {str(name): part for name, part in judged.groupby("detector", sort=False)}
    first = next(iter(parts.values()))
    parts |= {name: baseline(first, name) for name in BASELINES}
    scores = [{"detector": name, **scores_of(part)} for name, part in parts.items()]
    differences = [
        {"detector": name, "reference": other, **_difference(part, parts[other])}
        for name, part in parts.items()
        for other in REFERENCES
        if other in parts and other != name
    ]
    return {"scores": pd.DataFrame(scores), "differences": pd.DataFrame(differences)}


def scores_of(part: pd.DataFrame) -> dict[str, Any]:
    """Return the scores of one detector's judged table."""
    counts, errors = metrics.cell_confusions(part)[1], significance.error_counts(part)
    onset = episodes.onset_scores(part)
    found: dict[str, Any] = {
        "cells": part["cell_id"].nunique(),
        "cycles": len(part),
        "cycles_faulty": int((part["state_true"] != "healthy").sum()),
        "coverage": float(metrics.coverage(counts.sum(axis=0))),
        "macro_f1": float(metrics.macro_f1(counts.sum(axis=0))),
        "macro_f1_forced": float(metrics.macro_f1(counts.sum(axis=0), forced=True)),
    }
    for k, name in enumerate(ERRORS):
        one = significance.bootstrap(_rate(k), errors)
        found |= {name: one.value, f"{name}_lower": one.lower, f"{name}_upper": one.upper}
    kept = ("onsets", "onset_delay_median", "onset_missed")
    return found | {name: onset[name] for name in kept}


def _rate(number: int) -> Callable[[np.ndarray], np.ndarray]:
    """Return the function that takes one of ``ERRORS`` from counts."""

    def rate(counts: np.ndarray) -> np.ndarray:
        return significance.rates(counts)[..., number]

    return rate


def _difference(part: pd.DataFrame, other: pd.DataFrame) -> dict[str, float]:
    """How much larger each error rate is than the reference's, on the same cells."""
    ours, theirs = significance.error_counts(part), significance.error_counts(other)
    found: dict[str, float] = {}
    for k, name in enumerate(ERRORS):
        one = significance.bootstrap_difference(_rate(k), ours, theirs)
        found |= {name: one.value, f"{name}_lower": one.lower, f"{name}_upper": one.upper}
    return found


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether a model may be champion.

    Attributes
    ----------
    open : bool
    reasons : tuple of str
        Why not, with figures.
    """

    open: bool
    reasons: tuple[str, ...]


def gate(candidate: str, judged: dict[str, pd.DataFrame | None]) -> Gate:
    """Compare a candidate with those whom it may not be worse than.

    Parameters
    ----------
    candidate : str
        Its name in the tables.
    judged : dict of str to DataFrame or None
        Held-out verdicts by where they come from ("measured", "simulated"); None where nothing
        could be held out, which shows nothing and keeps the gate shut.
    """
    reasons: list[str] = []
    for where, table in judged.items():
        if table is None:
            reasons.append(f"No {where} cell could be held out, so nothing is shown.")
        else:
            reasons += _worse(candidate, where, table)
    return Gate(not reasons, tuple(reasons))


def _worse(candidate: str, where: str, table: pd.DataFrame) -> list[str]:
    rates = {
        str(name): {error: getattr(metrics, error)(part) for error in ERRORS}
        for name, part in table.groupby("detector", sort=False)
    }
    told = []
    for error in ERRORS:
        mine, words = rates[candidate][error], error.replace("_", " ")
        if math.isnan(mine):
            told.append(f"On {where} cells there is no cycle to count {words} on.")
        for name in BETTER_THAN:
            other = rates[name][error]
            if mine > other:
                told.append(
                    f"On {where} cells that were held out: {words} {mine:.3g} per 1000 cycles, "
                    f"{name} {other:.3g}."
                )
    return told
