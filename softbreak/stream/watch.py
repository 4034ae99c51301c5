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
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, takewhile
from threading import Event

from softbreak.boundary import Boundary
from softbreak.errors import SoftbreakError
from softbreak.models.live.changes import Kind
from softbreak.stream.alarm import Alarm, AlarmLimits
from softbreak.stream.committer import Committer
from softbreak.stream.counters import Metrics
from softbreak.stream.failed_cells import FailedCells
from softbreak.stream.pace import Pace
from softbreak.stream.problems import Problems
from softbreak.stream.sources.chunk import Chunk, Problem, Receipt, Source
from softbreak.stream.store.engine import Fenced, StoreRefused
from softbreak.stream.store.store import Store, StoreBusy
from softbreak.stream.store.transaction import CellWrite, StoredCell
from softbreak.stream.watched_cell import Engine, WatchedCell, taken_up

logger = logging.getLogger(__name__)

_SETTLED_GROWTH = 1.25
MOST_CELLS = 20_000
"""So many cells are kept in memory; of more, those that were fed longest ago wait in the store."""

_Write = tuple[WatchedCell, CellWrite]


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
        self.problems = Problems(self.metrics.errors)
        self.stop = Event()
        self.heard: Callable[[str, Alarm], None] | None = None
        self._committer = Committer(self, self.problems, self.metrics)
        self._failed = FailedCells(self, source, store, self.problems, self.metrics)
        self._patient = self._polled_once = self._moved = False
        self._news: dict[str, WatchedCell] = {}
        self._dirty: dict[str, float] = {}
        self._grouped, self._group_began, self._rest_until = 0, 0.0, 0.0
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
        self._patient = True
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
            if self.step() or self._moved:
                continue
            if self.source.exhausted or not (self.source.ends or self.source.settling):
                break
            self.source.wait(1.0)
        if self.source.exhausted:
            self.finish()
        self.close()

    def step(self) -> int:
        """Take what the source has; return how many chunks it had."""
        self.metrics.polled()
        count = 0
        for chunk in self._polled():
            count += 1
            if not self._take(chunk):
                break
            if (self._group_is_full() or chunk.alone) and not self.flush(everything=chunk.alone):
                break
        for problem in self.source.problems():
            self.problems.tell("source", problem)
        self.flush()
        self._moved = self.source.rebalanced()
        if self._moved and self.flush(everything=True):
            self._forget()
        self._settle()
        return count

    def _polled(self) -> Iterator[Chunk]:
        """Ask the source; an error of ours in it is told, and it is asked again next time."""
        with Boundary() as boundary:
            yield from self.source.poll()
        if isinstance(boundary.error, SoftbreakError) and not self._polled_once:
            raise boundary.error  # said to whoever has started it: there is nothing to watch
        self._polled_once = True
        if boundary.error is not None:
            self._failed.fault("source", self.source.name, boundary.error, None)

    def _settle(self) -> None:
        """Take new cells out of what the garbage collector looks through.

        A full collection that visits ten thousand holds every alarm up for half a second; what
        nobody refers to any more is freed all the same, without it.
        """
        if len(self.cells) > _SETTLED_GROWTH * self._settled:
            self._settled = len(self.cells)
            gc.collect()
            gc.freeze()

    def _excess(self) -> int:
        """So many cells are to leave the memory; a pipe's all stay, for its end judges them."""
        return 0 if self.source.ends else max(len(self.cells) - MOST_CELLS, 0)

    def _put_away(self) -> None:
        """Leave cells to the store that were not fed for longest: a message brings them back."""
        idle = (n for n, cell in self.cells.items() if not cell.handled and not cell.has_news)
        for name in [*islice(idle, self._excess())]:
            del self.cells[name]
            self._stored_cells.add(name)

    def finish(self) -> None:
        """Take it that no row follows in any cell, and store what that means."""
        for name, cell in list(self.cells.items()):
            with Boundary() as boundary:
                changes = cell.finish()
            if boundary.error is not None:
                self._fail(name, boundary.error)
            elif changes:
                self._news[name] = cell
                self._dirty.setdefault(name, time.monotonic())
        self.flush(everything=True)

    def close(self) -> None:
        """Store everything."""
        self.flush(everything=True)

    def _take(self, chunk: Chunk) -> bool:
        """Take a chunk; return False if the source has to be asked anew."""
        name = chunk.cell.cell_id
        if name in self._failed and not chunk.restart:
            self._failed.try_again(name)
            return True
        with Boundary() as boundary:
            self.feed(chunk)
        if boundary.error is None:
            return True
        return self._fail(name, boundary.error, chunk)

    def feed(self, chunk: Chunk) -> None:
        """Take a chunk in; raises whatever is wrong with it."""
        name = chunk.cell.cell_id
        cell = self._watched(chunk)
        changes = cell.take(chunk)
        self._failed.came_back(name)
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
        cell = self.cells.pop(name, None)
        if cell is None:
            stored = self._stored_cell(name)
            cell, error = taken_up(self.engine, chunk.cell, stored, self.limits)
            if error is not None:
                self._failed.fault("engine", name, error, chunk)
        elif chunk.restart:
            cell.cell = chunk.cell
        self.cells[name] = cell  # behind all others: those that are fed least stand in front
        self.metrics.cells = len(self.cells)
        return cell

    def _stored_cell(self, name: str) -> StoredCell | None:
        if name not in self._stored_cells:
            return None
        while True:
            try:
                return self.store.cell(name)
            except StoreBusy as error:
                self.problems.tell("store", Problem("store", f"{error}; trying again"))
                if self.stop.wait(0.5):
                    raise

    def _fail(self, name: str, error: Exception, chunk: Chunk | None = None) -> bool:
        """Keep a fault where it is; return False if the source has to be asked anew."""
        cell = self.cells.get(name)
        lost = list(cell.handled) if cell else []
        if chunk is not None and (not lost or lost[-1].handle is not chunk.handle):
            lost.append(chunk.receipt)
        self.drop(name)
        going = self._failed.fail(name, error, lost, chunk)
        if not going:
            self._forget()
        return going

    def drop(self, cell_id: str) -> None:
        """Forget what is not stored of a cell."""
        if self.cells.pop(cell_id, None) is not None:
            self._stored_cells.add(cell_id)
        self._news.pop(cell_id, None)
        self._dirty.pop(cell_id, None)

    def try_to_write(self, cell_id: str) -> None:
        """Make what would be stored of a cell."""
        self.cells[cell_id].write(checkpoint=True)

    def store_now(self, cell_id: str) -> None:
        """Store a cell's state."""
        cell = self.cells[cell_id]
        write = cell.write(checkpoint=True)
        if self._commit([write]):
            self._stored([(cell, write)])

    def refuse(self, chunk: Chunk, error: Exception) -> None:
        """See to it that a chunk never comes again."""
        self._failed.refuse(chunk, error)

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
        if not self._store(self._writes(names, due)):
            return False
        self._put_away()
        if due:
            now = time.monotonic()
            self._rest_until = now + (now - began) * (1.0 / self.pace.share - 1.0)
        return not self.stop.is_set()

    def _writes(self, names: Sequence[str], due: dict[str, None]) -> list[_Write]:
        writes: list[_Write] = []
        for name in names:
            cell = self.cells.get(name)
            if cell is None:  # it failed, and what is left of it is stored
                continue
            with Boundary() as boundary:
                writes.append((cell, cell.write(checkpoint=name in due)))
            if boundary.error is not None and not self._fail(name, boundary.error):
                return []
        return writes

    def _store(self, writes: list[_Write]) -> bool:
        """Store; where one cell's write is refused, the others' all the same."""
        if not writes:
            return True
        try:
            if not self._commit([write for _, write in writes]):
                return False
        except StoreRefused as error:
            if len(writes) == 1:
                return self._fail(writes[0][1].cell_id, error)
            return all([self._store([write]) for write in writes])  # noqa: C419 - each is tried
        self._stored(writes)
        return True

    def _due(self, everything: bool) -> dict[str, None]:
        """Cells whose state is to be stored, the longest waiting first."""
        if everything:
            return dict.fromkeys(self._dirty)
        if excess := self._excess():  # whoever waits longest is stored at once, and makes room
            return dict.fromkeys(islice(self._dirty, max(excess, self.pace.checkpoints)))
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
        """Store; where another worker was there, take up what it has stored."""
        try:
            return self._committer.commit(writes, patient=self._patient)
        except Fenced as error:
            self.problems.tell("fence", Problem("store", f"{error}; taking up what it stored"))
            self._forget()
            return False

    def _forget(self) -> None:
        """Another worker has been here: what is not stored comes again."""
        self.cells.clear()
        self._news.clear()
        self._dirty.clear()
        self._failed.clear()
        self._settled = 0
        self._resume()

    def _stored(self, writes: list[_Write]) -> None:
        done: list[Receipt] = []
        newest = float("-inf")
        for cell, write in writes:
            done += cell.written(write)
            if write.state is not None:
                self._dirty.pop(write.cell_id, None)
            self.metrics.alarms += len(write.alarms)
            self._news.pop(write.cell_id, None)
            self._tell(write)
            newest = max(newest, cell.trace.latest_unix_second or newest)
        if newest > float("-inf"):
            self.metrics.lag_second = time.time() - newest
        if done:
            with Boundary() as boundary:
                self.source.ack(done)
            if boundary.error is not None:
                self._failed.fault("source", self.source.name, boundary.error, None)

    def _tell(self, write: CellWrite) -> None:
        """Tell whoever listens here; that they cannot hear holds nothing up."""
        if self.heard is None:
            return
        with Boundary() as boundary:
            for alarm in write.alarms:
                self.heard(write.cell_id, alarm)
        if boundary.error is not None:
            logger.debug("nobody hears", exc_info=boundary.error)
