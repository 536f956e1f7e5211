"""What the service remembers: cards served, feedback, overrides, what was shown, tokens used.

Nothing of this package is needed to answer a first call from an SQLite file, so SQLAlchemy and
Alembic are loaded where they are used: by the writer after the answer, by feedback, by migrations.
"""
