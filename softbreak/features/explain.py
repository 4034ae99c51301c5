"""Why a cycle stands out: the features that differ most from the cell's own first cycles.

A feature counts by how far it lies from its median over the first cycles, in units of its scatter
there, or of what the catalogue expects of a sound cell if that is more. Each becomes a sentence,
with what else does the same: no single one of them is a verdict.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from softbreak.data.history import CellHistory
from softbreak.errors import SoftbreakError
from softbreak.features.catalog import CATALOGUE, CYCLE, TELLINGS
from softbreak.features.cycles.timeline import Timeline
from softbreak.features.descriptions.feature import Feature
from softbreak.features.descriptions.sentence import Kind, Telling, number, percent
from softbreak.features.evidence.cell_evidence import gather
from softbreak.features.table import AGES, feature_table
from softbreak.verdict import cycle_number

MOST_Z: Final = 30.0
"""Beyond so many standard deviations one is as far away as the other."""
MANY: Final = 4
"""So many abrupt changes in one cycle are told together."""
BACK: Final = 0.93
"""A voltage has come back when it reaches this share of what it was."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing in which a cycle differs from the cell's first ones.

    Attributes
    ----------
    feature : str
        Name in the catalogue; "event" for an abrupt change inside a half-cycle.
    value, baseline : float
        Now and in the first cycles, in the feature's unit.
    deviations : float
        Their difference over the expected scatter; positive where the feature rose.
    sentence : str
        For people, with what else does the same.
    """

    feature: str
    value: float
    baseline: float
    deviations: float
    sentence: str


def event_reasons(timeline: Timeline, cycle_index: int) -> list[Reason]:
    """The abrupt changes of a cycle, the largest first; many of them in one sentence."""
    events = timeline.events[timeline.events["cycle_index"] == cycle_index]
    changes = events["change"].to_numpy(dtype=np.float64)
    order = np.argsort(-np.abs(changes), kind="stable").tolist()
    if len(order) < MANY:
        return [_event(timeline, events.iloc[k]) for k in order]
    times = events["time_second"].to_numpy(dtype=np.float64)
    largest = events.iloc[order[0]]
    sentence = (
        f"The voltage at the same current jumped {len(order)} times within one sample, between "
        f"{_hours(times.min())} and {_hours(times.max())}, {_moved(float(largest['change']))} at "
        f"most: a path for electrons that comes and goes, or a loose contact."
    )
    change = float(largest["change"])
    before, after = float(largest["before_ohm"]), float(largest["after_ohm"])
    return [Reason("event", after, before, math.copysign(MOST_Z, change), sentence)]


def _event(timeline: Timeline, event: pd.Series) -> Reason:
    change, moment = float(event["change"]), float(event["time_second"])
    before, after = float(event["before_ohm"]), float(event["after_ohm"])
    end, cause = ".", "Electrons lost a way, or a contact was lost."
    if change < 0.0:
        end = f" {_return(timeline, before, moment)}"
        cause = (
            "An ionic path does not change so fast: electrons found a way, or a contact or a lead "
            "changed."
        )
    sentence = (
        f"The voltage at the same current {_moved(change, past=True)} within one sample at "
        f"{_hours(moment)}{end} {cause}"
    )
    return Reason("event", after, before, math.copysign(MOST_Z, change), sentence)


def _moved(change: float, *, past: bool = False) -> str:
    """Δ ln R in words: "fell 31 %", "rose to 5.9 times its value"; "by 31 %"."""
    if not past:
        return f"by {percent(abs(math.expm1(change)))}"
    if change > 1.0:
        return f"rose to {number(math.exp(change))} times its value"
    return f"{'fell' if change < 0 else 'rose'} {percent(abs(math.expm1(change)))}"


def _return(timeline: Timeline, before: float, moment: float) -> str:
    """Say whether the voltage came back, and when."""
    later = timeline.half_cycles[timeline.half_cycles["start_time_second"] > moment]
    back = later["resistance_ohm"].to_numpy(dtype=np.float64) >= BACK * before
    if back.any():
        when = float(later["start_time_second"].iloc[int(np.argmax(back))])
        return f"and was back at {_hours(when)}."
    if later.empty:
        return "just before the record ends."
    return "and did not come back."


def _hours(second: float) -> str:
    return f"{second / 3600.0:.2f} h" if second < 36_000.0 else f"{second / 3600.0:.1f} h"


__all__ = ["BASELINE_CYCLES", "Reason", "explain", "reasons"]

BASELINE_CYCLES: Final = 3
"""The cell's first cycles, against which it is held."""
LEAST_Z: Final = 3.0
"""Nearer than this to the first cycles nothing is told."""
MOST_OF_ONE: Final = 3
"""So many features of one technique are told, and one of each topic."""
STALE: Final = 2
"""A measurement older than so many half-cycles is told with its age."""
SAME_KELVIN: Final = 1.0
SAME_SHARE: Final = 0.03
SAME_SAMPLING: Final = 0.25
"""A logged temperature, a current, a sampling interval that moved by less explains nothing."""
_DEVIATION: Final = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation."""
_MEASURED: Final = {"cv_": "voltammogram", "eis_": "spectrum", "leak_": "hold"}
_MOVERS: Final = {
    "temperature": ("warmth", "cooling", "a change of temperature"),
    "contact": ("better contact", "worse contact", "a change of contact"),
    "pressure": ("more pressure", "less pressure", "a change of pressure"),
    "growth": ("a growing interphase", "", "a growing interphase"),
    "voids": ("voids", "voids that close", "voids"),
    "current": ("a larger current", "a smaller current", "another current"),
    "sampling": ("denser sampling", "sparser sampling", "another sampling rule"),
}
"""What moves a feature in its direction, against it, or either way."""


def explain(history: CellHistory, cycle_index: int, *, most: int = 8) -> list[Reason]:
    """Say in what a cycle differs from the cell's first ones.

    Parameters
    ----------
    history : CellHistory
    cycle_index : int
        As in a table of verdicts.
    most : int
        So many reasons at most.

    Returns
    -------
    list of Reason
        The most telling first; empty where the cycle is like the first ones.

    Raises
    ------
    SoftbreakError
        If the cell has no such cycle.
    """
    evidence = gather(history)
    table = feature_table(history, evidence)
    return reasons(table, evidence.timeline, cycle_index, most=most)


def reasons(
    table: pd.DataFrame, timeline: Timeline, cycle_index: int, *, most: int = 8
) -> list[Reason]:
    """Do as :func:`explain` where the features are measured already.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`softbreak.features.table.features_of`.
    timeline : Timeline
        Of the same cell.
    cycle_index, most
        As :func:`explain`.
    """
    cycles = table["cycle_index"].to_numpy()
    rows = table[cycles == cycle_index]
    if rows.empty:
        ends = [cycle_number(end) for end in (cycles.min(), cycles.max())] if len(cycles) else []
        known = f"cycles {ends[0]} to {ends[1]}, counted from 1" if ends else "no cycle"
        raise SoftbreakError(f"there is no cycle {cycle_number(cycle_index)}: the cell has {known}")
    first = table[cycles < min(cycle_index, cycles.min() + BASELINE_CYCLES)]
    unmoved = _unmoved(rows, first)
    found = [_reason(feature, rows, first, unmoved) for feature in CATALOGUE]
    told = [(reason, weight) for reason, weight in found if reason is not None]
    told.sort(key=lambda item: -min(abs(item[0].deviations), MOST_Z) * item[1])
    chosen = _varied([reason for reason, _ in told])
    return [*event_reasons(timeline, cycle_index), *chosen][:most]


def _varied(found: list[Reason]) -> list[Reason]:
    """Leave out what says the same again, and more than a few of one technique."""
    techniques = {feature.name: feature.technique for feature in CATALOGUE}
    kept: list[Reason] = []
    counts: Counter[str] = Counter()
    for reason in found:
        topics = (techniques[reason.feature], TELLINGS[reason.feature].topic)
        if counts[topics[0]] < MOST_OF_ONE and not counts[topics[1]]:
            counts.update(topics)
            kept.append(reason)
    return kept


def _reason(
    feature: Feature, rows: pd.DataFrame, first: pd.DataFrame, unmoved: frozenset[str]
) -> tuple[Reason | None, float]:
    """A feature's reason with its weight; None where it is not told or near its baseline."""
    told = TELLINGS.get(feature.name)
    if told is None or feature.name not in rows:
        return None, 0.0
    if feature.name.startswith(CYCLE):  # of a whole cycle: known when it has ended
        rows = rows.iloc[-1:] if len(rows) > 1 else rows.head(0)
    values = rows[feature.name].to_numpy(dtype=np.float64)
    baseline, scatter = _baseline(told, first[feature.name].to_numpy(dtype=np.float64))
    if not math.isfinite(baseline):
        return None, 0.0
    distances = _distances(told, values, baseline) / scatter
    if not np.isfinite(distances).any():
        return None, 0.0
    k = int(np.nanargmax(np.abs(distances)))
    value, deviations = float(values[k]), float(distances[k])
    if abs(deviations) < LEAST_Z:
        return None, 0.0
    way = "up" if deviations > 0 else "down"
    fact = told.sentence(value, baseline, _age(feature.name, rows.iloc[k]))
    sentence = f"{fact}{_meaning(feature, way, unmoved)}"
    weight = _weight(feature, way) * (0.5 if _is_old(feature.name, rows.iloc[k]) else 1.0)
    return Reason(feature.name, value, baseline, deviations, sentence), weight


def _baseline(told: Telling, first: np.ndarray) -> tuple[float, float]:
    """What the feature was in the first cycles, and by how much a sound cell's moves."""
    first = first[np.isfinite(first)]
    if told.kind in (Kind.LOGARITHM, Kind.CHANGE):  # it is a comparison by itself
        return 0.0, told.scatter
    if not len(first):
        return math.nan, told.scatter
    middle = float(np.median(first))
    spread = _DEVIATION * float(np.nanmedian(np.abs(_distances(told, first, middle))))
    return middle, float(np.fmax(spread, told.scatter))


def _distances(told: Telling, values: np.ndarray, baseline: float) -> np.ndarray:
    """Differences to the baseline; of logarithms where the feature is a level."""
    if told.kind is not Kind.LEVEL:
        return values - baseline
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(values * baseline > 0.0, np.log(values / baseline), np.nan)


def _weight(feature: Feature, way: str) -> float:
    """How telling: a short's own direction counts most, what every cell does counts least."""
    if way in (feature.soft, feature.hard):
        return 0.7 if way == feature.healthy else 1.0
    return 0.6 if "either" in (feature.soft, feature.hard) else 0.4


def _meaning(feature: Feature, way: str, unmoved: frozenset[str]) -> str:
    """What does that to the feature, in words."""
    if feature.soft == feature.hard == "none":
        return ""
    soft, hard = way == feature.soft, way == feature.hard
    who = ["a soft or a hard short"] if soft and hard else ["a soft short"] if soft else []
    who += ["a hard short"] if hard and not soft else []
    others = ["healthy ageing"] if feature.healthy == way else []
    for name, direction in feature.confounders.items():
        if name in unmoved:
            continue
        along, against, both = _MOVERS[name]
        others.append({way: along, "either": both, "flat": "", "none": ""}.get(direction, against))
    others = [other for other in others if other]
    if who and others:
        return f" {who[0].capitalize()} does that; so {_do(others)}."
    if who:
        return f" {who[0].capitalize()} does that."
    told = f" {_listed(others)} {'do' if len(others) > 1 else 'does'} that."
    return f" {told[1].upper()}{told[2:]}" if others else ""


def _do(names: list[str]) -> str:
    return f"{'do' if len(names) > 1 else 'does'} {_listed(names)}"


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _is_old(name: str, row: pd.Series) -> bool:
    return any(name.startswith(prefix) and row[age] > STALE for prefix, age in AGES.items())


def _age(name: str, row: pd.Series) -> str:
    """Say by which measurement, where it is some half-cycles old."""
    if not _is_old(name, row):
        return ""
    prefix = next(prefix for prefix in AGES if name.startswith(prefix))
    return f" (by a {_MEASURED[prefix]} {row[AGES[prefix]]:.0f} half-cycles before)"


def _unmoved(rows: pd.DataFrame, first: pd.DataFrame) -> frozenset[str]:
    """Which confounders the files themselves rule out: what stayed as it was explains nothing."""

    def median(part: pd.DataFrame, name: str) -> float:
        values = part[name].to_numpy(dtype=np.float64)
        return (
            float(np.median(values[np.isfinite(values)])) if np.isfinite(values).any() else np.nan
        )

    def ratio(name: str) -> float:
        return median(rows, name) / (median(first, name) or np.nan)

    interval = ratio("duration_second") / ratio("samples")
    stayed = {
        "temperature": abs(
            median(rows, "temperature_celsius") - median(first, "temperature_celsius")
        )
        < SAME_KELVIN,
        "current": abs(ratio("current_ampere") - 1.0) < SAME_SHARE,
        "sampling": abs(interval - 1.0) < SAME_SAMPLING,
    }
    return frozenset(name for name, same in stayed.items() if same)
