"""What the commands share."""

from __future__ import annotations


class InputError(Exception):
    """Why a command cannot do what was asked, in words for the person who typed it."""
