"""Seam: what a consumer has fetched is taken without a task of its own, and waited for by a future.

`getmany` waits within itself, so that what is to end its wait must cancel a task around it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from functools import partial
from typing import Any

from aiokafka import TopicPartition

from worker.kafka.alarms import alarms
from worker.kafka.seams import pinned


def at_hand(consumer: object) -> bool:
    """Return whether `getmany` without a timeout returns at once: else it waits through a rebalance."""
    fetcher = getattr(consumer, "_fetcher", None)
    return fetcher is not None and not fetcher._subscriptions.reassignment_in_progress


def nothing(consumer: object, named: Iterable[TopicPartition]) -> bool:
    """Return whether no fetched records of these partitions are there to be taken.

    Raises:
        KafkaError: the group refuses the member.
    """
    started: Any = consumer
    started._coordinator.check_errors()
    records = started._fetcher._records
    return not any(tp in records for tp in named)


async def wait(consumer: object, seconds: float, others: Collection[asyncio.Future[Any]]) -> None:
    """Wait until a fetch has brought something, or one of `others` has ended, or the time is over.

    Raises:
        KafkaError: the group refuses the member.
    """
    started: Any = consumer
    arrival: asyncio.Future[Any] = started._fetcher._create_fetch_waiter()

    def wake(_: object) -> None:
        if not arrival.done():
            arrival.set_result(None)

    loops = alarms()
    deadline = loops.after(seconds, partial(wake, None))
    for other in others:
        other.add_done_callback(wake)
    try:
        await arrival
    finally:
        loops.cancel(deadline)
        for other in others:
            other.remove_done_callback(wake)


def known() -> bool:
    """Return whether this works with the installed aiokafka."""
    return pinned.known()
