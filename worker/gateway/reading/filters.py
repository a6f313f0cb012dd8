"""Filters: what they compare is read leniently, so that no record is passed over by its form.

Each is a named tuple; None passes everything. `since` <= a record's time < `until`, epoch ms.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from worker.gateway.log.topic_log import TopicLog
from worker.gateway.log.traits import Decided, Rejected, Sieve
from worker.gateway.log.values import WRONG


class _Acted(msgspec.Struct, gc=False):
    who: Any = None
    action: Any = None
    subject: Any = None


_decided = msgspec.json.Decoder(Decided).decode
_rejected = msgspec.json.Decoder(Rejected).decode
_acted = msgspec.json.Decoder(_Acted).decode


def in_time(timestamp: int, since: int | None, until: int | None) -> bool:
    """Return whether a time, epoch ms, lies in a range."""
    return (since is None or timestamp >= since) and (until is None or timestamp < until)


def lacks(value: bytes, *texts: str | None) -> bool:
    """Return whether a JSON value surely has not all of these texts, which need no escapes."""
    return any(one is not None and one.encode() not in value for one in texts) and b"\\" not in value


class Always(NamedTuple):
    """Passes a time range."""

    since: int | None = None
    until: int | None = None

    def fits(self, partition: int, timestamp: int, key: bytes | None, value: bytes | None) -> bool:
        """Return whether a record passes."""
        return in_time(timestamp, self.since, self.until)


class DecisionFilter(NamedTuple):
    """What a decision must have."""

    symbol: str | None = None
    action: str | None = None
    reason: str | None = None
    blocking: str | None = None
    regime: str | None = None
    since: int | None = None
    until: int | None = None

    def fits(self, partition: int, timestamp: int, key: bytes | None, value: bytes | None) -> bool:
        """Return whether a record passes."""
        if not in_time(timestamp, self.since, self.until):
            return False
        if self.symbol is not None and key != self.symbol.encode():
            return False
        if self.action is self.reason is self.blocking is self.regime is None:
            return True
        if value is None or lacks(value, self.action, self.reason, self.blocking, self.regime):
            return False
        try:
            return self.passes(_decided(value))
        except WRONG:
            return False

    def passes(self, seen: Decided) -> bool:
        """Return whether what a decision has passes."""
        return (
            self.action in (None, seen.action)
            and self.regime in (None, seen.regime)
            and self.blocking in (None, seen.blocking)
            and (self.reason is None or _among(self.reason, seen.reasons))
        )


class RejectionFilter(NamedTuple):
    """What a rejection must have; `symbol` is its key."""

    symbol: str | None = None
    code: str | None = None
    partition: int | None = None
    since: int | None = None
    until: int | None = None

    def fits(self, partition: int, timestamp: int, key: bytes | None, value: bytes | None) -> bool:
        """Return whether a record passes."""
        if not in_time(timestamp, self.since, self.until) or self.partition not in (None, partition):
            return False
        if self.symbol is not None and key != self.symbol.encode():
            return False
        if self.code is None:
            return True
        if value is None or lacks(value, self.code):
            return False
        try:
            return self.passes(_rejected(value))
        except WRONG:
            return False

    def passes(self, seen: Rejected) -> bool:
        """Return whether what a rejection has passes."""
        return self.code is None or _among(self.code, seen.codes)


class AuditFilter(NamedTuple):
    """What an act must have."""

    who: str | None = None
    action: str | None = None
    subject: str | None = None
    since: int | None = None
    until: int | None = None

    def fits(self, partition: int, timestamp: int, key: bytes | None, value: bytes | None) -> bool:
        """Return whether a record passes."""
        if not in_time(timestamp, self.since, self.until):
            return False
        if self.who is self.action is self.subject is None:
            return True
        if value is None or lacks(value, self.who, self.action, self.subject):
            return False
        try:
            seen = _acted(value)
        except WRONG:
            return False
        return (
            self.who in (None, seen.who) and self.action in (None, seen.action) and self.subject in (None, seen.subject)
        )


def _among(wanted: str, found: Any) -> bool:
    return isinstance(found, list) and wanted in found


def sieve(log: TopicLog, passes: object) -> Sieve | None:
    """Return which kinds of a log's records can pass a filter; None where that spares nothing."""
    if log.traits is None or not isinstance(passes, DecisionFilter | RejectionFilter):
        return None
    if isinstance(passes, RejectionFilter):
        return None if passes.code is None else Sieve(log.traits, passes.passes)
    if passes.action is passes.reason is passes.blocking is passes.regime is None:
        return None
    return Sieve(log.traits, passes.passes)
