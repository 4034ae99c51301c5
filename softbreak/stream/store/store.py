"""What survives: offsets, live state, verdicts, alarms and notifications, in one transaction.

SQLite (WAL) by default, PostgreSQL by URL. Every row has a key that says what it is about, so that
doing a thing twice does it once: verdicts (cell, cycle, model), alarms (cell, level, cycle),
notifications (alarm, event, channel).
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, Table, null, select
from sqlalchemy.exc import DBAPIError, StatementError

from softbreak.boundary import Boundary, in_words
from softbreak.stream.faults import Fault
from softbreak.stream.store.engine import (
    READING,
    StoreError,
    StoreRefused,
    is_of_the_data,
    open_engine,
    passes,
)
from softbreak.stream.store.tables import (
    ALARMS,
    CELLS,
    FAULTS,
    OFFSETS,
    OUTBOX,
    SILENCES,
    VERDICTS,
)
from softbreak.stream.store.transaction import (
    EVERYONE,
    VERDICT_NUMBERS,
    CellWrite,
    StoredCell,
    Transaction,
    Waiting,
    upsert,
)
from softbreak.version import __version__

MOST_FAULTS = 200
"""So many kinds of errors are kept for reports."""
FARTHEST_SECOND = 7200.0
"""No notification is put off for so long."""

if TYPE_CHECKING:
    import pandas as pd


class StoreBusy(StoreError):  # noqa: N818 - it passes
    """The store cannot take a write now: locked, disk full, server away. Try again."""


class Store:
    """The store of a watch.

    Parameters
    ----------
    url : str
        An SQLite file, or ``postgresql://user@host/name``.

    Raises
    ------
    StoreError
        If it cannot be opened.
    """

    def __init__(self, url: str) -> None:
        self.engine: Engine = open_engine(url)

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()

    # what a watch takes up

    def tokens(self, source: str) -> dict[str, tuple[str, str]]:
        """Return how far each part of a source has come: key to (cell_id, token)."""
        columns = OFFSETS.c
        query = OFFSETS.select().where(columns.source == source)
        return {row.key: (row.cell_id, row.token) for row in self._read(query)}

    def sources(self) -> set[str]:
        """Return the sources that have filled it."""
        return {row.source for row in self._read(select(OFFSETS.c.source).distinct())}

    def cell(self, cell_id: str) -> StoredCell | None:
        """Return what is known of a cell."""
        rows = self._read(CELLS.select().where(CELLS.c.cell_id == cell_id))
        return _stored(rows[0]) if rows else None

    def models(self) -> dict[str, str]:
        """Return the model that judged each cell."""
        return {
            row.cell_id: row.model for row in self._read(select(CELLS.c.cell_id, CELLS.c.model))
        }

    # what a watch writes

    def commit(
        self, writes: Sequence[CellWrite], source: str, channels: Sequence[str] = ()
    ) -> None:
        """Store everything in one transaction.

        Parameters
        ----------
        writes : sequence of CellWrite
            At most one a cell.
        source : str
        channels : sequence of str
            Each notification goes to each of them.

        Raises
        ------
        Fenced
            If another worker has written to one of the cells; nothing is stored then.
        StoreRefused
            If something in it can never be stored; nothing is stored then.
        StoreBusy
            If the store cannot take it now; nothing is stored then.
        StoreError
            If it takes nothing at all, and that does not seem to pass.
        """
        with Boundary() as boundary, self.engine.begin() as connection:
            Transaction(connection, source, channels, time.time()).write(writes)
        error = boundary.error
        if error is None:
            return
        if isinstance(error, StoreError):
            raise error
        if is_of_the_data(error):
            raise StoreRefused(f"the store refused a write: {in_words(error)}") from error
        if isinstance(error, DBAPIError):
            kind = StoreBusy if passes(error) else StoreError
            raise kind(str(error.orig)) from error
        raise StoreRefused(f"the store refused a write: {in_words(error)}") from error

    # errors of our own

    def note(self, fault: Fault) -> None:
        """Keep an error for a report: the first input of each kind, and how often it came."""
        now = time.time()
        known = FAULTS.update().where(FAULTS.c.key == fault.key)
        if self._write(known.values(count=FAULTS.c.count + 1, latest_unix_second=now)):
            return
        row = {
            "key": fault.key,
            "cell_id": fault.cell_id,
            "sentence": fault.sentence,
            "trace": fault.trace,
            "input": fault.input,
            "softbreak": __version__,
            "count": 1,
            "first_unix_second": now,
            "latest_unix_second": now,
        }
        newest = select(FAULTS.c.key).order_by(FAULTS.c.first_unix_second.desc()).limit(MOST_FAULTS)
        self._write(FAULTS.delete().where(FAULTS.c.key.not_in(newest)))
        self._write(FAULTS.insert().values(row))

    def faults(self) -> pd.DataFrame:
        """Return the errors of softbreak's own that were kept, with what they came from."""
        return self._frame(FAULTS.select().order_by(FAULTS.c.first_unix_second), FAULTS)

    # the outbox

    def claim(self, channels: Sequence[str], now: float, hold_second: float) -> list[Waiting]:
        """Take notifications that are due; no other sender gets them for so long.

        What is to be sent later than anything ever is was put off by a clock that has been set back
        since: it is due.
        """
        columns = OUTBOX.c
        due = (
            (columns.sent_unix_second.is_(None))
            & (
                (columns.next_try_unix_second <= now)
                | (columns.next_try_unix_second > now + FARTHEST_SECOND)
            )
            & columns.channel.in_(channels)
        )
        rows = self._read(
            OUTBOX.select().where(due).order_by(columns.created_unix_second).limit(50)
        )
        claimed = []
        for row in rows:
            mine = OUTBOX.update().where(
                (columns.key == row.key)
                & columns.sent_unix_second.is_(None)
                & (columns.next_try_unix_second == row.next_try_unix_second)
            )
            if self._write(mine.values(next_try_unix_second=now + hold_second)):
                body = json.loads(row.body)
                claimed.append(Waiting(row.key, row.channel, row.cell_id, body, row.attempts))
        return claimed

    def sent(self, key: str) -> None:
        """Note that a notification has arrived."""
        done = OUTBOX.update().where(OUTBOX.c.key == key)
        self._write(done.values(sent_unix_second=time.time(), error=None))

    def failed(self, key: str, attempts: int, next_try: float, error: str) -> None:
        """Note that a notification has not arrived, and when to try again."""
        again = OUTBOX.update().where(OUTBOX.c.key == key)
        self._write(
            again.values(attempts=attempts, next_try_unix_second=next_try, error=error[:2000])
        )

    # for people

    def acknowledge(self, cell_id: str, who: str) -> int:
        """Mark a cell's standing alarms as seen; return how many there were."""
        columns = ALARMS.c
        standing = ALARMS.update().where(
            (columns.cell_id == cell_id)
            & (columns.end == "")
            & columns.acknowledged_unix_second.is_(None)
        )
        return self._write(
            standing.values(acknowledged_unix_second=time.time(), acknowledged_by=who)
        )

    def silence(self, cell_id: str, until_unix_second: float, reason: str = "") -> None:
        """Send nothing about a cell ("*": about any) until then; a past moment ends a silence."""
        row = {"cell_id": cell_id, "until_unix_second": until_unix_second, "reason": reason}
        with _in_words(), self.engine.begin() as connection:
            upsert(connection, SILENCES, [row], ("cell_id",))

    def silent_until(self, cell_id: str) -> tuple[float, str]:
        """Return until when (Unix time, s) nothing is sent about a cell, and why; else 0 and ""."""
        columns = SILENCES.c
        query = SILENCES.select().where(
            columns.cell_id.in_((cell_id, EVERYONE)), columns.until_unix_second > time.time()
        )
        rows = self._read(query.order_by(columns.until_unix_second.desc()).limit(1))
        return (float(rows[0].until_unix_second), str(rows[0].reason)) if rows else (0.0, "")

    def cells(self) -> list[StoredCell]:
        """Return all cells, without their live state."""
        columns = [column for column in CELLS.c if column.name != "state"]
        query = CELLS.select().with_only_columns(*columns, null().label("state"))
        return [_stored(row) for row in self._read(query.order_by(CELLS.c.cell_id))]

    def alarms(self, *, standing: bool = False) -> pd.DataFrame:
        """Return the alarms, oldest first."""
        query = ALARMS.select().order_by(ALARMS.c.raised_unix_second, ALARMS.c.key)
        return self._frame(query.where(ALARMS.c.end == "") if standing else query, ALARMS)

    def verdicts(self, cell_id: str | None = None) -> pd.DataFrame:
        """Return live verdicts of the models that judge now: columns of ``verdicts.parquet``."""
        columns = VERDICTS.c
        query = VERDICTS.select().join(
            CELLS, (CELLS.c.cell_id == columns.cell_id) & (CELLS.c.model == columns.model)
        )
        if cell_id is not None:
            query = query.where(columns.cell_id == cell_id)
        frame = self._frame(query.order_by(columns.cell_id, columns.cycle_index), VERDICTS)
        frame["evidence"] = [json.loads(told) for told in frame["evidence"]]
        frame["transient_short"] = frame["transient_short"].astype(bool)
        for name in VERDICT_NUMBERS:
            frame[name] = frame[name].astype("float64")
        return frame.drop(columns="model")

    def outbox(self) -> pd.DataFrame:
        """Return all notifications, oldest first."""
        return self._frame(OUTBOX.select().order_by(OUTBOX.c.created_unix_second), OUTBOX)

    def check(self) -> None:
        """Raise unless the store answers."""
        self._read(select(1))

    def _read(self, query: Any) -> Sequence[Any]:
        with (
            _in_words(),
            self.engine.connect().execution_options(**{READING: True}) as connection,
        ):
            return connection.execute(query).all()

    def _write(self, statement: Any) -> int:
        with _in_words(), self.engine.begin() as connection:
            return connection.execute(statement).rowcount

    def _frame(self, query: Any, table: Table) -> pd.DataFrame:
        import pandas as pd

        rows = self._read(query)
        return pd.DataFrame([tuple(row) for row in rows], columns=[c.name for c in table.c])


@contextmanager
def _in_words() -> Iterator[None]:
    """Say what a database, or its driver, did not take as an error of the store."""
    try:
        yield
    except DBAPIError as error:
        kind = StoreBusy if passes(error) else StoreError
        raise kind(str(error.orig)) from error
    except (StatementError, ValueError, TypeError, OverflowError) as error:
        cause = error.orig if isinstance(error, StatementError) else error
        raise StoreRefused(f"the store refused a value: {type(cause).__name__}") from error


def _stored(row: Any) -> StoredCell:
    return StoredCell(
        row.cell_id,
        row.model,
        row.sequence,
        json.loads(row.facts),
        bytes(row.state) if row.state is not None else None,
        json.loads(row.alarm),
        json.loads(row.status),
    )
