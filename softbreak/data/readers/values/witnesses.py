"""The file's own second witness: what two clocks of one file say of each other.

Test time and wall clock run alike, but for pauses of the test. Where they differ by a plain factor
throughout, the heading states another unit than the column has; calendars are not mistaken about
theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

_UNITS: Final = {
    "nanoseconds": 1e-9,
    "microseconds": 1e-6,
    "milliseconds": 1e-3,
    "seconds": 1.0,
    "minutes": 60.0,
    "hours": 3600.0,
    "days": 86_400.0,
}
_LABELLED: Final = ("seconds", "milliseconds", "minutes", "hours", "days")
"""Units that headings state, the commonest first: where a factor has several readings, it is."""


def _named() -> dict[float, str]:
    """Return what a column is in that is labelled otherwise, by what its values lack."""
    out: dict[float, str] = {}
    for label in _LABELLED:
        for unit, second in _UNITS.items():
            factor = second / _UNITS[label]
            if unit != label and not any(abs(known / factor - 1.0) < 1e-9 for known in out):
                out[factor] = f"in {unit}" + f", not in {label}" * (label != "seconds")
    return out


_FACTORS: Final = _named()
_STRETCHES: Final = 64
_FEWEST_ROWS: Final = 3
_ALIKE: Final = 0.03
_COARSELY: Final = 0.2
"""In a short file with a coarse wall clock: plain factors are farther apart."""
_MOST: Final = 0.7
"""Of all stretches so many must agree: a pause of the test is no unit."""


class Clock(NamedTuple):
    """A test time, and what was done to it.

    Attributes
    ----------
    time : ndarray, shape (n,)
        s.
    sentence : str
        Empty where nothing had to be done.
    agrees : bool
        Whether a wall clock bears witness to its unit.
    """

    time: np.ndarray
    sentence: str = ""
    agrees: bool = False


def run_on(time: np.ndarray, step: np.ndarray | None = None) -> np.ndarray:
    """Let a time that restarts with every step run on; other times are left as they are.

    A time that goes on at most changes of the step does not restart. Within a step, a lone sample
    that jumps out and back restarts nothing.

    Parameters
    ----------
    time : ndarray, shape (n,)
        s.
    step : ndarray, shape (n,), optional
        Number of the programme's step.
    """
    before = np.zeros_like(time)
    falls = np.flatnonzero(np.diff(time) < 0) + 1
    if len(falls):
        new = np.zeros(len(falls), bool) if step is None else step[falls] != step[falls - 1]
        goes_on = (
            0 if step is None else np.count_nonzero((np.diff(step) != 0) & (np.diff(time) > 0))
        )
        up, down = _lone(time, falls)
        if step is not None:  # a step of two rows can as well be followed by such a time
            new &= ~(up & (falls >= 3) & (step[falls - 1] == step[np.maximum(falls - 3, 0)]))
        if goes_on and goes_on >= np.count_nonzero(new):
            return time
        falls = falls[new | ~(up | down)]
    before[falls] = time[falls - 1]
    return time + np.cumsum(before)


def _lone(time: np.ndarray, falls: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Say at which falls a lone sample had jumped ahead, and at which one jumps back."""
    up = (falls >= 2) & (time[falls] > time[falls - 2])
    behind = time[np.minimum(falls + 1, len(time) - 1)]
    down = (time[falls] > 0) & (falls + 1 < len(time)) & (behind > time[falls - 1])
    return up, down


def reconciled(
    told: np.ndarray, wall: np.ndarray | None, step: np.ndarray | None, *, restarts: bool = False
) -> Clock:
    """Hold a test time against the file's wall clock.

    Parameters
    ----------
    told : ndarray, shape (n,)
        Test time (s), as the heading states it.
    wall : ndarray, shape (n,), optional
        s since 1970.
    step : ndarray, shape (n,), optional
        Number of the programme's step.
    restarts : bool
        Whether the time may restart with every step.
    """
    time = run_on(told, step) if restarts else told
    if len(time) < _FEWEST_ROWS:
        return Clock(time)
    if wall is None or np.isfinite(wall).sum() < _FEWEST_ROWS:
        ends = _step_ends(told, step) if _all_new(step) else None
        return Clock(time) if ends is None else Clock(ends, _STEP_ENDS)
    factor = _factor(time, wall)
    if factor == 1.0:
        return Clock(time, agrees=True)
    if factor is not None:
        said = _disagreement(time, wall, f"it is {_FACTORS[factor]}")
        return Clock(time * factor, said, agrees=True)
    by_steps = _step_ends(told, step)
    if by_steps is not None and _factor(by_steps, wall) == 1.0:
        return Clock(by_steps, _STEP_ENDS, agrees=True)
    if _stands_still(time, wall):
        began = wall[np.isfinite(wall)][0]
        return Clock(
            np.where(np.isfinite(wall), wall - began, np.nan),
            _disagreement(time, wall, "it stands still, and the wall clock is taken for it"),
            agrees=True,
        )
    return Clock(time)


_STEP_ENDS: Final = (
    "the time is that within each step, told at its end only: the durations of the steps were added"
)


def _disagreement(time: np.ndarray, wall: np.ndarray, why: str) -> str:
    known = np.isfinite(time) & np.isfinite(wall)
    advance, passed = np.ptp(time[known]), np.ptp(wall[known])
    return (
        f"the two clocks of the file disagree: the wall clock advances by {passed:,.6g} s while "
        f"the test time, by its heading, advances by {advance:,.6g} s: {why}"
    )


def _factor(time: np.ndarray, wall: np.ndarray) -> float | None:
    """Return by which plain factor the wall clock outruns a test time; None if by no such one."""
    ratio, alike = _ratios(time, wall)
    if len(ratio) < 2:
        return None
    for factor in (1.0, *_FACTORS):
        if np.mean(np.abs(ratio / factor - 1.0) < alike) >= _MOST:
            return factor
    return None


def _ratios(time: np.ndarray, wall: np.ndarray) -> tuple[np.ndarray, float]:
    """Wall time a test time, for stretches of the file that are long beside the wall's ticks.

    Also returns by how much they may be off: more in a short file whose wall clock is coarse.
    """
    known = np.flatnonzero(np.isfinite(time) & np.isfinite(wall))
    if len(known) < 3:
        return np.empty(0), _ALIKE
    tick = _tick(wall[known])
    for stretches, alike in ((_STRETCHES, _ALIKE), (16, _ALIKE), (4, _ALIKE), (4, _COARSELY)):
        edges = known[np.unique(np.linspace(0, len(known) - 1, stretches + 1).astype(np.int64))]
        passed, advance = np.diff(wall[edges]), np.diff(time[edges])
        if np.median(passed) * alike >= tick:
            break
    usable = (advance > 0) & (np.abs(passed) * alike >= tick)
    if usable.sum() < _MOST * len(advance):
        return np.empty(0), alike
    return np.where(usable, passed / np.where(usable, advance, 1.0), 0.0), alike


def _tick(wall: np.ndarray) -> float:
    """How finely a wall clock is written (s)."""
    for tick in (86_400.0, 3600.0, 60.0, 1.0, 1e-3):
        if (np.abs(wall[:2000] / tick - np.round(wall[:2000] / tick)) < 1e-6).all():
            return tick
    return 0.0


def _step_ends(time: np.ndarray, step: np.ndarray | None) -> np.ndarray | None:
    """Add up times within steps, if the time never goes on from one step to the next."""
    if step is None:
        return None
    new = np.flatnonzero(np.diff(step) != 0) + 1
    if not len(new) or (time[new] > time[new - 1]).mean() > 0.5:
        return None
    before = np.zeros_like(time)
    before[new] = time[new - 1]
    return np.asarray(time + np.cumsum(before))


def _all_new(step: np.ndarray | None) -> bool:
    """Whether every row is of a new step."""
    return (
        step is not None
        and bool((np.diff(step[:64]) != 0).all())  # mostly these tell
        and bool((np.diff(step) != 0).all())
    )


def _stands_still(time: np.ndarray, wall: np.ndarray) -> bool:
    """Whether a test time does not move in most rows in which a wall clock goes on."""
    goes_on = np.diff(wall) > 0
    still = np.diff(time) == 0
    forward = (np.diff(wall[np.isfinite(wall)]) >= 0).all()
    return (
        bool(forward) and goes_on.sum() > 2 and bool((still & goes_on).sum() > 0.9 * goes_on.sum())
    )


def plain_ratio(ours: np.ndarray, theirs: np.ndarray) -> float | None:
    """Return the power of 1000 (or 60, 3600, 86400) between two columns; None if there is none."""
    usable = np.isfinite(ours) & np.isfinite(theirs) & (np.abs(ours) > 0) & (np.abs(theirs) > 0)
    if usable.sum() < _FEWEST:
        return None
    ratio = theirs[usable] / ours[usable]
    for factor in _plain():
        if np.mean(np.abs(ratio / factor - 1.0) < 2 * _ALIKE) >= _MOST:
            return factor
    return None


_FEWEST: Final = 8


def _plain() -> Iterator[float]:
    yield 1.0
    for factor in (1e3, 1e6, 60.0, 3600.0, 86_400.0):
        yield factor
        yield 1.0 / factor
