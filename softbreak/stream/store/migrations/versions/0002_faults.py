"""Faults of softbreak's own, with what they came from, for a report."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "faults",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("cell_id", sa.String(400), nullable=False),
        sa.Column("sentence", sa.Text, nullable=False),
        sa.Column("trace", sa.Text, nullable=False),
        sa.Column("input", sa.LargeBinary),
        sa.Column("softbreak", sa.String(100), nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("first_unix_second", sa.Float(53)),
        sa.Column("latest_unix_second", sa.Float(53)),
    )
