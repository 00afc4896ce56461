"""Alembic's entry: runs within the connection that `digest.migrate` opened."""

from alembic import context

from digest.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,
    user_module_prefix="",
)
context.run_migrations()
