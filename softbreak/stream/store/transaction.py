"""The one transaction in which everything of a chunk is stored, or nothing.

Whether an alarm is sent, silenced or was acknowledged is decided in it, by ``_notify``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Table, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from softbreak.stream.alarm import Alarm, Level
from softbreak.stream.store.engine import Fenced
from softbreak.stream.store.tables import ALARMS, CELLS, OFFSETS, OUTBOX, SILENCES, VERDICTS


@dataclass(frozen=True, slots=True)
class Notification:
    """What is to be told to people.

    Attributes
    ----------
    key : str
        The same for the same news: receivers may drop what they know.
    alarm_key : str
    event : {"raised", "recovered", "withdrawn", "revised"}
    rank : int
        Of the alarm's level.
    body : mapping
        Plain JSON: title, text, level, cell, cycle, time, evidence.
    """

    key: str
    alarm_key: str
    event: str
    rank: int
    body: Mapping[str, Any]


@dataclass(slots=True)
class CellWrite:
    """Everything that chunks of one cell have changed; stored at once or not at all.

    Attributes
    ----------
    cell_id, model : str
    sequence : int
        As it was read; the store refuses if another has written since.
    facts : mapping
        What is known of the cell.
    restart : bool
        Offsets, verdicts of this model and standing alarms of before are taken back first.
    verdicts : list of mapping
        Rows of ``verdicts.parquet``.
    removed : tuple of int
        Cycles that turned out to be none.
    alarms : list of Alarm
        New ones, and those whose end has changed.
    standing : tuple of str
        Keys of the alarms that stand; only after a restart, when all others end.
    notifications : list of Notification
    state : bytes or None
        The live cell's dump with everything above in it; None where only news is stored, and
        the chunks behind it will be handed on again should the process die.
    alarm_state, status : mapping
        Stored with ``state``.
    tokens : mapping of str to str
        Stored with ``state``.
    """

    cell_id: str
    model: str
    sequence: int
    facts: Mapping[str, Any]
    restart: bool = False
    verdicts: list[Mapping[str, Any]] = field(default_factory=list)
    removed: tuple[int, ...] = ()
    alarms: list[Alarm] = field(default_factory=list)
    standing: tuple[str, ...] = ()
    notifications: list[Notification] = field(default_factory=list)
    state: bytes | None = None
    alarm_state: Mapping[str, Any] = field(default_factory=dict)
    status: Mapping[str, Any] = field(default_factory=dict)
    tokens: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredCell:
    """What the store knows of a cell."""

    cell_id: str
    model: str
    sequence: int
    facts: Mapping[str, Any]
    state: bytes | None
    alarm_state: Mapping[str, Any]
    status: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notification that has not been sent.

    Attributes
    ----------
    key, channel, cell_id : str
    body : mapping
    attempts : int
    """

    key: str
    channel: str
    cell_id: str
    body: Mapping[str, Any]
    attempts: int


Rows = Sequence[Mapping[str, Any]]


VERDICT_NUMBERS: Final = (
    "start_time_second",
    "end_time_second",
    "p_healthy",
    "p_soft",
    "p_hard",
    "electronic_fraction",
    "electronic_fraction_lower",
    "electronic_fraction_upper",
)
_TAKEN: Final = "another worker has taken over"
EVERYONE: Final = "*"
"""A silence of this name is a silence of all cells."""


class Transaction:
    """One transaction under way.

    Parameters
    ----------
    connection : sqlalchemy.Connection
    source : str
        Whose offsets are stored.
    channels : sequence of str
        Where notifications go.
    now : float
        Seconds since 1970.
    """

    def __init__(
        self, connection: Connection, source: str, channels: Sequence[str], now: float
    ) -> None:
        self.connection, self.source, self.channels, self.now = connection, source, channels, now

    def write(self, writes: Sequence[CellWrite]) -> None:
        """Store everything that has changed; at most one write a cell."""
        for write in writes:
            if write.restart:
                self._take_back(write)
            elif write.removed:
                self._remove(write)
        self._fence(writes)
        verdicts = [row for write in writes for row in _verdict_rows(write)]
        upsert(self.connection, VERDICTS, verdicts, ("cell_id", "cycle_index", "model"))
        for write in writes:
            if write.alarms or write.notifications:
                seen = self._acknowledged(write.cell_id) if write.notifications else 0
                self._notify(write, self._alarms(write), seen)
        self._tokens(writes)

    def _fence(self, writes: Sequence[CellWrite]) -> None:
        """Write cells, unless another worker has written one of them since it was read."""
        try:
            for new in (True, False):
                for whole in (True, False):
                    self._cells(
                        [
                            write
                            for write in writes
                            if (write.sequence == 0) is new and (write.state is not None) is whole
                        ]
                    )
        except IntegrityError as error:
            raise Fenced(_TAKEN) from error

    def _cells(self, writes: Sequence[CellWrite]) -> None:
        """Write cells of one kind: all new or all known, all with their state or all without."""
        if not writes:
            return
        rows = [self._cell_row(write) for write in writes]
        if writes[0].sequence == 0:
            self.connection.execute(CELLS.insert(), rows)
            return
        known = (CELLS.c.cell_id == bindparam("of")) & (CELLS.c.sequence == bindparam("at"))
        update = CELLS.update().where(known)
        keys = [{"of": write.cell_id, "at": write.sequence} for write in writes]
        names: dict[str, Any] = {k: bindparam(f"new_{k}") for k in rows[0] if k != "cell_id"}
        told = [
            key | {f"new_{name}": row[name] for name in names}
            for key, row in zip(keys, rows, strict=True)
        ]
        if self.connection.execute(update.values(names), told).rowcount != len(writes):
            raise Fenced(_TAKEN)

    def _cell_row(self, write: CellWrite) -> dict[str, Any]:
        row: dict[str, Any] = {
            "cell_id": write.cell_id,
            "model": write.model,
            "sequence": write.sequence + 1,
            "facts": _json(write.facts),
            "updated_unix_second": self.now,
        }
        if write.state is not None:
            row["state"] = write.state
            row["alarm"], row["status"] = _json(write.alarm_state), _json(write.status)
        elif write.sequence == 0:
            row |= {"alarm": "{}", "status": "{}"}
        return row

    def _take_back(self, write: CellWrite) -> None:
        cell = write.cell_id
        self.connection.execute(
            OFFSETS.delete().where(OFFSETS.c.cell_id == cell, OFFSETS.c.source == self.source)
        )
        self.connection.execute(
            VERDICTS.delete().where(VERDICTS.c.cell_id == cell, VERDICTS.c.model == write.model)
        )
        lost = (ALARMS.c.cell_id == cell) & (ALARMS.c.end == "")
        if write.standing:
            lost &= ALARMS.c.key.not_in(write.standing)
        self.connection.execute(
            ALARMS.update().where(lost).values(end="revised", end_cycle=ALARMS.c.cycle_index)
        )

    def _remove(self, write: CellWrite) -> None:
        mine = (VERDICTS.c.cell_id == write.cell_id) & (VERDICTS.c.model == write.model)
        gone = VERDICTS.delete().where(mine, VERDICTS.c.cycle_index.in_(write.removed))
        self.connection.execute(gone)

    def _alarms(self, write: CellWrite) -> set[str]:
        """Store alarms; return the keys of those that were not known before."""
        new = set()
        for alarm in write.alarms:
            ends = {
                "end": alarm.end,
                "end_cycle": alarm.end_cycle,
                "end_time_second": _number(alarm.end_time_second),
            }
            row = {
                "key": alarm.key,
                "cell_id": write.cell_id,
                "level": alarm.level.value,
                "cycle_index": alarm.cycle_index,
                "time_second": _number(alarm.time_second),
                "sentence": alarm.sentence,
                "raised_unix_second": self.now,
                **ends,
            }
            if self._is_new(ALARMS, row):
                new.add(alarm.key)
            else:
                known = ALARMS.update().where(ALARMS.c.key == alarm.key)
                self.connection.execute(known.values(ends))
        return new

    def _notify(self, write: CellWrite, new: set[str], seen: int) -> None:
        if not write.notifications or not self.channels or self._silent(write.cell_id):
            return
        for note in write.notifications:
            if note.event != "raised":
                wanted = self._told(note.alarm_key)
            else:
                wanted = note.alarm_key in new and note.rank > seen
            if wanted:
                self._post(write.cell_id, note)

    def _told(self, alarm_key: str) -> bool:
        """Whether anybody was told of an alarm; else nobody wants to hear of its end."""
        query = select(OUTBOX.c.key).where(OUTBOX.c.alarm_key == alarm_key).limit(1)
        return self.connection.execute(query).first() is not None

    def _post(self, cell_id: str, note: Notification) -> None:
        for channel in self.channels:
            row = {
                "key": f"{note.key}@{channel}",
                "alarm_key": note.alarm_key,
                "cell_id": cell_id,
                "channel": channel,
                "body": _json(note.body),
                "created_unix_second": self.now,
                "attempts": 0,
                "next_try_unix_second": self.now,
            }
            self._is_new(OUTBOX, row)

    def _is_new(self, table: Table, row: Mapping[str, Any]) -> bool:
        """Insert a row unless one of its key is there; return whether it was inserted."""
        insert = _insert(self.connection, table).values(row).on_conflict_do_nothing()
        (key,) = table.primary_key.columns
        return self.connection.execute(insert.returning(key)).first() is not None

    def _silent(self, cell_id: str) -> bool:
        columns = SILENCES.c
        query = SILENCES.select().where(
            columns.cell_id.in_((cell_id, EVERYONE)), columns.until_unix_second > self.now
        )
        return self.connection.execute(query).first() is not None

    def _acknowledged(self, cell_id: str) -> int:
        """Rank of the standing alarm if somebody has seen it: only a louder one is news then."""
        columns = ALARMS.c
        query = select(columns.level).where(
            columns.cell_id == cell_id,
            columns.end == "",
            columns.acknowledged_unix_second.is_not(None),
        )
        return max((Level(level).rank for level in self.connection.scalars(query)), default=0)

    def _tokens(self, writes: Sequence[CellWrite]) -> None:
        rows = [
            {"source": self.source, "key": key, "cell_id": write.cell_id, "token": token}
            for write in writes
            if write.state is not None
            for key, token in write.tokens.items()
        ]
        upsert(self.connection, OFFSETS, rows, ("source", "key"))


def _insert(connection: Connection, table: Table) -> Any:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(table)


def upsert(
    connection: Connection, table: Table, rows: list[dict[str, Any]], key: tuple[str, ...]
) -> None:
    """Insert rows, or change those that are there."""
    if not rows:
        return
    insert = _insert(connection, table)
    changed = {name: insert.excluded[name] for name in rows[0] if name not in key}
    connection.execute(insert.on_conflict_do_update(index_elements=key, set_=changed), rows)


def _verdict_rows(write: CellWrite) -> list[dict[str, Any]]:
    """Return a cell's new verdicts, of each cycle the last."""
    latest = {row["cycle_index"]: row for row in write.verdicts}
    return [_verdict_row(write, row) for row in latest.values()]


def _verdict_row(write: CellWrite, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "cell_id": write.cell_id,
        "cycle_index": int(row["cycle_index"]),
        "model": write.model,
        "state": str(row["state"]),
        **{name: _number(row[name]) for name in VERDICT_NUMBERS},
        "transient_short": int(bool(row["transient_short"])),
        "wanted_measurement": str(row["wanted_measurement"]),
        "basis": str(row["basis"]),
        "evidence": _json(list(row["evidence"])),
        "detector": str(row["detector"]),
        "detector_version": str(row["detector_version"]),
    }


def _number(value: Any) -> float | None:
    """What is not known is NULL."""
    return float(value) if value is not None and math.isfinite(value) else None


def _json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, default=_simple)
    except ValueError:  # NaN somewhere in it, which JSON does not know
        return json.dumps(_plain(value), ensure_ascii=False, allow_nan=False)


def _simple(value: Any) -> Any:
    """Return what JSON knows for what it does not: read-only mappings, numbers of numpy."""
    return dict(value) if isinstance(value, Mapping) else value.item()


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value
