"""One cell of a watch: its live engine, its alarms, and what is not stored yet."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, Protocol

from softbreak.boundary import Boundary
from softbreak.data.record import Cell, Record
from softbreak.models.live.changes import Change, Kind
from softbreak.stream.alarm import Alarm, AlarmBook, AlarmLimits
from softbreak.stream.alarm_sentences import notification
from softbreak.stream.overpotential_sketch import Trace
from softbreak.stream.sources.chunk import Chunk, Receipt
from softbreak.stream.store.transaction import CellWrite, Notification, StoredCell


class Live(Protocol):
    """A cell that is fed; see :class:`softbreak.models.live.cell.LiveCell`."""

    def update(self, records: Sequence[Record]) -> list[Change]:
        """Take new rows in and say what changes."""
        ...

    def finish(self) -> list[Change]:
        """Say what the rows so far mean if none follow."""
        ...

    def dump(self) -> bytes:
        """Return all of the cell's memory."""
        ...


class Engine(Protocol):
    """Makes live cells.

    Attributes
    ----------
    model : str
        Detector and version: verdicts of another model are no verdicts of this one.
    """

    model: str

    def make(self, cell: Cell) -> Live:
        """Return a new live cell."""
        ...

    def load(self, state: bytes) -> Live:
        """Undo :meth:`Live.dump`."""
        ...


class DetectorEngine:
    """The same code as ``triage``, a chunk at a time.

    Parameters
    ----------
    detector : str
        A name from :data:`softbreak.models.registry.DETECTORS`, or the folder of a model.
    """

    def __init__(self, detector: str) -> None:
        from softbreak.models.diagnosis.diagnose import detector_version
        from softbreak.models.registry import detector_of

        self.detector = detector
        self.model = f"{detector_of(detector).name} {detector_version(detector)}"[-200:]

    def make(self, cell: Cell) -> Any:
        """Return a new live cell."""
        from softbreak.models.live.cell import LiveCell

        return LiveCell(cell, self.detector)

    def load(self, state: bytes) -> Any:
        """Take a live cell up."""
        from softbreak.models.live.cell import LiveCell

        return LiveCell.load(state)


def facts_of(cell: Cell) -> Mapping[str, Any]:
    """Return what is known of a cell, without what is not."""
    known = ((item.name, getattr(cell, item.name)) for item in fields(cell))
    return MappingProxyType({name: value for name, value in known if value not in (None, "")})


@dataclass(slots=True)
class _News:
    """What the store has not seen."""

    verdicts: dict[int, dict[str, Any] | None] = field(default_factory=dict)
    alarms: dict[str, Alarm] = field(default_factory=dict)
    notifications: list[Notification] = field(default_factory=list)
    restart: bool = False

    def __bool__(self) -> bool:
        return bool(self.verdicts or self.alarms or self.notifications or self.restart)


class WatchedCell:
    """A live cell with everything that is stored of it.

    Parameters
    ----------
    engine : Engine
    cell : Cell
    stored : StoredCell or None
        Where to take up; its state is that of ``engine.model``.
    limits : AlarmLimits

    Attributes
    ----------
    handled : list of Receipt
        Of chunks whose effects are not stored yet.
    incomplete : str
        Why rows of it may be missing for good; it is then not called healthy. Empty if none are.
    """

    def __init__(
        self, engine: Engine, cell: Cell, stored: StoredCell | None, limits: AlarmLimits
    ) -> None:
        self.cell = cell
        self.handled: list[Receipt] = []
        self.tokens: dict[str, str] = {}
        self.verdict: dict[str, Any] = {}
        self.cycles = self.samples = 0
        self.incomplete = ""
        self._facts: tuple[Cell, Mapping[str, Any]] | None = None
        self._sequence = stored.sequence if stored else 0
        self._engine, self._limits = engine, limits
        self._news = _News()
        known = stored is not None and stored.model == engine.model
        if known and stored is not None and stored.state is not None:
            self._take_up(stored, stored.state)
        else:
            self._begin()
            self._news.restart = stored is not None and not known

    def _begin(self) -> None:
        self._live: Live = self._engine.make(self.cell)
        self.book = AlarmBook(self.cell.cell_id, self._limits)
        self.trace = Trace()
        self.verdict, self.cycles, self.samples = {}, 0, 0
        self.incomplete = ""

    def _take_up(self, stored: StoredCell, state: bytes) -> None:
        self._live = self._engine.load(state)
        self.book = AlarmBook.load(stored.cell_id, stored.alarm_state, self._limits)
        self.trace = Trace.load(stored.status.get("trace", {}))
        self.verdict = dict(stored.status.get("verdict", {}))
        self.cycles = int(stored.status.get("cycles", 0))
        self.samples = int(stored.status.get("samples", 0))
        self.incomplete = str(stored.status.get("incomplete", ""))

    def take(self, chunk: Chunk) -> list[Change]:
        """Feed a chunk; return what changes."""
        self.handled.append(chunk.receipt)
        if chunk.restart:
            self._begin()
            self._news = _News(restart=True)
            self.tokens = {}
        if chunk.incomplete:
            self.incomplete = chunk.incomplete
        self.tokens.update(chunk.tokens)
        self.samples += chunk.samples
        records = chunk.records
        changes = self._live.update(records)
        if chunk.ended:
            changes = changes + self._live.finish()
        self.trace.add(records)
        self._note(changes, backlog=chunk.backlog or chunk.restart)
        return changes

    def finish(self) -> list[Change]:
        """Take it that no row follows."""
        changes = self._live.finish()
        self._note(changes, backlog=False)
        return changes

    def _note(self, changes: Sequence[Change], *, backlog: bool) -> None:
        if not changes:
            return
        rows: dict[int, dict[str, Any]] = {}
        for change in changes:
            if change.kind is Kind.VERDICT:
                self._news.verdicts[change.cycle_index] = change.row
                self.cycles = max(self.cycles, change.cycle_index + 1)
                if change.cycle_index >= int(self.verdict.get("cycle_index", -1)):
                    self.verdict = _brief(change.row)
            if change.kind is Kind.REMOVED:
                self._news.verdicts[change.cycle_index] = None
                self.cycles = min(self.cycles, change.cycle_index)
            else:
                rows[change.cycle_index] = change.row
        known = {alarm.key for alarm in self.book.alarms}
        for alarm in self.book.apply(changes):
            self._news.alarms[alarm.key] = alarm
            self._announce(alarm, rows, new=alarm.key not in known, backlog=backlog)

    def _announce(
        self, alarm: Alarm, rows: dict[int, dict[str, Any]], *, new: bool, backlog: bool
    ) -> None:
        """Write what people are told; of history only how it ended."""
        told = self._news.notifications
        cell_id = self.cell.cell_id
        if new and not (backlog and alarm.end):
            told.append(notification(cell_id, alarm, "raised", rows.get(alarm.cycle_index)))
        if alarm.end in ("recovered", "withdrawn", "revised") and not (backlog and new):
            row = rows.get(alarm.end_cycle if alarm.end_cycle is not None else -1)
            told.append(notification(cell_id, alarm, alarm.end, row))

    @property
    def has_news(self) -> bool:
        """Whether people or the tables should hear of something."""
        return bool(self._news)

    @property
    def is_told_of(self) -> bool:
        """Whether people hear of it with the next write."""
        return bool(self._news.notifications)

    def write(self, *, checkpoint: bool) -> CellWrite:
        """Return what is to be stored: news alone, or (checkpoint) the state behind it too."""
        news, standing = self._news, self.book.standing
        write = CellWrite(
            self.cell.cell_id,
            self._engine.model,
            self._sequence,
            self._known_facts(),
            restart=news.restart,
            verdicts=[row for row in news.verdicts.values() if row is not None],
            removed=tuple(cycle for cycle, row in news.verdicts.items() if row is None),
            alarms=list(news.alarms.values()),
            standing=(standing.key,) if standing else (),
            notifications=list(news.notifications),
        )
        if checkpoint or news.restart:
            write.state = self._live.dump()
            write.alarm_state, write.status = self.book.dump(), self.status()
            write.tokens = dict(self.tokens)
        return write

    def _known_facts(self) -> Mapping[str, Any]:
        """Return what is known of the cell; worked out once, for the next message says the same."""
        if self._facts is None or self._facts[0] is not self.cell:
            self._facts = (self.cell, facts_of(self.cell))
        return self._facts[1]

    def written(self, write: CellWrite) -> list[Receipt]:
        """Hear that a write is stored; return what may be acknowledged."""
        self._sequence = write.sequence + 1
        self._news = _News()
        if write.state is None:
            return []
        done, self.handled = self.handled, []
        self.tokens = {}
        return done

    def status(self) -> dict[str, Any]:
        """Return what the table of cells shows, as plain JSON."""
        standing = self.book.standing
        return {
            "cycles": self.cycles,
            "samples": self.samples,
            "verdict": self.verdict,
            "alarm": standing.level.value if standing else "",
            "incomplete": self.incomplete,
            "trace": self.trace.dump(),
        }


def taken_up(
    engine: Engine, cell: Cell, stored: StoredCell | None, limits: AlarmLimits
) -> tuple[WatchedCell, Exception | None]:
    """Return a cell as it was stored; one whose state cannot be read begins anew, and says so.

    Returns
    -------
    cell : WatchedCell
    error : Exception or None
        Why its state could not be read.
    """
    if stored is None or stored.state is None:
        return WatchedCell(engine, cell, stored, limits), None
    with Boundary() as boundary:
        return WatchedCell(engine, cell, stored, limits), None
    begun = WatchedCell(engine, cell, replace(stored, state=None), limits)
    begun.incomplete = "its stored state could not be read: what was before is not known"
    return begun, boundary.error


def _brief(row: dict[str, Any]) -> dict[str, Any]:
    names = (
        "cycle_index",
        "state",
        "electronic_fraction",
        "electronic_fraction_lower",
        "electronic_fraction_upper",
        "end_time_second",
    )
    brief = {name: _known(row[name]) for name in names}
    evidence = row.get("evidence")
    first = next(iter(evidence), None) if evidence is not None else None
    return brief | {"sentence": first["sentence"] if first else ""}


def _known(value: Any) -> Any:
    """Return None for what is not known: JSON has no NaN, and to look for one costs time."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
