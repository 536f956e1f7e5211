"""What can go wrong with the database."""

from __future__ import annotations


class StoreError(Exception):
    """The database cannot answer, or must not be used. The message names no parameter and no password."""


class NewerSchemaError(StoreError):
    """The database was written by a later version of the service."""
