"""Abrupt changes inside a half-cycle, in words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from softbreak.features.cycles.timeline import Timeline
from softbreak.features.descriptions.sentence import number, percent

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
