"""The watch: source → live cells → one transaction → acknowledgement → notifications.

Two promises, kept in this order. What has happened to a cell (verdicts, alarms, notifications) is
stored at once. The state behind it (the live cell and the offsets of its sources) is stored
together, after ``checkpoint_second`` at the latest; only then is the source told. A process that is
killed between the two takes up at the last state, is handed the same rows again, and comes to the
same verdicts and alarms under the same keys: nothing is lost and nothing is doubled.
"""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile
from threading import Event
from types import TracebackType

from softbreak.models.live.changes import Kind
from softbreak.stream.alarm import Alarm, AlarmLimits
from softbreak.stream.counters import Metrics
from softbreak.stream.sources.chunk import Chunk, Problem, Receipt, Source
from softbreak.stream.store.engine import Fenced
from softbreak.stream.store.store import Store, StoreBusy
from softbreak.stream.store.transaction import CellWrite
from softbreak.stream.watched_cell import Engine, WatchedCell

logger = logging.getLogger(__name__)

_LONGEST_PAUSE_SECOND = 10.0
_SETTLED_GROWTH = 1.25


@dataclass(frozen=True, slots=True)
class Pace:
    """How often what is stored.

    Attributes
    ----------
    checkpoint_second : float
        A cell's state is stored so long after its first unstored row.
    group_second : float
        Chunks are gathered into one transaction for so long; an alarm waits no longer.
    group_chunks : int
        Or until they are so many.
    checkpoints : int
        So many cells' states go into one transaction at most, unless the watch ends.
    share : float
        At most so much of the time goes into storing states: with very many cells they wait
        longer, and alarms do not.
    """

    checkpoint_second: float = 5.0
    group_second: float = 0.2
    group_chunks: int = 2000
    checkpoints: int = 200
    share: float = 0.2


class _Boundary:
    """Where a fault in one cell's data stays that cell's."""

    def __init__(self) -> None:
        self.error: Exception | None = None

    def __enter__(self) -> _Boundary:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        self.error = error
        return True


class Watch:
    """Follows a source until told to stop.

    Parameters
    ----------
    source : Source
    store : Store
    engine : Engine
    channels : sequence of str
        Names of the channels that notifications go to.
    limits : AlarmLimits
    pace : Pace

    Attributes
    ----------
    cells : dict of str to WatchedCell
        Those that were fed since the process began.
    metrics : Metrics
    problems : dict of str to str
        What could not be used, by file or cell, and why; the latest word on each.
    stop : threading.Event
        Ends :meth:`run`, and a commit that waits for a store.
    heard : callable or None
        Told of each alarm that was raised or has ended, once it is stored.
    """

    def __init__(
        self,
        source: Source,
        store: Store,
        engine: Engine,
        channels: Sequence[str] = (),
        *,
        limits: AlarmLimits | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.source, self.store, self.engine = source, store, engine
        self.channels = tuple(channels)
        self.limits, self.pace = limits or AlarmLimits(), pace or Pace()
        self.cells: dict[str, WatchedCell] = {}
        self.metrics = Metrics()
        self.problems: dict[str, str] = {}
        self.stop = Event()
        self.heard: Callable[[str, Alarm], None] | None = None
        self._broken: set[str] = set()
        self._news: dict[str, WatchedCell] = {}
        self._dirty: dict[str, float] = {}
        self._rest_until = 0.0
        self._grouped, self._group_began = 0, 0.0
        self._settled = 0
        self._resume()

    def _resume(self) -> None:
        self.source.resume(self.store.tokens(self.source.name))
        models = self.store.models()
        self._stored_cells = set(models)
        if self.source.replays:
            stale = [name for name, model in models.items() if model != self.engine.model]
            if stale:
                logger.info("%d cells are judged again by %s", len(stale), self.engine.model)
                self.source.rewind(stale)

    def run(self, interval_second: float) -> None:
        """Poll until stopped, or until the source has come to its end."""
        while not self.stop.is_set():
            if self.step():
                continue
            if self.source.exhausted:
                self.finish()
                break
            self.source.wait(interval_second)
        self.close()

    def run_once(self) -> None:
        """Take all that there is now (of a pipe: all until its end), and store it."""
        while not self.stop.is_set():
            if self.step():
                continue
            if self.source.exhausted or not self.source.ends:
                break
            self.source.wait(1.0)
        if self.source.exhausted:
            self.finish()
        self.close()

    def step(self) -> int:
        """Take what the source has; return how many chunks it had."""
        self.metrics.polled_unix_second = time.time()
        count = 0
        for chunk in self.source.poll():
            count += 1
            self._take(chunk)
            if self._group_is_full() and not self.flush():
                break
        for problem in self.source.problems():
            self._problem("source", problem)
        self.flush()
        if self.source.rebalanced() and self.flush(everything=True):
            self._forget()
        self._settle()
        return count

    def _settle(self) -> None:
        """Take new cells out of what the garbage collector looks through.

        They live for months; a full collection that visits ten thousand of them holds every alarm
        up for half a second. What nobody refers to any more is freed all the same, without it.
        """
        if len(self.cells) > _SETTLED_GROWTH * self._settled:
            self._settled = len(self.cells)
            gc.collect()
            gc.freeze()

    def finish(self) -> None:
        """Take it that no row follows in any cell, and store what that means."""
        for cell in self.cells.values():
            if cell.finish():
                self._news[cell.cell.cell_id] = cell
                self._dirty.setdefault(cell.cell.cell_id, time.monotonic())
        self.flush(everything=True)

    def close(self) -> None:
        """Store everything."""
        self.flush(everything=True)

    def _take(self, chunk: Chunk) -> None:
        name = chunk.cell.cell_id
        if name in self._broken and not chunk.restart:
            return
        with _Boundary() as boundary:
            cell = self._watched(chunk)
            changes = cell.take(chunk)
        if boundary.error is not None:
            self._set_aside(name, boundary.error)
            return
        self._broken.discard(name)
        self._dirty.setdefault(name, time.monotonic())
        if not self._grouped:
            self._group_began = time.monotonic()
        self._grouped += 1
        if cell.has_news:
            self._news[name] = cell
        self.metrics.chunks += 1
        self.metrics.samples += chunk.samples
        self.metrics.verdicts += sum(change.kind is Kind.VERDICT for change in changes)

    def _watched(self, chunk: Chunk) -> WatchedCell:
        name = chunk.cell.cell_id
        cell = self.cells.get(name)
        if cell is None:
            stored = self.store.cell(name) if name in self._stored_cells else None
            cell = WatchedCell(self.engine, chunk.cell, stored, self.limits)
            self.cells[name] = cell
            self.metrics.cells = len(self.cells)
        elif chunk.restart:
            cell.cell = chunk.cell
        return cell

    def _set_aside(self, name: str, error: Exception) -> None:
        """Leave a cell alone whose rows cannot be judged: it stays where it was stored last."""
        logger.debug("%s", name, exc_info=error)
        self._broken.add(name)
        self.cells.pop(name, None)
        self._news.pop(name, None)
        self._dirty.pop(name, None)
        self._problem("engine", Problem(name, f"cannot be judged: {type(error).__name__}: {error}"))

    def _problem(self, kind: str, problem: Problem) -> None:
        self.metrics.errors[kind] += 1
        if self.problems.get(problem.key) != problem.sentence:
            logger.warning("%s: %s", problem.key, problem.sentence)
        self.problems[problem.key] = problem.sentence

    def _group_is_full(self) -> bool:
        waited = time.monotonic() - self._group_began
        return self._grouped >= self.pace.group_chunks or waited >= self.pace.group_second

    def flush(self, *, everything: bool = False) -> bool:
        """Store news, and the states that are due (or all of them); acknowledge those.

        Returns
        -------
        bool
            False if that was not possible: the watch ends, or another worker was there.
        """
        self._grouped = 0
        due = self._due(everything) | self._to_be_told()
        names = [*due, *(name for name in self._news if name not in due)]
        if not names:
            return not self.stop.is_set()
        began = time.monotonic()
        writes = [(self.cells[n], self.cells[n].write(checkpoint=n in due)) for n in names]
        if not self._commit([write for _, write in writes]):
            return False
        self._stored(writes)
        if due:
            now = time.monotonic()
            self._rest_until = now + (now - began) * (1.0 / self.pace.share - 1.0)
        return not self.stop.is_set()

    def _due(self, everything: bool) -> dict[str, None]:
        """Cells whose state is to be stored, the longest waiting first."""
        if everything:
            return dict.fromkeys(self._dirty)
        now = time.monotonic()
        if now < self._rest_until and self.pace.checkpoint_second > 0.0:
            return {}
        limit = now - self.pace.checkpoint_second
        late = takewhile(lambda item: item[1] <= limit, self._dirty.items())
        return {name: None for name, _ in islice(late, self.pace.checkpoints)}

    def _to_be_told(self) -> dict[str, None]:
        """Cells about which people are told something: a picture needs what is stored of them."""
        if not self.channels:
            return {}
        return {name: None for name, cell in self._news.items() if cell.is_told_of}

    def _commit(self, writes: list[CellWrite]) -> bool:
        """Store, and try again while the store is busy: the source waits meanwhile."""
        began, pause = time.perf_counter(), 0.05
        while True:
            try:
                self.store.commit(writes, self.source.name, self.channels)
            except StoreBusy as error:
                self._problem("store", Problem("store", f"{error}; trying again"))
                pause = min(2.0 * pause, _LONGEST_PAUSE_SECOND)
                if self.stop.wait(pause):
                    logger.warning("stopped before the store could be written; nothing is lost")
                    return False
            except Fenced as error:
                self._problem("fence", Problem("store", f"{error}; taking up what it stored"))
                self._forget()
                return False
            else:
                self.problems.pop("store", None)
                self.metrics.commit_second = time.perf_counter() - began
                self.metrics.commits += 1
                return True

    def _forget(self) -> None:
        """Another worker has been here: what is not stored comes again."""
        self.cells.clear()
        self._news.clear()
        self._dirty.clear()
        self._broken.clear()
        self._settled = 0
        self._resume()

    def _stored(self, writes: list[tuple[WatchedCell, CellWrite]]) -> None:
        done: list[Receipt] = []
        newest = float("-inf")
        for cell, write in writes:
            done += cell.written(write)
            if write.state is not None:
                self._dirty.pop(write.cell_id, None)
            self.metrics.alarms += len(write.alarms)
            if self.heard is not None:
                for alarm in write.alarms:
                    self.heard(write.cell_id, alarm)
            newest = max(newest, cell.trace.latest_unix_second or newest)
        self._news.clear()
        if newest > float("-inf"):
            self.metrics.lag_second = time.time() - newest
        if done:
            self.source.ack(done)
