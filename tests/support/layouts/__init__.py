"""Layouts of files as vendors write them, each with what must be read: `check(layout)` reads one and compares.

The rows are made up; their form is the vendor's.
"""

from __future__ import annotations

from tests.support.layouts import (
    around,
    calendars,
    clocks,
    daynumbers,
    europe,
    headers,
    notation,
    packings,
    parquet,
    platforms,
    series,
    sessions,
    vendors,
    zones,
)
from tests.support.layouts.layout import Layout, check

LAYOUTS: list[Layout] = [
    *vendors.LAYOUTS,
    *europe.LAYOUTS,
    *headers.LAYOUTS,
    *platforms.LAYOUTS,
    *packings.LAYOUTS,
    *around.LAYOUTS,
    *clocks.LAYOUTS,
    *sessions.LAYOUTS,
    *daynumbers.LAYOUTS,
    *calendars.LAYOUTS,
    *notation.LAYOUTS,
    *parquet.LAYOUTS,
    *series.LAYOUTS,
    *zones.LAYOUTS,
]

__all__ = ["LAYOUTS", "Layout", "check"]
