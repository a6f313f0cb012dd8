"""The five levels of a bar's quality."""

from __future__ import annotations

from enum import IntEnum

from worker.engine.reasons import LEVELS


class DataQuality(IntEnum):
    """How good validation found a bar; ordered, so that levels can be compared."""

    INVALID = 0  # rejected
    POOR = 1
    FAIR = 2
    GOOD = 3
    EXCELLENT = 4

    @property
    def label(self) -> str:
        """The level's name in decisions and rejections."""
        return LEVELS[self]
