"""Where one impedance spectrum ends and the next begins: said once, for every format.

A sweep runs one way. A new one begins where the frequency turns: a leap back to the first
frequency, or the same way back. Frequencies in no order at all (a shuffled table, a few frequencies
measured over and over) begin a new spectrum where the first frequency comes again.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np

LEAST_HERTZ: Final = 1e-8
MOST_HERTZ: Final = 1e12
"""No instrument measures an impedance beyond these frequencies."""
SAME: Final = 5e-3
"""Frequencies (ln) that differ by less are one frequency, measured again."""
_SHARE_OF_STEP: Final = 0.2
"""… and by less than this share of the usual step, where the steps are finer."""
_SHORT_RUN: Final = 3
"""Where half of the runs have no more points, the frequencies are in no order."""
_NEARER: Final = 5.0
"""A turning point that is reached by a step so many times the next one begins the new sweep."""
_BESIDE: Final = 2.5
"""A run that begins so few steps beside another's beginning begins at the same place."""
_SHARED: Final = 1 / 3
"""A run that goes on beyond the last one continues it, if it repeats less than this share."""


def is_physical(frequency: np.ndarray) -> np.ndarray:
    """Return where a frequency (Hz) is one that can be measured; boolean, of its shape."""
    with np.errstate(invalid="ignore"):
        found: np.ndarray = (frequency >= LEAST_HERTZ) & (frequency <= MOST_HERTZ)
    return found


def sweeps(frequency: np.ndarray) -> list[slice]:
    """Split a column of frequencies into spectra.

    Parameters
    ----------
    frequency : numpy.ndarray, shape (n,)
        Hz, in file order. What no instrument measures stays with the sweep it stands in.

    Returns
    -------
    list of slice
        One a spectrum, in order, without gaps; empty for no frequency.
    """
    rows = np.flatnonzero(is_physical(frequency))
    if len(rows) < 2:
        return [slice(0, len(frequency))] if len(frequency) else []
    level = np.log(frequency[rows].astype(np.float64))
    same = _same(np.abs(np.diff(level)))
    starts = _continued(level, _turns(level, same), same)
    lengths = np.diff([*starts, len(level)])
    if len(starts) > 2 and np.median(lengths) <= _SHORT_RUN:
        starts = _repeats(level, same)
    return [slice(a, b) for a, b in pairwise([0, *rows[starts[1:]].tolist(), len(frequency)])]


def _same(steps: np.ndarray) -> float:
    """Return the difference (ln) below which two frequencies are one."""
    clear = steps[steps > SAME]
    if 10 * len(clear) >= len(steps):
        return min(SAME, _SHARE_OF_STEP * float(np.median(clear)))
    finer = steps[steps > 0.0]
    return _SHARE_OF_STEP * float(np.median(finer)) if len(finer) else 0.0


def _turns(level: np.ndarray, same: float) -> list[int]:
    """Return where runs of one direction begin."""
    steps = np.diff(level)
    signs = np.where(np.abs(steps) > same, np.sign(steps), 0.0)
    moves = np.flatnonzero(signs).tolist()
    starts, direction = [0], 0.0
    for place, move in enumerate(moves):
        if direction in (0.0, signs[move]):
            direction = signs[move]
            continue
        following = moves[place + 1] if place + 1 < len(moves) else None
        if following is not None and signs[following] == direction:
            starts.append(move + 1)  # a leap back: the step says nothing of the new direction
            direction = 0.0
            continue
        reached = moves[place - 1]
        at_turn = move - reached  # points at the turning frequency: half of them to either sweep
        alone = at_turn == 1 and abs(steps[reached]) > _NEARER * abs(steps[move])
        starts.append(reached + 1 + (0 if alone else (at_turn + 1) // 2))
        direction = signs[move]
    return sorted({start for start in starts if start < len(level)})


def _continued(level: np.ndarray, starts: list[int], same: float) -> list[int]:
    """Join runs that go on where the last one stopped, a point or two out of order or repeated."""
    kept = [starts[0]]
    for place, start in enumerate(starts[1:], start=1):
        end = starts[place + 1] if place + 1 < len(starts) else len(level)
        before, after = level[kept[-1] : start], level[start:end]
        if not (_goes_on(before, after, same) or _other_side(before, after, same)):
            kept.append(start)
    return kept


def _goes_on(before: np.ndarray, after: np.ndarray, same: float) -> bool:
    """Whether a run continues the one before it beyond its end, having repeated little of it."""
    if min(len(before), len(after)) < 2:
        return False
    way = np.sign(before[-1] - before[0])
    if way == 0.0 or way != np.sign(after[-1] - after[0]) or way * (after[-1] - before[-1]) <= same:
        return False
    again = np.count_nonzero(way * after <= way * before[-1] + same)
    return bool(again <= _SHARED * min(len(before), len(after)))


def _other_side(before: np.ndarray, after: np.ndarray, same: float) -> bool:
    """Whether a run goes the other way from where the one before it began, without a shared point.

    So measure those who begin in the middle of a spectrum.
    """
    if min(len(before), len(after)) < 3:
        return False
    way = np.sign(before[-1] - before[0])
    here, there = way * before, way * after  # one rises, the other has to fall below it
    apart = here[0] - there[0]
    one_way = here.min() >= here[0] - same and there.max() <= there[0] + same
    usual = np.median(np.abs(np.diff(before)))
    return bool(one_way and there[-1] < there[0] and same < apart <= _BESIDE * usual)


def _repeats(level: np.ndarray, same: float) -> list[int]:
    """Return where spectra of frequencies in no order begin: at the first that comes again.

    Where the parts are not of the same frequencies the rows are one spectrum: nothing tells.
    """
    order = np.argsort(level, kind="stable")
    apart = np.diff(level[order]) > same
    names = np.empty(len(level), dtype=np.int64)
    names[order] = np.concatenate([[0], np.cumsum(apart)])
    starts: list[int] = [0]
    seen: set[int] = set()
    for place, name in enumerate(names.tolist()):
        if name in seen:
            if place == starts[-1] + 1 or names[place] == names[place - 1]:
                continue  # measured again at once
            starts.append(place)
            seen = set()
        seen.add(name)
    return starts if _alike(names, starts) else [0]


def _alike(names: np.ndarray, starts: Sequence[int]) -> bool:
    """Whether all parts but the last, which may be cut off, hold the same frequencies."""
    parts = [set(names[a:b].tolist()) for a, b in pairwise([*starts, len(names)])]
    whole = parts[0]
    return all(part == whole for part in parts[:-1]) and parts[-1] <= whole
