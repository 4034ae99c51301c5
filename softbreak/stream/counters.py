"""What a watch counts of itself."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Metrics:
    """Counters since the process began, and how long ago things were.

    Times are those of a clock that nobody sets: a wall clock that goes back must not make a watch
    look alive that hangs, nor one that goes on look as if it hung.

    Attributes
    ----------
    started_second : float
        Of the monotonic clock.
    samples, chunks, verdicts, alarms, commits : int
    errors : Counter
        By kind: "source", "store", "fence", "engine", "message".
    lag_second : float
        Age of the newest sample when its effects were stored; NaN where samples have no
        absolute time.
    commit_second : float
        What the last transaction took.
    cells : int
        Live in this process.
    polled_second : float
        Of the monotonic clock, when the source was asked last: a watch that hangs stops asking.
    refused : int
        Messages that can never be used, and were put aside.
    store_fault : str
        Why nothing can be stored now; empty while it can.
    """

    started_second: float = field(default_factory=time.monotonic)
    samples: int = 0
    chunks: int = 0
    verdicts: int = 0
    alarms: int = 0
    commits: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    lag_second: float = float("nan")
    commit_second: float = float("nan")
    cells: int = 0
    polled_second: float = field(default_factory=time.monotonic)
    refused: int = 0
    store_fault: str = ""

    def rate(self) -> float:
        """Samples per second since the process began."""
        return self.samples / max(time.monotonic() - self.started_second, 1e-9)

    def polled(self) -> None:
        """Note that the source is being asked."""
        self.polled_second = time.monotonic()

    @property
    def silent_second(self) -> float:
        """So long the source was not asked."""
        return time.monotonic() - self.polled_second
