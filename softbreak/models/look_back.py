"""A finished record may look ahead: open cycles between healthy ones, or before a clean spectrum.

Metal does not heal without a step. So a stretch that was left open is healthy where the cycles on
both sides of it are, or a spectrum after it is clean, V/I stayed where it was and nothing abrupt
happened. The same of shorts is not true: a short may come and go.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from softbreak.features.evidence.cell_evidence import CellEvidence
from softbreak.models.rules.impedance import ImpedanceReading, reading_verdict
from softbreak.verdict import Evidence, State, Verdict, cycle_number

STAYS: Final = 0.10
"""How far ln V/I of a stretch may lie from that of its ends."""
_OPEN: Final = frozenset({"undetermined", "slow_polarisation", "contradiction"})
"""What the first evidence of a cycle is called that was left open for want of evidence."""


def looked_back(
    found: Sequence[Verdict], evidence: CellEvidence, readings: Sequence[ImpedanceReading]
) -> list[Verdict]:
    """Settle what was left open by what was measured after it.

    Parameters
    ----------
    found : sequence of Verdict
        One a cycle of ``evidence.timeline``, each by what was known at its end.
    evidence : CellEvidence
    readings : sequence of ImpedanceReading
        One a spectrum.
    """
    said = list(found)
    cycles, events = evidence.timeline.cycles, evidence.timeline.events
    with np.errstate(divide="ignore", invalid="ignore"):
        level = np.log(cycles["late_resistance_ohm"].to_numpy(dtype=np.float64))
    ends = cycles["end_time_second"].to_numpy(dtype=np.float64)
    abrupt = np.zeros(len(said) + 1, dtype=bool)
    abrupt[events["cycle_index"].to_numpy(dtype=np.int64)] = True
    for first, stop in _stretches(said):
        if stop < len(said) and first > 0:
            before, after = said[first - 1], said[stop]
            both = before.state is State.HEALTHY and after.state is State.HEALTHY
            ends_of_it = level[[first - 1, stop]]
            if both and _rests(level[first:stop], ends_of_it, abrupt[first : stop + 1]):
                upper = max(before.electronic_fraction_upper, after.electronic_fraction_upper)
                _settle(said, (first, stop), upper, _between(first, stop))
                continue
        for reading in (one.decisive for one in readings):
            last = int(np.searchsorted(ends, reading.time_second, side="right"))
            clean = first < last <= stop and reading_verdict(reading).state is State.HEALTHY
            faulty = first > 0 and said[first - 1].state in (State.SOFT, State.HARD)
            if clean and not faulty:
                start = _back_to(level, abrupt, first, last)
                _settle(said, (start, last), reading.upper, reading.sentence)
    return said


def _stretches(said: Sequence[Verdict]) -> list[tuple[int, int]]:
    """Runs of cycles that were left open for want of evidence."""
    wanting = np.array(
        [
            one.state is State.UNDETERMINED
            and bool(one.evidence)
            and one.evidence[0].feature in _OPEN
            for one in said
        ],
        dtype=np.int64,
    )
    steps = np.diff(wanting, prepend=0, append=0)
    return list(zip(np.flatnonzero(steps == 1), np.flatnonzero(steps == -1), strict=True))


def _rests(level: np.ndarray, ends: np.ndarray, abrupt: np.ndarray) -> bool:
    """Tell whether V/I stayed between its ends, and nothing abrupt happened."""
    low, high = ends.min() - STAYS, ends.max() + STAYS
    near = abs(ends[1] - ends[0]) < 2.0 * STAYS
    return bool(near and not abrupt.any() and (level > low).all() and (level < high).all())


def _back_to(level: np.ndarray, abrupt: np.ndarray, first: int, last: int) -> int:
    """Return the first cycle from which on V/I is what it was when the spectrum was taken."""
    start = last
    while (
        start > first
        and abs(level[start - 1] - level[last - 1]) < STAYS
        and not abrupt[start - 1 : last].any()
    ):
        start -= 1
    return start


def _between(first: int, stop: int) -> str:
    return (
        f"Cycles {cycle_number(first - 1)} and {cycle_number(stop)} are healthy, and between them "
        "V/I stayed where it was and nothing abrupt happened: metal does not heal without a step."
    )


def _settle(said: list[Verdict], stretch: tuple[int, int], upper: float, sentence: str) -> None:
    for k in range(*stretch):
        one = said[k]
        seen = Evidence("look_back", math.nan, math.nan, sentence)
        rest = max(1.0 - one.p_healthy, 1e-9)
        short = min(rest, 0.05)
        said[k] = replace(
            one,
            state=State.HEALTHY,
            p_healthy=1.0 - short,
            p_soft=one.p_soft * short / rest,
            p_hard=one.p_hard * short / rest,
            electronic_fraction=min(one.electronic_fraction, upper),
            electronic_fraction_lower=0.0,
            electronic_fraction_upper=upper,
            wanted_measurement="",
            evidence=(seen, *one.evidence),
        )
