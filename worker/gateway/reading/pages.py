"""One page of a topic, for a handler."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from worker.gateway.gateway import Gateway
from worker.gateway.log.entry import Entry
from worker.gateway.log.topic_log import TopicLog
from worker.gateway.reading import cursor as cursors
from worker.gateway.reading.budget import Budget
from worker.gateway.reading.search import search
from worker.gateway.resources.page import Scanned
from worker.gateway.resources.problem import Refused

Order = Literal["newest", "oldest"]


class Rest(NamedTuple):
    """What a page holds beside its items, in the order of its struct."""

    cursor: str | None
    complete: bool
    scanned: Scanned


async def page(
    gateway: Gateway,
    log: TopicLog | None,
    kind: str,
    passes: Any,
    limit: int,
    cursor: str | None,
    order: Order,
    headers: bool = False,
    budget: Callable[[], Budget] = Budget,
) -> tuple[list[Entry], Rest]:
    """Return the records of a page, and the rest of it; `passes` is a tuple that can be called with a record.

    Raises:
        Refused: the cursor is invalid, or the topic does not exist.
        KafkaError: older records can't be read.
    """
    log = existing(log, kind)
    spent, newest_first = budget(), order == "newest"
    hashed = cursors.search_hash(kind, order, tuple(passes))
    if cursor is not None:
        place = cursors.read(cursor, log, hashed)
        nexts, stops = place.nexts, place.stops
    elif newest_first:
        nexts, stops = list(log.ends), [0] * log.partitions
    else:
        nexts, stops = [0] * log.partitions, list(log.ends)
    found = await search(log, gateway.older, nexts, stops, newest_first, limit, passes, spent, headers)
    text = None if found.ended else cursors.write(log, hashed, found.nexts, stops)
    return found.entries, Rest(text, found.complete, spent.scanned())


def existing(log: TopicLog | None, kind: str) -> TopicLog:
    """Return a log.

    Raises:
        Refused: its topic does not exist.
    """
    if log is None:
        raise Refused(503, "unavailable", f"the topic of {kind} does not exist", "Run `alphapulse topics create`")
    return log
