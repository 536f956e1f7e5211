"""What cards and answers carry for machines stands under these names (docs/interface.md)."""

from __future__ import annotations

from typing import Final

CARD_EXTENSION: Final = "org.osteo-cds.card"
EVALUATION_EXTENSION: Final = "org.osteo-cds.evaluation"
