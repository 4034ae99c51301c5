"""The package's only door to tsfresh, which takes seconds to import and is loaded when needed.

tsfresh: Christ, Braun, Neuffer and Kempa-Liehr (2018), doi 10.1016/j.neucom.2018.03.067.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final

import numpy as np
import pandas as pd

from softbreak.errors import SoftbreakError
from softbreak.features.generic.curves import Curves
from softbreak.features.generic.tsfresh_equivalents.table import KIND, Calculation, parsed
from softbreak.installed import missing_module

CHUNK: Final = 5000
"""Half-cycles that tsfresh gets at a time: its memory grows with them."""
MISSING: Final = 0.3
"""A feature that more than this share of the training rows lacks is not considered."""
LEFT_OUT: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            "length",
            "sum_values",
            "abs_energy",
            "absolute_sum_of_changes",
            "count_above_mean",
            "count_below_mean",
            "longest_strike_above_mean",
            "longest_strike_below_mean",
            "sum_of_reoccurring_values",
            "sum_of_reoccurring_data_points",
            "number_crossing_m",
            "number_cwt_peaks",
            "number_peaks",
            "range_count",
            "value_count",
        ),
        "counts or adds up samples: it would learn how often the cycler logs",
    ),
    "permutation_entropy": "NumPy sorts equal samples differently on different processors",
    "linear_trend_timewise": "needs dates",
    "matrix_profile": "needs a library that is not maintained",
    "query_similarity_count": "needs a pattern to look for",
}
"""Calculators of tsfresh that learning does not consider, and why."""


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep tsfresh's worries about its dependencies, and about constants, to itself."""
    with warnings.catch_warnings():
        for category in (DeprecationWarning, PendingDeprecationWarning, FutureWarning):
            warnings.simplefilter("ignore", category)
        warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"(tsfresh|numpy|scipy)")
        yield


def _tsfresh(module: str) -> Any:
    """Load a module of tsfresh.

    Raises
    ------
    SoftbreakError
        If tsfresh is not installed.
    """
    try:
        return import_module(f"tsfresh.{module}")
    except ModuleNotFoundError as error:
        raise SoftbreakError(missing_module(error, "a table of generic features")) from error


def considered(calculators: Sequence[str] | None) -> dict[str, Any]:
    """tsfresh's settings of the calculators that learning considers."""
    with _quiet():
        settings = dict(_tsfresh("feature_extraction").ComprehensiveFCParameters())
    unknown = set(calculators or ()) - set(settings)
    if unknown:
        raise SoftbreakError(f"tsfresh has no calculator {', '.join(sorted(unknown))}")
    kept = {
        name: parameters
        for name, parameters in settings.items()
        if (name in calculators if calculators is not None else name not in LEFT_OUT)
    }
    for name, parameters in kept.items():
        if parameters and "attr" in parameters[0]:  # a p-value says how many samples there were
            kept[name] = [one for one in parameters if one["attr"] != "pvalue"]
    return kept


def settings_of(names: Sequence[str]) -> dict[str, Any]:
    """tsfresh's settings for columns; in order, for one of its calculators mixes up unordered ones.

    Raises
    ------
    SoftbreakError
        If a name is no calculator of tsfresh's: names come from model files.
    """
    with _quiet():
        known = _tsfresh("feature_extraction").ComprehensiveFCParameters()
        found = {name: parsed(name) for name in names}
        for name, one in found.items():
            if one.calculator not in known:
                raise SoftbreakError(f"tsfresh has no calculator {one.calculator}: {name!r}")
        ordered = sorted(names, key=lambda name: _rank(found[name]))
        settings = _tsfresh("feature_extraction.settings").from_columns(ordered)
    return dict(settings)


def _rank(one: Calculation) -> tuple[Any, ...]:
    """Sort by calculator, then by numbers before words."""
    values = [
        (0, value, "") if isinstance(value, (int, float)) else (1, 0, str(value))
        for _, value in sorted(one.parameters.items())
    ]
    return (one.calculator, *values)


def extracted(curves: Curves, settings: dict[str, Any]) -> pd.DataFrame:
    """Let tsfresh measure usable half-cycles, some thousand at a time."""
    with _quiet():
        extract_features = _tsfresh("feature_extraction").extract_features
        parts = []
        for first in range(0, len(curves), CHUNK):
            last = min(first + CHUNK, len(curves))
            some = curves.taken(np.arange(first, last))
            numbers = np.repeat(np.arange(last - first), some.samples)
            found = extract_features(
                pd.DataFrame({"half_cycle": numbers, KIND: some.values}),
                column_id="half_cycle",
                column_value=KIND,
                kind_to_fc_parameters=settings,
                n_jobs=0,
                disable_progressbar=True,
            )
            parts.append(found.reindex(np.arange(last - first)))
    return pd.concat(parts, ignore_index=True).astype(np.float64)


def relevant(table: pd.DataFrame, soft: np.ndarray, fdr_level: float) -> dict[str, float]:
    """p-values of the features that stand the test."""
    table = table.replace([np.inf, -np.inf], np.nan)
    table = table.loc[:, table.isna().mean() <= MISSING]
    table = table.fillna(table.median())
    with _quiet():
        found = _tsfresh("feature_selection.relevance").calculate_relevance_table(
            table,
            pd.Series(soft.astype(int)),
            ml_task="classification",
            fdr_level=fdr_level,
            n_jobs=0,
        )
    kept = found[found["relevant"]]
    return {str(name): float(p) for name, p in zip(kept["feature"], kept["p_value"], strict=True)}
