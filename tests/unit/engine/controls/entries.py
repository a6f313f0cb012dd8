"""Journal entries to test with."""

from __future__ import annotations

from typing import Any

from schemas import Control
from schemas.state import JournalEntry


def entry(
    key: str = "A",
    ordinal: int = 1,
    *,
    visible_from: int = 0,
    effective_ts: int = 0,
    ts: int = 0,
    withdrawn: bool = False,
    **fields: Any,
) -> JournalEntry:
    """The entry of a control record with `fields`; its version is its ordinal."""
    control = None if withdrawn else Control(key, ordinal, effective_ts, **fields)
    return JournalEntry(1, key, ordinal, ordinal, visible_from, effective_ts, ts, ordinal, control)
