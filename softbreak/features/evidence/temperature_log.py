"""When a record's rows were measured, and how warm it was; kept in a few numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from softbreak.data.clock import clock_peek, ends_of, new_clock
from softbreak.features.half_cycles.growing import Growing
from softbreak.features.kernels.sample_columns import IN_T, IN_WARM
from softbreak.features.kernels.temperature_log_scan import (
    COUNT,
    FIRST,
    LAST,
    LAST_TIME,
    SUM,
    VARIED,
    WAITING,
    follow,
)

REACH_SECOND: Final = 3600.0
"""A spectrum without a temperature takes the cycler's, if it is no older than this."""
STILL_KELVIN: Final = 1.0
"""… or older, if the temperature stood still for as long on the log's side of the gap: a slow
voltammogram, which logs none, often lies between."""
FARTHEST_SECOND: Final = 86400.0
"""No log that is a day away says how warm it was, for days differ."""
BLOCK: Final = 16_384
"""Longer chunks are taken in pieces."""
_NOTHING: Final = np.empty(0)
_NOTHING_YET: Final = np.full(8, np.nan)
_NOTHING_YET[[COUNT, VARIED, SUM]] = 0.0


class Thermometer:
    """Clock and temperatures of one record, fed in any chunks.

    Attributes
    ----------
    rows : int
        Samples ever fed.
    first : float
        First time on the record's own clock (s); zero where it has none.
    """

    def __init__(self) -> None:
        self.rows = 0
        self.first = 0.0
        self.clock = new_clock()
        self.state = _NOTHING_YET.copy()
        self.kept = Growing(2)

    @property
    def last(self) -> float:
        """Last time on the record's own clock (s), should no other sample follow."""
        return clock_peek(self.clock)

    @property
    def lost_second(self) -> float:
        """What resets of the clock have taken so far (s)."""
        return float(self.clock[5])

    @property
    def mean(self) -> float:
        """Mean temperature (°C), NaN where there is none."""
        return float(self.state[SUM] / self.state[COUNT]) if self.state[COUNT] else float("nan")

    @property
    def logged(self) -> bool:
        """Whether it was really measured: software writes 0 or 25 when it is not."""
        known = self.state[COUNT] > 0.0
        return bool(known and (self.state[VARIED] or self.state[FIRST] not in (0.0, 25.0)))

    def feed(self, time: np.ndarray | None, warmth: np.ndarray | None, count: int) -> None:
        """Take samples.

        Parameters
        ----------
        time : numpy.ndarray, shape (count,), optional
            As recorded (s).
        warmth : numpy.ndarray, shape (count,), optional
            °C.
        count : int
        """
        for start in range(0, count, BLOCK):
            part = slice(start, start + BLOCK)
            values = _NOTHING if warmth is None else np.array(warmth[part], dtype=np.float64)
            if time is None:
                moments = np.full(min(BLOCK, count - start), np.nan)
            else:
                moments = np.array(time[part], dtype=np.float64)
            self._follow(moments, values)

    def take(self, stage: np.ndarray) -> None:
        """Take samples of cycling.

        Parameters
        ----------
        stage : numpy.ndarray, shape (6 or 3, n)
            From :func:`softbreak.features.half_cycles.samples.staged`.
        """
        self._follow(stage[IN_T], _NOTHING if len(stage) <= IN_WARM else stage[IN_WARM])

    def _follow(self, moments: np.ndarray, warmth: np.ndarray) -> None:
        if not self.clock[0]:
            self.first = (ends_of(moments) or (0.0, 0.0))[0]
        out = np.empty((len(moments), 2))
        found = follow(self.clock, self.state, moments, warmth, out)
        if found:
            self.kept.extend(out[:found])
        self.rows += len(moments)

    def dump(self) -> dict[str, Any]:
        """Return all that it remembers."""
        named = {name: getattr(self, name) for name in ("rows", "first", "clock", "state")}
        return {**named, "kept": self.kept.rows}

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> Thermometer:
        """Undo :meth:`dump`."""
        meter = cls()
        for name in ("rows", "first", "clock", "state"):
            setattr(meter, name, stored[name])
        meter.kept = Growing.of(stored["kept"])
        return meter

    def log(self) -> np.ndarray:
        """Times on the record's own clock (s) and temperatures (°C), shape (n, 2)."""
        rows, state = self.kept.rows, self.state
        time, value = state[LAST_TIME], state[LAST]
        if np.isfinite(state[WAITING]):
            time, value = self.last, state[WAITING]
        if np.isfinite(value) and (not len(rows) or rows[-1, 0] != time):
            rows = np.vstack([rows, [time, value]])
        return rows.copy()


def joined_log(pieces: Sequence[tuple[Thermometer, float]]) -> np.ndarray:
    """Temperatures of a cell's life.

    Parameters
    ----------
    pieces : sequence of (Thermometer, float)
        One a record, with the shift of its clock to the cell's (s).

    Returns
    -------
    numpy.ndarray, shape (n, 2)
        Times (s) and temperatures (°C), in the order of time.
    """
    logs = [meter.log() + np.array([shift, 0.0]) for meter, shift in pieces if meter.logged]
    rows = np.concatenate(logs) if logs else np.empty((0, 2))
    return rows[np.argsort(rows[:, 0], kind="stable")]


def temperature_at(own: float, moment: float, log: np.ndarray) -> float:
    """Temperature of a record, or what the log of its neighbours says at its time (°C).

    Parameters
    ----------
    own : float
        Its own, NaN where it has none.
    moment : float
        s.
    log : numpy.ndarray, shape (n, 2)
    """
    if np.isfinite(own) or not len(log):
        return own
    known = _is_near(np.abs(log[:, 0] - moment), log)
    return float(np.interp(moment, log[:, 0], log[:, 1])) if known else float("nan")


def _is_near(away: np.ndarray, log: np.ndarray) -> bool:
    """Tell whether a log says how warm it was, ``away`` (s) from each of its rows."""
    gap = float(away.min())
    if gap < REACH_SECOND:
        return True
    if gap > FARTHEST_SECOND or away.max() < 2.0 * gap:
        return False
    return float(np.ptp(log[away <= 2.0 * gap, 1])) < STILL_KELVIN
