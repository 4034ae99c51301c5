"""The first schema: offsets, cells, verdicts, alarms, outbox, silences."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _number(name: str) -> "sa.Column[float]":
    return sa.Column(name, sa.Float(53))


def upgrade() -> None:
    """Apply."""
    _progress()
    _verdicts()
    _alarms()


def _progress() -> None:
    op.create_table(
        "offsets",
        sa.Column("source", sa.String(400), primary_key=True),
        sa.Column("key", sa.String(800), primary_key=True),
        sa.Column("cell_id", sa.String(400), nullable=False),
        sa.Column("token", sa.Text, nullable=False),
    )
    op.create_index("ix_offsets_cell_id", "offsets", ["cell_id"])
    op.create_table(
        "cells",
        sa.Column("cell_id", sa.String(400), primary_key=True),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("state", sa.LargeBinary),
        sa.Column("alarm", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        _number("updated_unix_second"),
    )


def _verdicts() -> None:
    op.create_table(
        "verdicts",
        sa.Column("cell_id", sa.String(400), primary_key=True),
        sa.Column("cycle_index", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("model", sa.String(200), primary_key=True),
        _number("start_time_second"),
        _number("end_time_second"),
        sa.Column("state", sa.String(20), nullable=False),
        _number("p_healthy"),
        _number("p_soft"),
        _number("p_hard"),
        _number("electronic_fraction"),
        _number("electronic_fraction_lower"),
        _number("electronic_fraction_upper"),
        sa.Column("transient_short", sa.Integer),
        sa.Column("wanted_measurement", sa.Text),
        sa.Column("evidence", sa.Text),
        sa.Column("detector", sa.String(100)),
        sa.Column("detector_version", sa.String(100)),
    )


def _alarms() -> None:
    op.create_table(
        "alarms",
        sa.Column("key", sa.String(500), primary_key=True),
        sa.Column("cell_id", sa.String(400), nullable=False),
        sa.Column("level", sa.String(20), nullable=False),
        sa.Column("cycle_index", sa.Integer, nullable=False),
        _number("time_second"),
        sa.Column("sentence", sa.Text, nullable=False),
        _number("raised_unix_second"),
        sa.Column("end", sa.String(20), nullable=False),
        sa.Column("end_cycle", sa.Integer),
        _number("end_time_second"),
        _number("acknowledged_unix_second"),
        sa.Column("acknowledged_by", sa.String(200)),
    )
    op.create_index("ix_alarms_cell_id", "alarms", ["cell_id"])
    op.create_table(
        "outbox",
        sa.Column("key", sa.String(600), primary_key=True),
        sa.Column("alarm_key", sa.String(500), nullable=False),
        sa.Column("cell_id", sa.String(400), nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        _number("created_unix_second"),
        sa.Column("attempts", sa.Integer, nullable=False),
        _number("next_try_unix_second"),
        _number("sent_unix_second"),
        sa.Column("error", sa.Text),
    )
    op.create_index("outbox_waiting", "outbox", ["sent_unix_second", "next_try_unix_second"])
    op.create_table(
        "silences",
        sa.Column("cell_id", sa.String(400), primary_key=True),
        sa.Column("until_unix_second", sa.Float(53), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Undo."""
    for table in ("silences", "outbox", "alarms", "verdicts", "cells", "offsets"):
        op.drop_table(table)
