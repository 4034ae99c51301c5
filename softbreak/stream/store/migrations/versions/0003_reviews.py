"""Reviews: rows that can be added, and neither changed nor deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _number(name: str) -> "sa.Column[float]":
    return sa.Column(name, sa.Float(53))


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "reviews",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String(64), nullable=False, unique=True),
        sa.Column("cell_id", sa.String(400), nullable=False),
        _number("first_cycle"),
        _number("last_cycle"),
        _number("start_time_second"),
        _number("end_time_second"),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("confidence", sa.Float(53), nullable=False),
        sa.Column("reviewer", sa.String(200), nullable=False),
        sa.Column("reviewed_at", sa.String(40), nullable=False),
        sa.Column("file_sha256", sa.String(64), nullable=False),
        sa.Column("detector_version", sa.String(200), nullable=False),
        sa.Column("opinion_seen", sa.Integer, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
    )
    op.create_index("ix_reviews_cell_id", "reviews", ["cell_id"])
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgresql()
    else:
        _guard_sqlite()


def _guard_sqlite() -> None:
    for event in ("update", "delete"):
        op.execute(
            f"create trigger reviews_no_{event} before {event} on reviews "
            "begin select raise(abort, 'reviews are never changed'); end"
        )


def _guard_postgresql() -> None:
    op.execute(
        "create function reviews_stay() returns trigger as "
        "$$ begin raise exception 'reviews are never changed'; end $$ language plpgsql"
    )
    op.execute(
        "create trigger reviews_stay before update or delete or truncate on reviews "
        "for each statement execute function reviews_stay()"
    )
