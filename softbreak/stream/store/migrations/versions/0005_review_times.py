"""The absolute times of what was reviewed; not known of reviews that were written before."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    for name in ("start_time", "end_time"):
        op.add_column("reviews", sa.Column(name, sa.String(40)))
