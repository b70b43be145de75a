"""Alembic's entry: runs on the connection that `storage.migrate` hands over."""

from alembic import context

connection = context.config.attributes["connection"]
metadata = context.config.attributes.get("metadata")
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_item=context.config.attributes.get("render"),
    render_as_batch=True,
    transaction_per_migration=False,
)
context.run_migrations()
