"""A cell's overpotential in a few dozen numbers: enough for a sparkline and a small picture."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np

from softbreak.data.record import Record, Technique

FLOWS: Final = 0.01
"""Share of the largest current so far from which on a current is one: the rest is an offset."""
MOST: Final = 96
"""Points; when they are full, neighbours are joined, so that a trace always spans the life."""


class Trace:
    """Mean \\|V\\| (V) under current over the cell's life.

    Attributes
    ----------
    volts : list of float
        Means of ``width`` samples each, the last one unfinished.
    times : list of float
        When each of them ended, in seconds of time that ran in the files.
    width : int
    latest_unix_second : float or None
        Absolute time of the newest sample, where the files say it.
    latest_second : float
        Test time of the newest sample.
    """

    def __init__(self) -> None:
        self.volts: list[float] = []
        self.times: list[float] = []
        self.width = 1
        self.latest_unix_second: float | None = None
        self.latest_second = 0.0
        self._filled = 0
        self._ran = 0.0
        self._largest = 0.0

    def add(self, records: Iterable[Record]) -> None:
        """Take new rows in."""
        for record in records:
            if not record.rows or not record.has("test_time_second"):
                continue
            if record.rows == 1:
                self._one(record)
                continue
            times = self._clock(record.array("test_time_second"))
            self._moment(record)
            if record.technique is Technique.CYCLING:
                current = np.nan_to_num(record.array("current_ampere"))
                volts = np.abs(record.array("voltage_volt"), dtype=np.float64)
                self._largest = max(self._largest, float(np.abs(current).max()))
                good = (np.abs(current) > FLOWS * self._largest) & np.isfinite(volts)
                self._extend(volts[good], times[good])

    def _one(self, record: Record) -> None:
        """Take one row in: what a live channel sends, without a detour over arrays."""
        time = float(record.array("test_time_second")[0])
        if math.isfinite(time):
            self._ran += max(time - self.latest_second, 0.0)
        self._moment(record)
        if record.technique is Technique.CYCLING:
            volt = abs(float(record.array("voltage_volt")[0]))
            ampere = float(record.array("current_ampere")[0])
            if not (math.isfinite(ampere) and math.isfinite(volt)):
                return
            self._largest = max(self._largest, abs(ampere))
            if abs(ampere) > FLOWS * self._largest:
                self._room()
                self._count(volt, 1, self._ran)

    def _clock(self, time: np.ndarray) -> np.ndarray:
        """Return time that runs on: steps back (a new file, a reset clock) take none."""
        steps = np.nan_to_num(np.diff(time, prepend=self.latest_second))
        clock = self._ran + np.cumsum(np.maximum(steps, 0.0))
        self._ran = float(clock[-1])
        return clock

    def _moment(self, record: Record) -> None:
        self.latest_second = float(record.array("test_time_second")[-1])
        unix = None
        if record.has("unix_time_second"):
            unix = float(record.array("unix_time_second")[-1])
        elif record.source.started_unix_second is not None:
            unix = record.source.started_unix_second + self.latest_second
        if unix is not None and math.isfinite(unix):
            self.latest_unix_second = max(unix, self.latest_unix_second or unix)

    def _extend(self, volts: np.ndarray, times: np.ndarray) -> None:
        while len(volts):
            size = min(self._room(), len(volts))
            self._count(float(volts[:size].sum()), size, float(times[size - 1]))
            volts, times = volts[size:], times[size:]

    def _room(self) -> int:
        """Return how many samples the last point still takes; begin a new one if none."""
        if self._filled in (0, self.width):
            self._make_room()
            self.volts.append(0.0)
            self.times.append(0.0)
            self._filled = 0
        return self.width - self._filled

    def _count(self, total: float, size: int, time: float) -> None:
        before = self.volts[-1] * self._filled
        self._filled += size
        self.volts[-1], self.times[-1] = (before + total) / self._filled, time

    def _make_room(self) -> None:
        if len(self.volts) >= MOST:
            self.volts = np.reshape(self.volts, (-1, 2)).mean(axis=1).tolist()
            self.times = self.times[1::2]
            self.width *= 2

    def dump(self) -> dict[str, Any]:
        """Return everything as plain JSON."""
        return {
            "volts": self.volts,
            "times": self.times,
            "ran": self._ran,
            "width": self.width,
            "filled": self._filled,
            "largest": self._largest,
            "latest_unix_second": self.latest_unix_second,
            "latest_second": self.latest_second,
        }

    @classmethod
    def load(cls, told: Mapping[str, Any]) -> Trace:
        """Undo :meth:`dump`."""
        trace = cls()
        if told:
            trace.volts, trace.times = list(told["volts"]), list(told["times"])
            trace.width, trace._ran = int(told["width"]), float(told["ran"])
            trace._filled = int(told["filled"])
            trace._largest = float(told.get("largest", 0.0))
            trace.latest_unix_second = told["latest_unix_second"]
            trace.latest_second = float(told["latest_second"])
        return trace
