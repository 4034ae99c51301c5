"""Half-cycles of all records of a cell: on one clock, in the right reading, joined to cycles."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Final, NamedTuple

import numpy as np

from softbreak.data.pairing import number_cycles
from softbreak.features.half_cycles.measured import EXCURSIONS, SHORT_SAMPLES, SIGN, HalfCycles
from softbreak.features.half_cycles.polarity import Polarity, polarity_of, steady_current
from softbreak.features.kernels.cycle import CYCLE_COLUMNS
from softbreak.features.kernels.half_cycle import STATISTICS

_SAMPLES: Final = STATISTICS.index("samples")
_ENDS: Final = slice(0, 2)


class Events(NamedTuple):
    """Lasting abrupt changes of V/I, in the order of time.

    Attributes
    ----------
    half_cycle : numpy.ndarray of int
    time : numpy.ndarray
        s, on the cell's clock.
    change, before, after : numpy.ndarray
        Δ ln R (negative is a drop), and the apparent resistance on either side (Ω).
    """

    half_cycle: np.ndarray
    time: np.ndarray
    change: np.ndarray
    before: np.ndarray
    after: np.ndarray


class Arranged(NamedTuple):
    """The half-cycles (or slices of one-way plating) of a cell that are no mere noise.

    Attributes
    ----------
    polarity : Polarity
    one_way : bool
        The current never reversed.
    left_out : int
        Half-cycles of some length whose current is too small beside the others'.
    statistics : numpy.ndarray, shape (n, len(STATISTICS))
    sign, record, excursions, cycle : numpy.ndarray of int, shape (n,)
    events : Events
        Without those that happened while the current reversed.
    """

    polarity: Polarity
    one_way: bool
    left_out: int
    statistics: np.ndarray
    sign: np.ndarray
    record: np.ndarray
    excursions: np.ndarray
    cycle: np.ndarray
    events: Events


class Cycles(NamedTuple):
    """Complete cycles of one cell, in their order: one, or many, or all of them.

    Attributes
    ----------
    numbers : numpy.ndarray of int, shape (n,)
    rows : numpy.ndarray, shape (n, len(CYCLE_COLUMNS))
        See :data:`softbreak.features.kernels.cycle.CYCLE_COLUMNS`.
    edges : numpy.ndarray, shape (h, 2)
        First and last voltage (V) of their half-cycles.
    half_cycles : numpy.ndarray of int, shape (n + 1,)
        Where the half-cycles of each cycle begin.
    changes : numpy.ndarray, shape (m, 4)
        Abrupt events: time (s), Δ ln R, apparent resistance before and after (Ω).
    events : numpy.ndarray of int, shape (n + 1,)
        Where the events of each cycle begin.
    """

    numbers: np.ndarray
    rows: np.ndarray
    edges: np.ndarray
    half_cycles: np.ndarray
    changes: np.ndarray
    events: np.ndarray

    def column(self, name: str) -> np.ndarray:
        """Return one of ``CYCLE_COLUMNS``."""
        return self.rows[:, CYCLE_COLUMNS.index(name)]


def arranged(parts: Sequence[HalfCycles], shifts: Sequence[float]) -> Arranged:
    """Put the half-cycles of a cell's records together.

    Parameters
    ----------
    parts : sequence of HalfCycles
        One a record, in the order of the cell's life.
    shifts : sequence of float
        From each record's own clock to the cell's (s).
    """
    polarity = polarity_of(parts)
    places, signs, steady_long = _places(parts)
    kept = places >= 0
    counted = signs[kept]
    one_way = len(counted) > 0 and bool((counted == counted[0]).all())
    bounds = pairwise(accumulate(map(len, parts), initial=0))
    found = [
        (_slices if one_way else _wholes)(part, polarity.reading, kept[a:b], shift)
        for part, shift, (a, b) in zip(parts, shifts, bounds, strict=True)
    ]
    rows = [len(piece[0]) for piece in found]
    events = [piece[3] for piece in found]
    for piece, offset in zip(events, accumulate(rows, initial=0), strict=False):
        piece[:, 0] += offset
    joined = np.concatenate(events) if events else np.empty((0, 5))
    count = int(sum(rows))
    return Arranged(
        polarity,
        one_way,
        int((steady_long & ~kept).sum()),
        np.concatenate([piece[0] for piece in found]) if found else np.empty((0, len(STATISTICS))),
        _integers([piece[1] for piece in found]),
        np.repeat(np.arange(len(parts)), rows) if rows else np.empty(0, dtype=np.int64),
        _integers([piece[2] for piece in found]),
        np.arange(count) if one_way else places[kept],
        Events(joined[:, 0].astype(np.int64), *joined[:, 1:].T.copy()),
    )


def first_cycles(found: Arranged, count: int) -> Arranged:
    """Return the first cycles only.

    Parameters
    ----------
    found : Arranged
    count : int
        Of cycles.
    """
    stop = int(np.searchsorted(found.cycle, count))
    kept = found.events.half_cycle < stop
    return found._replace(
        statistics=found.statistics[:stop],
        sign=found.sign[:stop],
        record=found.record[:stop],
        excursions=found.excursions[:stop],
        cycle=found.cycle[:stop],
        events=Events(*(column[kept] for column in found.events)),
    )


def _integers(pieces: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(pieces).astype(np.int64) if pieces else np.empty(0, dtype=np.int64)


def _places(parts: Sequence[HalfCycles]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cycle of each half-cycle (−1: noise), its sign, and whether it has some length."""
    if not parts:
        empty = np.empty(0, dtype=np.int64)
        return empty, empty, empty.astype(bool)
    signs = np.concatenate([part.table.rows[:, SIGN] for part in parts])
    steady = np.concatenate([steady_current(part.table.rows) for part in parts])
    long = np.concatenate([part.table.rows[:, _SAMPLES] >= SHORT_SAMPLES for part in parts])
    return number_cycles(signs, steady), signs, long


_Piece = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def _wholes(part: HalfCycles, reading: int, kept: np.ndarray, shift: float) -> _Piece:
    """Statistics, signs, excursions and events of the half-cycles of a record."""
    statistics = part.statistics(reading)[kept]
    statistics[:, _ENDS] += shift
    rows, events = part.table.rows[kept], part.read(part.events, reading)
    owner = events[:, 0].astype(np.int64)
    events, owner = events[kept[owner]], owner[kept[owner]]
    return (
        statistics,
        rows[:, SIGN],
        rows[:, EXCURSIONS + reading],
        _events((np.cumsum(kept) - 1)[owner], events, shift),
    )


def _slices(part: HalfCycles, reading: int, kept: np.ndarray, shift: float) -> _Piece:
    """Return the same of the slices of one-way plating."""
    slices, events = part.read(part.slices, reading), part.read(part.events, reading)
    parent, owner = slices[:, 0].astype(np.int64), events[:, 0].astype(np.int64)
    slices, parent = slices[kept[parent]], parent[kept[parent]]
    events, owner = events[kept[owner]], owner[kept[owner]]
    first = np.searchsorted(parent, owner)
    statistics = slices[:, 2:].copy()
    statistics[:, _ENDS] += shift
    return (
        statistics,
        part.table.rows[parent, SIGN],
        np.zeros(len(parent)),
        _events(first + events[:, 6].astype(np.int64), events, shift),
    )


def _events(owner: np.ndarray, events: np.ndarray, shift: float) -> np.ndarray:
    """Half-cycle, time (s), Δ ln R, Ω before and after."""
    out = np.column_stack([owner, events[:, 2:6]]) if len(events) else np.empty((0, 5))
    out[:, 1] += shift
    return out
