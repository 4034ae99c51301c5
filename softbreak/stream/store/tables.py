"""The tables of the store. A change here needs a migration in ``migrations/versions``."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

METADATA: Final = MetaData()


def _number(name: str) -> Column[float]:
    return Column(name, Float(53))


OFFSETS: Final = Table(
    "offsets",
    METADATA,
    Column("source", String(400), primary_key=True),
    Column("key", String(800), primary_key=True),
    Column("cell_id", String(400), nullable=False, index=True),
    Column("token", Text, nullable=False),
)
"""How far each part of a source has come: exactly as far as the state in ``cells`` knows."""

CELLS: Final = Table(
    "cells",
    METADATA,
    Column("cell_id", String(400), primary_key=True),
    Column("model", String(200), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("facts", Text, nullable=False),
    Column("state", LargeBinary),
    Column("alarm", Text, nullable=False),
    Column("status", Text, nullable=False),
    _number("updated_unix_second"),
)
"""One row a cell. ``sequence`` rises with every write: who writes on an older one is refused."""

VERDICTS: Final = Table(
    "verdicts",
    METADATA,
    Column("cell_id", String(400), primary_key=True),
    Column("cycle_index", Integer, primary_key=True, autoincrement=False),
    Column("model", String(200), primary_key=True),
    _number("start_time_second"),
    _number("end_time_second"),
    Column("state", String(20), nullable=False),
    _number("p_healthy"),
    _number("p_soft"),
    _number("p_hard"),
    _number("electronic_fraction"),
    _number("electronic_fraction_lower"),
    _number("electronic_fraction_upper"),
    Column("transient_short", Integer),
    Column("wanted_measurement", Text),
    Column("basis", String(40)),
    Column("evidence", Text),
    Column("detector", String(100)),
    Column("detector_version", String(100)),
)
"""The rows of ``verdicts.parquet``, live, for every model that judged."""

ALARMS: Final = Table(
    "alarms",
    METADATA,
    Column("key", String(500), primary_key=True),
    Column("cell_id", String(400), nullable=False, index=True),
    Column("level", String(20), nullable=False),
    Column("cycle_index", Integer, nullable=False),
    _number("time_second"),
    Column("sentence", Text, nullable=False),
    _number("raised_unix_second"),
    Column("end", String(20), nullable=False),
    Column("end_cycle", Integer),
    _number("end_time_second"),
    _number("acknowledged_unix_second"),
    Column("acknowledged_by", String(200)),
)
"""One row an alarm; ``end`` is empty while it stands."""

OUTBOX: Final = Table(
    "outbox",
    METADATA,
    Column("key", String(600), primary_key=True),
    Column("alarm_key", String(500), nullable=False),
    Column("cell_id", String(400), nullable=False),
    Column("channel", String(64), nullable=False),
    Column("body", Text, nullable=False),
    _number("created_unix_second"),
    Column("attempts", Integer, nullable=False),
    _number("next_try_unix_second"),
    _number("sent_unix_second"),
    Column("error", Text),
    Index("outbox_waiting", "sent_unix_second", "next_try_unix_second"),
)
"""Notifications, written with their alarm and sent afterwards."""

SILENCES: Final = Table(
    "silences",
    METADATA,
    Column("cell_id", String(400), primary_key=True),
    Column("until_unix_second", Float(53), nullable=False),
    Column("reason", Text, nullable=False),
)
"""Cells of which nobody wants to hear for a while."""

FAULTS: Final = Table(
    "faults",
    METADATA,
    Column("key", String(64), primary_key=True),
    Column("cell_id", String(400), nullable=False),
    Column("sentence", Text, nullable=False),
    Column("trace", Text, nullable=False),
    Column("input", LargeBinary),
    Column("softbreak", String(100), nullable=False),
    Column("count", Integer, nullable=False),
    _number("first_unix_second"),
    _number("latest_unix_second"),
)
"""Errors of softbreak's own, one row a kind and place, with the first input of each."""
REVIEWS: Final = Table(
    "reviews",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("key", String(64), nullable=False, unique=True),
    Column("cell_id", String(400), nullable=False, index=True),
    _number("first_cycle"),
    _number("last_cycle"),
    _number("start_time_second"),
    _number("end_time_second"),
    Column("start_time", String(40)),
    Column("end_time", String(40)),
    Column("state", String(20), nullable=False),
    Column("source", String(20), nullable=False),
    Column("confidence", Float(53), nullable=False),
    Column("reviewer", String(200), nullable=False),
    Column("reviewed_at", String(40), nullable=False),
    Column("file_sha256", String(64), nullable=False),
    Column("detector_version", String(200), nullable=False),
    Column("opinion_seen", Integer, nullable=False),
    Column("note", Text, nullable=False),
)
"""What people said of cycles: rows are added, never changed. ``key`` keeps a row that is sent twice
from counting twice."""
