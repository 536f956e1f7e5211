"""The versions of the tables, by Alembic.

A change is a new file in `versions`, the change in `tables.py`, and a new HEAD here; then
`python -m cds_service.store.migrate` writes schema.sql anew, which new SQLite files are made from.
"""

from typing import Final

#: The version this code works with.
HEAD: Final = "0002"
