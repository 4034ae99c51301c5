"""What each verdict stands on; not known of those that were written before."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("verdicts", sa.Column("basis", sa.String(40)))
