"""Alembic's environment; :func:`softbreak.stream.schema.migrate` hands the connection over."""

from alembic import context

from softbreak.stream.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
