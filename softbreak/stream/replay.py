"""Finished records, played again: as messages, or as files that grow, at any speed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import merge
from itertools import pairwise
from pathlib import Path, PurePosixPath

import numpy as np

from softbreak.data.history import CellHistory
from softbreak.data.record import Record, Technique
from softbreak.stream.sources.messages import dump

Pause = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Span:
    """When a file was written, on its cell's clock (s)."""

    path: str
    begin: float
    end: float


def messages(
    histories: Iterable[CellHistory], step_second: float
) -> Iterator[tuple[float, str, str]]:
    """Yield what the cells' cyclers would have sent, all cells beginning at zero.

    Parameters
    ----------
    histories : iterable of CellHistory
    step_second : float
        Rows of so much of a cell's time go into one message.

    Yields
    ------
    time : float
        On the cells' clock, when the message's last row was measured.
    cell_id, message : str
    """
    yield from merge(*(_messages(history, step_second) for history in histories))


def _messages(history: CellHistory, step: float) -> Iterator[tuple[float, str, str]]:
    pieces = [
        (record, clock, rows)
        for record, clock in zip(history.records, history.clocks, strict=True)
        for rows in _slices(record, clock, step)
    ]
    for sequence, (record, clock, rows) in enumerate(pieces):
        name = PurePosixPath(Path(record.source.path).as_posix()).name
        told = replace(record, source=replace(record.source, path=name))
        message = dump(told, rows, sequence, end=sequence == len(pieces) - 1)
        yield float(clock[rows.stop - 1]), record.cell.cell_id, message


def _slices(record: Record, clock: np.ndarray, step: float) -> Iterator[slice]:
    """Cut a record at equal times; a spectrum is one piece."""
    if not len(clock):
        return
    if record.technique is Technique.IMPEDANCE:
        yield slice(0, len(clock))
        return
    number = np.floor(clock / step)
    edges = [0, *(np.flatnonzero(np.diff(number) != 0) + 1).tolist(), len(clock)]
    for first, last in pairwise(edges):
        yield slice(first, last)


def spans(histories: Iterable[CellHistory]) -> list[Span]:
    """Return when each file was written."""
    found: dict[str, Span] = {}
    for history in histories:
        for record, clock in zip(history.records, history.clocks, strict=True):
            if not len(clock):
                continue
            path = record.source.path
            known = found.get(path, Span(path, float(clock[0]), float(clock[-1])))
            begin, end = min(known.begin, float(clock[0])), max(known.end, float(clock[-1]))
            found[path] = Span(path, begin, end)
    return list(found.values())


class Clock:
    """The cells' time, which runs faster than ours.

    Parameters
    ----------
    speed : float
        Seconds of the cells' time in one of ours; infinite for as fast as it goes.
    pause : callable
        Sleeps.
    """

    def __init__(self, speed: float, pause: Pause = time.sleep) -> None:
        self.speed, self._pause = speed, pause
        self._began = time.monotonic()

    @property
    def paced(self) -> bool:
        """Whether there is anything to wait for."""
        return math.isfinite(self.speed)

    def now(self) -> float:
        """Return the cells' time (s)."""
        return (time.monotonic() - self._began) * self.speed

    def until(self, moment: float) -> None:
        """Wait until the cells' time is ``moment``."""
        if self.paced:
            wait = moment / self.speed - (time.monotonic() - self._began)
            if wait > 0.0:
                self._pause(wait)


def grow(
    files: Sequence[Span], source: Path, target: Path, clock: Clock, tick_second: float = 0.5
) -> int:
    """Let copies of files grow as they once did; return how many bytes were written.

    Parameters
    ----------
    files : sequence of Span
        Paths relative to ``source``.
    source, target : Path
        Folders.
    clock : Clock
    tick_second : float
        Our time between two writes to a file.
    """
    waiting = {span.path: (source / span.path).read_bytes() for span in files}
    written = dict.fromkeys(waiting, 0)
    last = max((span.end for span in files), default=0.0)
    moment = 0.0
    while True:
        for span in files:
            data = waiting[span.path]
            size = len(data) if moment >= last else int(_share(span, moment) * len(data))
            if size > written[span.path]:
                _append(target / span.path, data[written[span.path] : size])
                written[span.path] = size
        if moment >= last:
            return sum(written.values())
        clock.until(moment + tick_second * clock.speed)
        moment = min(max(clock.now(), moment), last) if clock.paced else last


def _share(span: Span, moment: float) -> float:
    if span.end <= span.begin:
        return float(moment >= span.end)
    return min(max((moment - span.begin) / (span.end - span.begin), 0.0), 1.0)


def _append(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(data)
