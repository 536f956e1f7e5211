"""What Alembic runs: always on the connection and in the transaction it is given."""

from alembic import context

from cds_service.store.tables import METADATA

context.configure(
    connection=context.config.attributes.get("connection"),
    target_metadata=METADATA,
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
