"""One decision of a symbol by its sequence number, and the newest ones of a symbol."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from worker.gateway.gateway import Gateway
from worker.gateway.log.entry import Entry
from worker.gateway.log.topic_log import TopicLog
from worker.gateway.log.values import WRONG
from worker.gateway.reading.budget import Budget
from worker.gateway.reading.lanes import Source
from worker.gateway.reading.pages import existing
from worker.gateway.reading.search import search
from worker.gateway.resources.problem import Refused, not_found


class _Named(msgspec.Struct, gc=False):
    decision_id: Any = None
    sequence: Any = None
    ts: Any = None


_decode = msgspec.json.Decoder(_Named).decode
NOTHING = _Named()
FEW = 16 * 1024 * 1024  # bytes that one symbol's bars may read
SOON = 1.0  # seconds


def named(value: bytes | None) -> _Named:
    """Return what names a decision; nothing of a record that is none."""
    try:
        return _decode(value or b"")
    except WRONG:
        return NOTHING


class Numbered(NamedTuple):
    """Passes the decision with a sequence number, and with an id where one is given."""

    symbol: str
    sequence: int
    decision_id: str | None = None

    def fits(self, partition: int, timestamp: int, key: bytes | None, value: bytes | None) -> bool:
        """Return whether a record passes."""
        if key != self.symbol.encode():
            return False
        found = named(value)
        return found.sequence == self.sequence and self.decision_id in (None, found.decision_id)


class Before(NamedTuple):
    """Passes the bars of a symbol that begin before a time, epoch ms."""

    symbol: str
    until: int | None = None

    def fits(self, partition: int, timestamp: int, key: bytes | None, value: bytes | None) -> bool:
        """Return whether a record passes."""
        if key != self.symbol.encode():
            return False
        ts = named(value).ts
        return type(ts) is int and abs(ts) < 2**53 and (self.until is None or ts < self.until)


class Newest(NamedTuple):
    """The newest bars of a symbol, newest first."""

    entries: list[Entry]
    complete: bool


async def newest_bars(gateway: Gateway, symbol: str, limit: int, until: int | None) -> Newest:
    """Return the newest bars of a symbol that begin before a time.

    Raises:
        Refused: the symbol is unknown, or the topic does not exist.
        KafkaError: older records can't be read.
    """
    log = _known(gateway, symbol)
    source = Source(log, gateway.older, Before(symbol, until).fits, places=gateway.newest.places(symbol))
    budget = Budget(size=FEW, seconds=SOON)
    nexts, stops = list(log.ends), [0] * log.partitions
    found = await search(source, nexts, stops, "newest", limit, budget)
    return Newest(found.entries, found.full or found.ended)


async def numbered(gateway: Gateway, symbol: str, sequence: int, decision_id: str | None = None) -> Entry:
    """Return a decision by its number.

    Raises:
        Refused: there is none, or it was not reached within a budget.
        KafkaError: older records can't be read.
    """
    log, passes = _known(gateway, symbol), Numbered(symbol, sequence, decision_id)
    if (entry := _in_memory(gateway, log, passes)) is not None:
        return entry
    source = Source(log, gateway.older, passes.fits, places=gateway.newest.places(symbol))
    found = await search(source, list(log.ends), [0] * log.partitions, "newest", 1, Budget())
    if found.entries:
        return found.entries[0]
    if found.ended:
        raise not_found(f"{symbol} has no decision {sequence}")
    raise Refused(
        404,
        "out_of_reach",
        f"decision {sequence} of {symbol} is older than what one request may read",
        f"Search it page by page: GET /api/v1/decisions?symbol={symbol}&to=…",
    )


def _known(gateway: Gateway, symbol: str) -> TopicLog:
    log = existing(gateway.logs.decisions, "decisions")
    if gateway.newest.of(symbol) is None:
        raise not_found(f"no decision of {symbol[:64]!r} is known", "GET /api/v1/symbols lists those that are")
    return log


def _in_memory(gateway: Gateway, log: TopicLog, passes: Numbered) -> Entry | None:
    """Return a decision by halving, since numbers grow; None where that does not find it."""
    entry = gateway.newest.of(passes.symbol)
    offsets = gateway.newest.offsets(passes.symbol)
    low, high = 0, len(offsets)
    while entry is not None and low < high:
        middle = (low + high) // 2
        found = log.at(entry.partition, offsets[middle])
        sequence = named(found.value if found else None).sequence
        if found is None or type(sequence) is not int:
            return None
        if sequence == passes.sequence:
            return found if passes.fits(found.partition, found.timestamp, found.key, found.value) else None
        low, high = (middle + 1, high) if sequence < passes.sequence else (low, middle)
    return None
