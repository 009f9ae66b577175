"""Alembic's entry: run the steps on the connection the store hands over."""

from __future__ import annotations

from alembic import context

from collector.store.models import Model

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Model.metadata, render_as_batch=True)
context.run_migrations()
