"""The first record of each key that said what its newest one says.

The portfolio's monitor writes all live records again and again, each with a new version and as its own: only what a
record says tells whether something has changed.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from schemas.control import Control
from worker.gateway.log.entry import Entry
from worker.gateway.log.newest import name_of
from worker.gateway.log.topic_log import TopicLog
from worker.gateway.log.values import WRONG

_decode = msgspec.json.Decoder(Control).decode


class Origin(NamedTuple):
    """The first of the newest records that say the same."""

    said: tuple[Any, ...] | None  # None: the key was removed, or its record is refused by workers
    version: int
    written_ms: int
    whole: bool  # whether another record was seen before: else an earlier one may have said the same


class Origins:
    """Listens to the control topic."""

    def __init__(self, log: TopicLog) -> None:
        self._known: dict[str, Origin] = {}
        log.listen(self._heard)

    def of(self, key: str) -> Origin | None:
        """Return the origin of a key's newest record; None where none was read."""
        return self._known.get(key)

    def _heard(self, entries: list[Entry]) -> None:
        if not entries:
            self._known.clear()
        for entry in entries:
            key = name_of(entry.key)
            control = control_of(entry, key)
            said = None if control is None else said_by(control)
            before = self._known.get(key)
            if before is None or before.said != said:
                version = 0 if control is None else control.version
                self._known[key] = Origin(said, version, entry.timestamp, before is not None)


def said_by(control: Control) -> tuple[Any, ...]:
    """Return what a record says, whoever wrote it and when."""
    limits = control.risk_mult, control.max_notional, control.allow_open, control.kill
    return (*limits, control.corp_action, control.model, control.strategy)


def control_of(entry: Entry | None, key: str) -> Control | None:
    """Return the control record of a key; None for a removal, and for what workers refuse."""
    if entry is None or entry.value is None:
        return None
    try:
        found = _decode(entry.value)
    except WRONG:
        return None
    return found if found.key == key else None
