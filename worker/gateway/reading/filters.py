"""Filters of decisions: what they compare is read leniently, so that no record is passed over by its form."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from worker.gateway.log.entry import Entry
from worker.gateway.reading.sight import WRONG


class _Seen(msgspec.Struct, gc=False):
    decision_id: Any = None
    symbol: Any = None
    action: Any = None
    regime: Any = None
    reasons: Any = None
    blocking: Any = None


_decode = msgspec.json.Decoder(_Seen).decode


class DecisionFilter(NamedTuple):
    """What a decision must have; None passes everything. `since` <= its record's time < `until`, epoch ms."""

    symbol: str | None = None
    action: str | None = None
    reason: str | None = None
    blocking: str | None = None
    regime: str | None = None
    since: int | None = None
    until: int | None = None

    def __call__(self, entry: Entry) -> bool:
        """Return whether a record passes."""
        if self.since is not None and entry.timestamp < self.since:
            return False
        if self.until is not None and entry.timestamp >= self.until:
            return False
        if self.symbol is not None and entry.key != self.symbol.encode():
            return False
        if self.action is self.reason is self.blocking is self.regime is None:
            return True
        try:
            seen = _decode(entry.value or b"")
        except WRONG:
            return False
        return (
            self.action in (None, seen.action)
            and self.regime in (None, seen.regime)
            and self.blocking in (None, seen.blocking)
            and (self.reason is None or (isinstance(seen.reasons, list) and self.reason in seen.reasons))
        )
