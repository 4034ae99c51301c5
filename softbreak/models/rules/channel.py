"""A voltage channel that stands at one value: clipped by its range, or not measured at all.

What moves in one direction of the current and stands in the other, half-cycle after half-cycle, at
one and the same value, is the end of a range (or a channel that hangs). Coarse steps of a converter
do the same to a quiet cell, in both directions; so the moving side must show that they are finer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np

from softbreak.data.checks import CLIPPED_SHARE, CLIPPED_VOLT
from softbreak.features.cycles.columns import Columns
from softbreak.features.cycles.finished_cycles import Cycles
from softbreak.features.evidence.cell_evidence import CellEvidence
from softbreak.features.half_cycles.measured import SHORT_SAMPLES
from softbreak.features.half_cycles.polarity import median
from softbreak.features.kernels.cycle import CYCLE_COLUMNS
from softbreak.models.rules.spoken_numbers import hours

FEWEST: Final = 2
"""Half-cycles of a direction, below which nothing is said of it."""
SAME: Final = 1e-7
"""Relative difference of two voltages that were recorded alike."""
FINE: Final = 3.0
"""The scatter of a sample over the smallest step that shows, from which the steps are fine …"""
POLARISES: Final = 5.0
"""… or over that scatter, what the voltage moves by within a half-cycle."""
NEARLY_ALL: Final = 0.8
"""Share of the half-cycles that do what is said of all."""
QUIETER: Final = 0.5
"""Share of the other direction's scatter that a clipped one stays below, whose amplifier adds its
own …"""
MOVES: Final = 0.03
"""… while the other one moves by more than this share of its voltage."""
STILLER: Final = 2e-5
"""Share of its voltage that no cell keeps to through charge, voids and a thousandth of a kelvin."""
QUIET: Final = 1e-4
"""… and the scatter of its samples meanwhile, as a share."""
COMPLIANCE_VOLT: Final = 1.0
"""From here on a voltage that stands without any scatter in both directions is a limit."""
_COLUMNS: Final = (
    "first_voltage_volt",
    "last_voltage_volt",
    "largest_voltage_volt",
    "noise_volt",
    "voltage_volt",
    "start_time_second",
)


class Standing(NamedTuple):
    """Why a voltage is no measurement, and what to do.

    Attributes
    ----------
    reason : str
        Without a full stop.
    wanted : str
    """

    reason: str
    wanted: str


class ClippedStart(NamedTuple):
    """A range that clipped the first cycles of a life, and none after them.

    Attributes
    ----------
    last : float
        When the last clipped half-cycle begins (s): cycles that begin by then say nothing, and are
        no beginning to compare with.
    told : Standing
    least : float
        V/I that the cell had at least while both directions were clipped (Ω); zero for one of them.
    """

    last: float
    told: Standing
    least: float = 0.0

    def hides(self, cycles: Cycles) -> np.ndarray:
        """Return which cycles lie below what the cell had at least while it was clipped, as bool.

        By how much V/I has fallen nobody knows.
        """
        later = ~self.clips(cycles)
        return np.asarray(later & (cycles.column("resistance_ohm") < self.least))

    def clips(self, cycles: Cycles) -> np.ndarray:
        """Return which cycles were clipped, as bool."""
        return np.asarray(cycles.column("start_time_second") <= self.last)

    def without(self, cycles: Cycles) -> Cycles:
        """Return the cycles with nothing measured in those that were clipped."""
        early = self.clips(cycles)
        if not early.any():
            return cycles
        rows, edges = cycles.rows.copy(), cycles.edges.copy()
        rows[np.ix_(early, np.array(_RESISTANCES))] = np.nan
        edges[np.repeat(early, np.diff(cycles.half_cycles))] = np.nan
        return cycles._replace(rows=rows, edges=edges)


_RESISTANCES: Final = [
    CYCLE_COLUMNS.index(name)
    for name in ("resistance_ohm", "late_resistance_ohm", "noise", "asymmetry")
]


@dataclass(frozen=True, eq=False)
class _Side:
    """The half-cycles of one direction of the current, voltages along it (V)."""

    first: np.ndarray
    last: np.ndarray
    largest: np.ndarray
    noise: np.ndarray
    mean: np.ndarray
    start: np.ndarray

    def until(self, time: float, since: int = 0) -> _Side:
        """Those that begin before a time (s), from a place on."""
        inside = (self.start < time) & (np.arange(len(self.start)) >= since)
        return _Side(*(getattr(self, one.name)[inside] for one in fields(self)))

    @property
    def leading(self) -> int:
        """How many of the first half-cycles end at one value that later ones go beyond."""
        level = float(self.last[0])
        slack = SAME * max(abs(level), SAME)
        if len(self.last) < FEWEST or abs(float(self.last[1]) - level) > slack:
            return 0  # a first one alone says nothing
        alike = np.abs(self.last - level) <= slack
        alike &= np.abs(self.largest - abs(level)) <= slack
        count = len(alike) if alike.all() else int(np.argmin(alike))
        beyond = self.mean[count:] > level + slack
        return count if np.count_nonzero(beyond) >= FEWEST else 0

    @property
    def standing_first(self) -> int:
        """How many of the first half-cycles show one value, below which later ones scatter."""
        level = self.mean[0]
        near, scatter = (STILLER * level, QUIET * level) if level >= COMPLIANCE_VOLT else (0.0, 0.0)
        flat = np.abs(self.mean - level) <= max(near, SAME * max(abs(level), SAME))
        flat &= self.noise <= scatter
        count = len(flat) if flat.all() else int(np.argmin(flat))
        later = self.until(math.inf, count)
        enough = len(later.mean) >= FEWEST and bool((later.mean < level - near).all())
        shown = np.concatenate([later.first, later.last, later.largest])
        return count if enough and later._scatters_beside(shown) else 0

    @cached_property
    def level(self) -> float:
        """The voltage at which most of them end."""
        return median(self.last)

    @property
    def slack(self) -> float:
        """Difference up to which a voltage is the level."""
        return SAME * max(abs(self.level), SAME)

    @cached_property
    def at_one_value(self) -> np.ndarray:
        """Which of them end at their largest voltage, the one at which most end."""
        alike = np.abs(self.last - self.level) <= self.slack
        return np.asarray(alike & (np.abs(self.largest - abs(self.level)) <= self.slack))

    @cached_property
    def ends_at_one_value(self) -> bool:
        """Whether nearly all end at their largest voltage, and at the same one."""
        return _share(self.at_one_value) >= NEARLY_ALL

    @property
    def stands(self) -> bool:
        """Whether one value stands in every row of nearly all of them."""
        if not self.ends_at_one_value:
            return False
        flat = self.at_one_value & (self.noise == 0.0)
        flat &= np.abs(self.first - self.level) <= self.slack
        return _share(flat & (np.abs(self.mean - self.level) <= self.slack)) >= NEARLY_ALL

    @property
    def stands_nearly(self) -> bool:
        """Whether nearly all stay nearer to one value than any cell's resistance does.

        An amplifier at the end of its range adds its own noise.
        """
        near = STILLER * abs(self.level)
        flat = np.abs(self.mean - self.level) <= near
        flat &= self.noise <= QUIET * abs(self.level)
        flat &= np.abs(self.last - self.first) <= np.maximum(near, POLARISES * self.noise)
        return bool(flat.mean() >= NEARLY_ALL)

    def quiet_beside(self, other: _Side) -> bool:
        """Whether it neither moves nor scatters as the other direction does."""
        if not self.usual_noise < QUIETER * other.usual_noise:
            return False
        moved = np.maximum(np.abs(self.last - self.first), np.abs(self.last - self.level))
        if _share(moved < FINE * self.noise) < NEARLY_ALL:
            return False
        moves = median(np.abs(other.last - other.first)) > MOVES * median(np.abs(other.mean))
        return moves and other.polarises

    @cached_property
    def usual_noise(self) -> float:
        """Median of their scatter (V)."""
        return median(self.noise)

    def went_beyond(self, other: _Side) -> bool:
        """Whether it once reached farther than it stands, by more than the other direction shows.

        Then no range ends there, and the channel measured: the cell has changed.
        """
        return bool((self.mean - self.level > median(np.abs(other.mean))).any())

    @property
    def always_stands(self) -> bool:
        """Whether none of them shows anything but the one value."""
        return bool((np.abs(self.mean - self.level) <= self.slack).all())

    @property
    def fine(self) -> bool:
        """Whether its scatter is many of the converter's steps."""
        return self._scatters_beside(self.largest)

    def _scatters_beside(self, shown: np.ndarray) -> bool:
        """Whether the scatter is many of the smallest step between some of the voltages."""
        steps = np.diff(np.unique(shown))
        steps = steps[steps > SAME * self.largest.max()]
        return bool(len(steps) and self.usual_noise > FINE * steps.min())

    @property
    def polarises(self) -> bool:
        """Whether the voltage moves within a half-cycle by many steps of the converter."""
        return median(np.abs(self.last - self.first) - POLARISES * self.noise) > 0.0


def _share(flags: np.ndarray) -> float:
    """Mean of flags, as numpy has it, in a tenth of its time."""
    return np.count_nonzero(flags) / len(flags)


def standing(evidence: CellEvidence, sides: Sides | None = None) -> Standing | None:
    """Return why the voltage of a cell is no measurement; None where nothing says so.

    Parameters
    ----------
    evidence : CellEvidence
    sides : Sides, optional
        Of :func:`sides_of`, where they are known.
    """
    told = evidence.timeline
    even, odd = told.electromotive_volt, told.polarisation_volt
    if even + odd > CLIPPED_VOLT and 0.0 <= even - odd < CLIPPED_SHARE * (even + odd):
        return _told("negative", 0.0, "positive", even + odd)
    both = (sides or sides_of(evidence)).both
    if both is None:
        return None
    plus, minus = both
    if plus.stands and minus.stands:
        return _both(plus, minus, unipolar=told.unipolar)
    high = min(plus.level, minus.level) >= COMPLIANCE_VOLT * (1.0 - QUIET)
    if high and plus.stands_nearly and minus.stands_nearly:
        return _at_both_ends(plus.level, -minus.level)
    for side, other, sign in ((plus, minus, 1.0), (minus, plus, -1.0)):
        seen = _at_a_range(side, other) or side.quiet_beside(other)
        if seen and not side.went_beyond(other):
            return _clipped(side, other, sign)
    return None


def clipped_start(evidence: CellEvidence, sides: Sides | None = None) -> ClippedStart | None:
    """Return until when a range clipped a cell that was measured afterwards; None if none did.

    Parameters
    ----------
    evidence : CellEvidence
    sides : Sides, optional
        Of :func:`sides_of`, where they are known.
    """
    sides = sides or sides_of(evidence)
    if sides.both is None:
        return None
    plus, minus = sides.both
    both = _both_at_first(plus, minus, evidence.timeline.cycle_columns["current_ampere"])
    if both is not None:
        return both
    for side, other, sign in ((plus, minus, 1.0), (minus, plus, -1.0)):
        count = side.leading
        if count < FEWEST:
            continue
        until = float(side.start[count])
        first, beside = side.until(until), other.until(until)
        if len(beside.last) >= FEWEST and _at_a_range(first, beside):
            told = _clipped(first, beside, sign)
            reason = f"{told.reason}; it did so until {hours(until)}, and measures since then"
            return ClippedStart(float(side.start[count - 1]), told._replace(reason=reason))
    return None


def _both_at_first(plus: _Side, minus: _Side, current: np.ndarray) -> ClippedStart | None:
    """A life that begins at both ends of a range, and comes to lie between them."""
    counts = plus.standing_first, minus.standing_first
    level = plus.mean[0]
    if min(counts) < FEWEST or abs(level - minus.mean[0]) > STILLER * level or not len(current):
        return None
    until = min(plus.start[counts[0]], minus.start[counts[1]])
    reason = (
        f"the voltage stands at {level:.3g} and {-level:.3g} V in every row until {hours(until)}, "
        "and scatters below since then: until then the cycler's range clips it"
    )
    wanted = "A range, and limits of the programme, beyond what the cell polarises to."
    last = max(plus.start[counts[0] - 1], minus.start[counts[1] - 1])
    return ClippedStart(float(last), Standing(reason, wanted), float(level / abs(current[0])))


def _at_a_range(side: _Side, other: _Side) -> bool:
    """Whether a side ends at one value, and the other shows that the steps are finer."""
    seen = side.ends_at_one_value and not other.ends_at_one_value
    return seen and (other.fine or (side.stands and other.polarises))


class Sides(NamedTuple):
    """The half-cycles of both directions of the current; None where there are too few of one."""

    both: tuple[_Side, _Side] | None


def sides_of(evidence: CellEvidence) -> Sides:
    """Return the measured half-cycles of each direction, for who asks several things of them.

    Parameters
    ----------
    evidence : CellEvidence
    """
    return Sides(_sides(evidence.timeline.half_cycle_columns))


def _sides(half_cycles: Columns) -> tuple[_Side, _Side] | None:
    """The measured half-cycles of both directions, where both are; None if there are too few."""
    usable = ~(np.isnan(half_cycles["voltage_volt"]) | np.isnan(half_cycles["noise_volt"]))
    usable &= half_cycles["samples"] >= SHORT_SAMPLES
    sign = half_cycles["sign"][usable]
    places = [np.flatnonzero(sign == side) for side in (1, -1)]
    if min(map(len, places)) < FEWEST:
        return None
    begin, end = max(one[0] for one in places) - 1, min(one[-1] for one in places) + 1
    shared = [one[(one >= begin) & (one <= end)] for one in places]  # the same time of the life
    values = [half_cycles[name][usable] for name in _COLUMNS]
    plus, minus = (_Side(*(column[one] for column in values)) for one in shared)
    return plus, minus


def _clipped(side: _Side, beside: _Side, sign: float) -> Standing:
    name, other = ("positive", "negative") if sign > 0.0 else ("negative", "positive")
    return _told(name, sign * side.level, other, -sign * median(beside.mean))


def _told(name: str, level: float, other: str, moving: float) -> Standing:
    where = "zero" if level == 0.0 else f"{level:.3g} V, row after row"
    return Standing(
        f"under {name} current the voltage stays at {where}, under {other} it is {moving:.3g} V: "
        "the cycler's range clips it, or its channel hangs",
        "Record voltages of both signs: a range that reaches beyond them on both sides of zero.",
    )


def _both(plus: _Side, minus: _Side, *, unipolar: bool) -> Standing | None:
    """One value in every row of both directions: what a quiet cell may show, or none can."""
    level, other = plus.level, -minus.level
    alike = abs(level - other) <= SAME * max(abs(level), SAME)
    if (unipolar or alike) and plus.always_stands and minus.always_stands:
        return Standing(
            f"one and the same voltage, {level:.3g} V, stands in every row, whichever way the "
            "current flows: it was not measured",
            "Check leads and voltage channel.",
        )
    if min(abs(level), abs(other)) >= COMPLIANCE_VOLT:
        return _at_both_ends(level, other)
    return None


def _at_both_ends(level: float, other: float) -> Standing:
    return Standing(
        f"the voltage stands at {level:.3g} and {other:.3g} V in every row, without any "
        "scatter: that is the end of a range, or a limit of the programme, and no resistance",
        "A range, and limits of the programme, beyond what the cell polarises to.",
    )
