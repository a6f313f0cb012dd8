"""One page of a topic, for a handler."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from worker.gateway.gateway import Gateway
from worker.gateway.log.entry import Entry
from worker.gateway.log.topic_log import TopicLog
from worker.gateway.reading import cursor as cursors
from worker.gateway.reading.budget import Budget
from worker.gateway.reading.filters import sieve
from worker.gateway.reading.lanes import Source
from worker.gateway.reading.search import Order, search
from worker.gateway.reading.times import bounds
from worker.gateway.resources.page import Scanned
from worker.gateway.resources.problem import Refused


class Filter(Protocol):
    """A named tuple that tells whether a record passes."""

    @property
    def since(self) -> int | None:
        """Least time of the records, epoch ms."""

    @property
    def until(self) -> int | None:
        """Time that they are before, epoch ms."""

    def fits(self, partition: int, timestamp: int, key: bytes | None, value: bytes | None) -> bool:
        """Return whether a record passes."""


class Wanted(NamedTuple):
    """Which page is wanted."""

    limit: int
    cursor: str | None
    order: Order


class Rest(NamedTuple):
    """What a page holds beside its items, in the order of its struct."""

    cursor: str | None
    complete: bool
    scanned: Scanned


class Page(NamedTuple):
    """The records of a page, and the rest of it."""

    entries: list[Entry]
    rest: Rest


async def page(
    gateway: Gateway,
    log: TopicLog | None,
    kind: str,
    passes: Filter,
    wanted: Wanted,
    headers: bool = False,
    budget: Callable[[], Budget] = Budget,
) -> Page:
    """Return a page of the records that pass; `headers`: as the log keeps them.

    Raises:
        Refused: the cursor is invalid, or the topic does not exist.
        KafkaError: older records can't be read.
    """
    log, spent, order = existing(log, kind), budget(), wanted.order
    hashed = cursors.search_hash(kind, order, passes)
    if wanted.cursor is not None:
        place = cursors.read(wanted.cursor, log, hashed)
        nexts, stops = place.nexts, place.stops
    else:
        begins, ends = await bounds(log, gateway.older, passes.since, passes.until)
        nexts, stops = (ends, begins) if order == "newest" else (begins, ends)
    source = Source(log, gateway.older, passes.fits, headers, sieve=sieve(log, passes))
    symbol = getattr(passes, "symbol", None)
    if symbol is not None and log is gateway.logs.decisions:
        source = source._replace(places=gateway.newest.places(symbol))
    found = await search(source, nexts, stops, order, wanted.limit, spent)
    text = None if found.ended else cursors.write(log, hashed, found.nexts, list(stops))
    return Page(found.entries, Rest(text, found.full or found.ended, spent.scanned()))


def existing(log: TopicLog | None, kind: str) -> TopicLog:
    """Return a log.

    Raises:
        Refused: its topic does not exist.
    """
    if log is None:
        raise Refused(503, "unavailable", f"the topic of {kind} does not exist", "Run `alphapulse topics create`")
    return log
