"""Alembic's environment; :mod:`softbreak.stream.store.engine` hands the connection over."""

from alembic import context

from softbreak.stream.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
