"""The tidy tables of a comparison: whatever a report shows is drawn from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import pandas as pd

from softbreak.simulate.faults import CONFOUNDERS
from softbreak.training import episodes, metrics, significance
from softbreak.training.baselines import BASELINES, baseline
from softbreak.training.judging import MEASURING, READING, Judged
from softbreak.training.labels import CLASSES

REFERENCES: Final = ("cv-hardened", "cv-literal", "fused")
"""What every detector is tested against, as far as it takes part."""
GROUP: Final = ["laws", "setting"]
KEYS: Final = [*GROUP, "detector"]


def tables_of(judged: Judged) -> dict[str, pd.DataFrame]:
    """Return every table of a comparison; see :class:`softbreak.training.compare.Compared`.

    Parameters
    ----------
    judged : Judged
    """
    parts = dict(_parts(judged.cycles))
    one = next(iter(parts.values()))["detector"].iloc[0]
    return {
        "prevalence": _prevalence(judged.cycles[judged.cycles["detector"] == one]),
        "scores": _rows(parts, _scores),
        "intervals": _rows(parts, _intervals),
        "differences": _differences(parts),
        "families": _by(parts, "family"),
        "chemistries": _by(parts, "chemistry"),
        "false_alarms": _rows(parts, _false_alarms),
        "confusion": _rows(parts, _confusion),
        "reliability": _rows(parts, _reliability),
        "risk_coverage": _rows(parts, _risk_coverage),
        "onset_delay": _rows(parts, _onset_delay),
        "own_units": _own(judged.own),
        "costs": _costs(judged.costs),
    }


Parts = dict[tuple[str, str, str], pd.DataFrame]
"""Verdicts by law set, setting and detector; trivial baselines among them."""


def _parts(cycles: pd.DataFrame) -> Iterator[tuple[tuple[str, str, str], pd.DataFrame]]:
    for (laws, setting), group in cycles.groupby(GROUP, sort=False):
        by_detector = list(group.groupby("detector", sort=False))
        for name, part in by_detector:
            yield (str(laws), str(setting), str(name)), part.reset_index(drop=True)
        for name in BASELINES:
            yield (
                (str(laws), str(setting), name),
                baseline(by_detector[0][1], name).reset_index(drop=True),
            )


def _rows(parts: Parts, table: Callable[[pd.DataFrame], pd.DataFrame]) -> pd.DataFrame:
    found = []
    for key, part in parts.items():
        rows = table(part)
        for place, (name, value) in enumerate(zip(KEYS, key, strict=True)):
            rows.insert(place, name, value)
        found.append(rows)
    return pd.concat(found, ignore_index=True)


def _prevalence(cycles: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for (laws, setting), part in cycles.groupby(GROUP, sort=False):
        shares = {f"share_{name}": float((part["state_true"] == name).mean()) for name in CLASSES}
        masks = {
            name: float(part.drop_duplicates("cell_id")[name].mean())
            for name in part.columns
            if name.startswith("has_")
        }
        broken = part[part["state_true"] != "healthy"]["cell_id"].nunique()
        rows.append(
            {
                "laws": laws,
                "setting": setting,
                "cells": part["cell_id"].nunique(),
                "cells_broken": broken,
                "cycles": len(part),
                **shares,
                "share_clearly_faulty": float((part["eta"] > metrics.CLEARLY_FAULTY).mean()),
                **masks,
            }
        )
    return pd.DataFrame(rows)


def _scores(part: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame([{**metrics.scores(part), **episodes.onset_scores(part)}])


def _intervals(part: pd.DataFrame) -> pd.DataFrame:
    """Bootstrap intervals over cells of the scores that decide."""
    counts, errors = metrics.cell_confusions(part)[1], significance.error_counts(part)
    clear = metrics.cell_confusions(metrics.outside_bands(part))[1]
    found = {
        "macro_f1": significance.bootstrap(metrics.macro_f1, counts),
        "macro_f1_clear": significance.bootstrap(metrics.macro_f1, clear),
        "macro_f1_forced": significance.bootstrap(_forced, counts),
        "coverage": significance.bootstrap(metrics.coverage, counts),
        "wrong_healthy": significance.bootstrap(_wrong_healthy, errors),
        "false_alarms": significance.bootstrap(_false, errors),
    }
    return pd.DataFrame(
        [
            {"score": name, "value": one.value, "lower": one.lower, "upper": one.upper}
            for name, one in found.items()
        ]
    )


def _forced(counts: np.ndarray) -> np.ndarray:
    return metrics.macro_f1(counts, forced=True)


def _wrong_healthy(counts: np.ndarray) -> np.ndarray:
    return significance.rates(counts)[..., 0]


def _false(counts: np.ndarray) -> np.ndarray:
    return significance.rates(counts)[..., 1]


def _differences(parts: Parts) -> pd.DataFrame:
    """Every detector against the references, on the same cells."""
    rows: list[dict[str, Any]] = []
    for (laws, setting, name), part in parts.items():
        for reference in REFERENCES:
            other = parts.get((laws, setting, reference))
            if other is not None and name != reference:
                where = {"laws": laws, "setting": setting, "detector": name}
                rows.append({**where, "reference": reference, **_difference(part, other)})
    names = [*KEYS, "reference"]
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=names)


def _difference(part: pd.DataFrame, other: pd.DataFrame) -> dict[str, Any]:
    ours, theirs = significance.paired_confusions(part, other)
    out: dict[str, Any] = {}
    for name, score in (("macro_f1", metrics.macro_f1), ("macro_f1_forced", _forced)):
        found = significance.bootstrap_difference(score, ours, theirs)
        out |= {name: found.value, f"{name}_lower": found.lower, f"{name}_upper": found.upper}
    both = part.merge(other, on=["cell_id", "cycle_index"], suffixes=("", "_other"))
    spoken = (both["state"] != "undetermined") & (both["state_other"] != "undetermined")
    common = both[spoken]
    renamed = common.drop(columns="state").rename(columns={"state_other": "state"})
    if len(common):
        ours, theirs = significance.paired_confusions(common, renamed)
        found = significance.bootstrap_difference(metrics.macro_f1, ours, theirs)
        out |= {"both_answered": float(spoken.mean()), "macro_f1_common": found.value}
        out |= {"macro_f1_common_lower": found.lower, "macro_f1_common_upper": found.upper}
    test = significance.mcnemar(
        (both["state"] == both["state_true"]).to_numpy(),
        (both["state_other"] == both["state_true"]).to_numpy(),
    )
    out |= _told(test, "cycles")
    one, two = significance.cell_outcomes(part), significance.cell_outcomes(other)
    test = significance.mcnemar(one.to_numpy(), two.reindex(one.index).to_numpy())
    return out | _told(test, "cells")


def _told(test: significance.McNemar, unit: str) -> dict[str, Any]:
    return {
        f"{unit}_only_detector_right": test.only_first,
        f"{unit}_only_reference_right": test.only_second,
        f"{unit}_mcnemar_p": test.p_value,
    }


def _by(parts: Parts, column: str) -> pd.DataFrame:
    """Scores of each failure family or chemistry."""
    rows = []
    for key, whole in parts.items():
        for value, part in whole.groupby(column, sort=True):
            told = {**metrics.scores(part), **episodes.onset_scores(part)}
            soft = part["state_true"] == "soft"
            hit = part["state"].isin(["soft", "hard"])
            told["soft_recall"] = float(hit[soft].mean()) if soft.any() else np.nan
            rows.append({**dict(zip(KEYS, key, strict=True)), column: value, **told})
    return pd.DataFrame(rows)


def _false_alarms(part: pd.DataFrame) -> pd.DataFrame:
    return metrics.false_alarms_by_family(part, CONFOUNDERS)


def _confusion(part: pd.DataFrame) -> pd.DataFrame:
    said = [str(name) for name in CLASSES] + ["undetermined"]
    counts = pd.DataFrame(metrics.confusion(part), columns=said)
    counts.insert(0, "true", [str(name) for name in CLASSES])
    return counts


def _reliability(part: pd.DataFrame) -> pd.DataFrame:
    found = metrics.fault_reliability(part)
    return pd.DataFrame({"said": found.said, "happened": found.happened, "count": found.count})


MOST_POINTS: Final = 200
"""Of a risk–coverage curve in a table."""


def _risk_coverage(part: pd.DataFrame) -> pd.DataFrame:
    coverage, risk = metrics.risk_coverage(part)
    if len(coverage) > MOST_POINTS:
        chosen = np.unique(
            np.searchsorted(coverage, np.linspace(coverage[0], coverage[-1], MOST_POINTS))
        )
        coverage, risk = coverage[chosen], risk[chosen]
    return pd.DataFrame({"coverage": coverage, "risk": risk})


def _onset_delay(part: pd.DataFrame) -> pd.DataFrame:
    cycles, share = episodes.delay_curve(part)
    return pd.DataFrame({"cycles": cycles, "share": share})


def _own(own: pd.DataFrame) -> pd.DataFrame:
    """Coverage of each detector on what it judges by itself."""
    keys = [*KEYS, "unit"]
    table = own.groupby(keys, sort=False)[["units", "answered"]].sum().reset_index()
    empty = own.assign(none=own["units"] == 0).groupby(keys, sort=False)["none"].sum()
    table["cells_without"] = empty.to_numpy()
    table["coverage"] = table["answered"] / table["units"].where(table["units"] > 0)
    return table


def _costs(costs: pd.DataFrame) -> pd.DataFrame:
    """Microseconds a cycle; what detectors share stands first."""
    table = costs.groupby(KEYS, sort=False)[["seconds", "cycles"]].sum().reset_index()
    table["microsecond_per_cycle"] = 1e6 * table["seconds"] / table["cycles"]
    shared = table["detector"].isin([MEASURING, READING])
    return pd.concat([table[shared], table[~shared]], ignore_index=True)
