"""How far a run has come, how fast it goes, and how long it will take."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from softbreak.archive.jobs.batches import Todo


class Progress(NamedTuple):
    """How far a run has come.

    Attributes
    ----------
    done, total : int
        Cells; those that need not be done again are done.
    cell_id : str
        The cell that was just done.
    cycles : int
        Judged in this run.
    bytes_per_second : float
        Of the files; NaN before the first cell.
    seconds_left : float
        By what the cells that are left are expected to cost; NaN before the first.
    """

    done: int
    total: int
    cell_id: str
    cycles: int = 0
    bytes_per_second: float = math.nan
    seconds_left: float = math.nan


@dataclass(slots=True)
class Meter:
    """Adds up what is done.

    Attributes
    ----------
    tell : callable or None
        Called with :class:`Progress`.
    done, total : int
    cost_left : float
    """

    tell: Callable[[Progress], None] | None
    done: int
    total: int
    cost_left: float
    _cost: float = 0.0
    _size: int = 0
    _cycles: int = 0
    _began: float = field(default_factory=time.perf_counter)

    def start(self) -> None:
        """Tell what stands already."""
        if self.tell is not None:
            self.tell(Progress(self.done, self.total, ""))

    def more(self, todos: list[Todo]) -> None:
        """Take in cells into which one came apart; that one was counted."""
        self.total += len(todos)
        self.cost_left += sum(todo.cost for todo in todos)

    def count(self, todo: Todo, cycles: int, *, split: bool = False) -> None:
        """Take in a cell that is done."""
        self.done += not split
        self.total -= split
        self.cost_left -= todo.cost
        self._cost += todo.cost
        self._size += todo.size
        self._cycles += cycles
        if self.tell is not None:
            took = max(time.perf_counter() - self._began, 1e-9)
            left = took * max(self.cost_left, 0.0) / self._cost if self._cost else math.nan
            self.tell(
                Progress(
                    self.done, self.total, todo.group.cell_id, self._cycles, self._size / took, left
                )
            )
