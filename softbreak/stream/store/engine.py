"""The store's engine: how it is opened, migrated, and what of its errors will pass."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    NotSupportedError,
    ProgrammingError,
)

from softbreak.errors import SoftbreakError
from softbreak.installed import missing_module

BUSY_SECOND: Final = 10.0
"""So long SQLite waits for a lock before it says so; the watch then tries again."""
READING: Final = "softbreak_reading"
"""Execution option of a connection that will not write: readers never wait for the writer."""
_REMEDY: Final = ("", ". Is its folder there, and may you write to it? --store names another")
_MIGRATION_LOCK: Final = 7_301_114
_TRANSIENT: Final = ("locked", "busy", "disk is full", "disk i/o", "unable to open")
_DISK_FULL_STATE, _LOCK_STATES = "53100", ("40001", "40P01", "55P03", "57P03", "53300")


class StoreError(SoftbreakError):
    """A store that cannot be used."""


class Fenced(StoreError):  # noqa: N818 - it is a fact about the cell, not a fault
    """Another worker has written to this cell since: what this one knows of it is out of date."""


class StoreRefused(StoreError):  # noqa: N818 - the store is well
    """A write that can never be stored: something in it is none that a database takes."""


def url_of(store: str) -> str:
    """Return the SQLAlchemy URL of ``--store``: a URL, or the path of an SQLite file."""
    if "://" in store:
        scheme, _, rest = store.partition("://")
        if scheme in ("postgresql", "postgres"):
            return f"postgresql+psycopg://{rest}"
        if scheme.split("+")[0] in ("sqlite", "postgresql"):
            return store
        raise StoreError(
            f"a store at {scheme}://…; expected a file, sqlite:///FILE or postgresql://HOST/NAME"
        )
    return f"sqlite:///{Path(store).expanduser()}"


def open_engine(store: str) -> sa.Engine:
    """Open the store, and bring its schema up to date.

    Parameters
    ----------
    store : str
        See :func:`url_of`.

    Raises
    ------
    StoreError
        If it cannot be opened, or a newer softbreak has written it.
    """
    url = url_of(store)
    engine = None
    try:
        engine = _sqlite(url) if url.startswith("sqlite") else _server(url)
        with engine.begin() as connection:
            migrate(connection)
    except StoreError:
        _dispose(engine)
        raise
    except (DBAPIError, ArgumentError, ModuleNotFoundError) as error:
        _dispose(engine)
        told: object = getattr(error, "orig", None) or error
        if isinstance(error, ModuleNotFoundError):
            told = missing_module(error, "it")
        shown = sa.engine.make_url(url).render_as_string(hide_password=True)
        remedy = "" if isinstance(error, ModuleNotFoundError) else _REMEDY[url.startswith("sqlite")]
        raise StoreError(f"the store {shown} cannot be opened: {told}{remedy}") from error
    return engine


def _dispose(engine: sa.Engine | None) -> None:
    if engine is not None:
        engine.dispose()


def _server(url: str) -> sa.Engine:
    return sa.create_engine(url, pool_pre_ping=True)


def _own(url: str) -> None:
    """Make a new file readable by its owner alone; SQLite's log takes over the file's mode."""
    name = sa.engine.make_url(url).database
    if not name or name == ":memory:" or name.startswith("file:"):
        return
    with suppress(OSError):  # it is there already, or SQLite says why it cannot be
        os.close(os.open(name, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _sqlite(url: str) -> sa.Engine:
    _own(url)
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_SECOND})

    @sa.event.listens_for(engine, "connect")
    def connected(connection: Any, _: object) -> None:
        # Python's driver would begin transactions of its own, too late for a write lock.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        # NORMAL may lose what was committed last when the power goes; a queue was told it is safe.
        connection.execute("PRAGMA synchronous=FULL")

    @sa.event.listens_for(engine, "begin")
    def begun(connection: sa.Connection) -> None:
        reading = connection.get_execution_options().get(READING)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def migrate(connection: sa.Connection) -> None:
    """Apply the migrations that a store has not seen.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        In a transaction, which keeps other workers out meanwhile.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    newest = ScriptDirectory.from_config(config).get_current_head()
    if connection.dialect.has_table(connection, "alembic_version"):
        version = connection.execute(sa.text("select version_num from alembic_version")).scalar()
        if version == newest:
            return
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StoreError(
            f"the store was written by a newer softbreak ({error}); update this one"
        ) from error


def passes(error: DBAPIError) -> bool:
    """Return whether an error of the database may go away by itself: a lock, a full disk."""
    if error.connection_invalidated:
        return True
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return state in (_DISK_FULL_STATE, *_LOCK_STATES) or state.startswith("08")
    told = str(error.orig).lower()
    return any(word in told for word in _TRANSIENT) or "connection" in told


def is_of_the_data(error: Exception) -> bool:
    """Return whether an error lies in what was to be stored, not in the store.

    The database then has said so of a value (DataError), or its driver has not even sent it.
    """
    if not isinstance(error, DBAPIError):
        return isinstance(error, ValueError | TypeError | OverflowError | AttributeError | KeyError)
    if isinstance(error, DataError | InterfaceError | IntegrityError):
        return not error.connection_invalidated
    sent = getattr(error.orig, "sqlstate", None) is not None
    return isinstance(error, ProgrammingError | NotSupportedError) and not sent and _binding(error)


def _binding(error: DBAPIError) -> bool:
    told = str(error.orig).lower()
    return any(word in told for word in ("binding", "adapt", "type", "too large"))
