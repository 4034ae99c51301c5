"""What one transaction changes: plain data between the watch and the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from softbreak.stream.alarm import Alarm


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
