"""Seam: a consumer whose fetches are sent in rounds, each for all partitions whose records have been taken.

By default aiokafka fetches a partition as soon as its records are taken, and has only one fetch a broker in flight: a
partition whose records are taken a moment later waits for that fetch to return.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

LEAST, MOST = 0.001, 0.02  # seconds between two fetches from a broker: what comes meanwhile shares the second
OF_TRANSACTIONS = 0.003  # the least between fetches whose outputs are transactions, which cost the brokers much more
PATIENCE = 0.02  # seconds for which unread records of one partition hold up the fetches of its broker's others


class AnyTime:
    """No gate: a fetch may begin at any time."""

    async def turn(self, node: Any) -> None:
        """Return at once."""


class Rounds(AnyTime):
    """The gate of a consumer's fetches: their distance grows with what the last round has cost."""

    def __init__(self, share: float = 1.0, least: float = LEAST) -> None:
        """Create it; `share` of a core is what rounds of few records may take, `least` the shortest distance in s."""
        self._share, self._least = share, least
        self._held = False
        self._waiting: list[asyncio.Future[None]] = []  # for the end of what holds them
        self._sent: dict[Any, tuple[float, float]] = {}  # by node: when the last fetch began, monotonic and CPU seconds

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let no fetch begin in the block."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
            waiting, self._waiting = self._waiting, []
            for each in waiting:
                if not each.done():
                    each.set_result(None)

    async def turn(self, node: Any) -> None:
        """Wait until a fetch from a broker may begin."""
        while self._held:
            opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(opened)
            await opened
        if node in self._sent:
            begun, cpu = self._sent[node]
            distance = min(max((time.thread_time() - cpu) / self._share, self._least), MOST)
            if (left := begun + distance - time.monotonic()) > 0.0:
                await asyncio.sleep(left)
        self._sent[node] = time.monotonic(), time.thread_time()


def fetch_in_rounds(consumer: object, share: float, least: float = LEAST) -> Rounds:
    """Let a started consumer fetch in rounds that take a share of a core, and return their gate."""
    started: Any = consumer
    rounds = started._fetcher._rounds = Rounds(share, least)
    started._fetcher._prefetch_backoff = PATIENCE
    return rounds
