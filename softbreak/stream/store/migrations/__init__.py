"""Migrations of the store, applied by alembic when it is opened."""
