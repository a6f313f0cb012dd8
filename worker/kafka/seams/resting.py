"""Seam: fetches of a consumer without input wait long for it, and those beside input only briefly.

A fetch returns as soon as one of its partitions has a record, however long it may wait. But aiokafka has one in flight
a broker, and what it does not name waits for its end: a partition that was paused, backed off or had records in hand
when it was sent, or has been sent elsewhere since. And a broker answers the requests of a connection one after the
other. So only where nothing has come for a while, and all partitions are named, may a fetch wait long; it has a
connection of its own, and is given up as soon as a partition that it names is at another offset.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from aiokafka import TopicPartition
from aiokafka.protocol.fetch import FetchRequest

from worker.kafka.deadline import Clock
from worker.kafka.seams import pinned

REST_MS = 1_000  # longest wait of a fetch while nothing comes
AWAKE = 1.0  # seconds after input, a seek or an assignment in which fetches wait briefly; no less than a rest
OWN = "resting"  # the connections of fetches that wait long
Offsets = dict[TopicPartition, int]  # that a fetch asks for


class Rest:
    """The choice of how long the fetches of a started consumer may wait."""

    def __init__(self, fetcher: Any, clock: Clock = time) -> None:
        self._fetcher, self._clock, self._last = fetcher, clock, clock.monotonic()
        self._client, self._assignment = fetcher._client, None
        self._longest = min(REST_MS, fetcher._client._request_timeout_ms // 2)
        self._asked: dict[Any, Offsets] = {}  # by the last fetch of each broker
        self._resting: dict[Any, asyncio.Task[Any]] = {}  # by broker
        self._actions, self._process = fetcher._get_actions_per_node, fetcher._proc_fetch_request

    def __getattr__(self, name: str) -> Any:
        """Stand before the fetcher's client."""
        return getattr(self._client, name)

    async def send(self, node: Any, request: Any, **options: Any) -> Any:
        """Send like `AIOKafkaClient.send`: what waits long by its own connection."""
        own = {"group": OWN} if self._long(request) else {}
        return await self._client.send(node, request, **options | own)

    def actions(self, assignment: Any) -> Any:
        """Stand before `Fetcher._get_actions_per_node`, which makes the requests."""
        if assignment is not self._assignment:
            self._assignment, self._asked = assignment, {}
            self._awake()
        flying = {node: asked for node, asked in self._asked.items() if node in self._fetcher._in_flight}
        for node, asked in flying.items():
            if node in self._resting and any(_elsewhere(assignment, tp, at) for tp, at in asked.items()):
                self._awake()
                self._resting[node].cancel()
        fetches, resets, seconds, *rest = self._actions(assignment)
        self._asked = flying | {node: _offsets(request) for node, request in fetches}
        if self._clock.monotonic() - self._last < AWAKE or assignment.tps - set().union(*self._asked.values()):
            return fetches, resets, seconds, *rest
        for _, request in fetches:
            request._max_wait_ms = max(request._max_wait_ms, self._longest)
        return fetches, resets, max(seconds, self._longest / 1000), *rest

    async def process(self, assignment: Any, node: Any, request: Any) -> Any:
        """Stand before `Fetcher._proc_fetch_request`, which tells whether something came: records, or an error."""
        task = asyncio.current_task()
        if task is not None and self._long(request):
            self._resting[node] = task
        try:
            came = await self._process(assignment, node, request)
        except asyncio.CancelledError:
            return False  # aiokafka's loop ends with a fetch that was cancelled while it backed off
        finally:
            if self._resting.get(node) is task:
                del self._resting[node]
        if came:
            self._awake()
            # Now, and not when the fetcher's loop has seen the end of this task: so what has come is taken before that
            # loop looks for what to fetch, and need not look again.
            for waiter in self._fetcher._fetch_waiters:
                self._fetcher._notify(waiter)
        return came

    def wake(self) -> None:
        """Let the fetcher look again at what is to be fetched."""
        self._fetcher._notify(self._fetcher._wait_consume_future)

    def _awake(self) -> None:
        self._last = self._clock.monotonic()

    def _long(self, request: Any) -> bool:
        return isinstance(request, FetchRequest) and request._max_wait_ms > self._fetcher._fetch_max_wait_ms


def rest_when_idle(consumer: object) -> None:
    """Let the fetches of a started consumer wait long while nothing comes; nothing for an unknown aiokafka."""
    if not pinned.known():
        return
    started: Any = consumer
    fetcher = started._fetcher
    rest = Rest(fetcher)
    fetcher._client, fetcher._get_actions_per_node, fetcher._proc_fetch_request = rest, rest.actions, rest.process
    started.seek, started.resume = _then(started.seek, rest.wake), _then(started.resume, rest.wake)


def _then(call: Any, wake: Any) -> Any:
    def both(*given: Any) -> None:
        call(*given)
        wake()

    return both


def _offsets(request: Any) -> Offsets:
    return {TopicPartition(topic, row[0]): row[1] for topic, rows in request.topics for row in rows}


def _elsewhere(assignment: Any, tp: TopicPartition, at: int) -> bool:
    """Return whether a partition is to be fetched at another offset than `at`."""
    state = assignment.state_value(tp)
    return bool(state.has_valid_position and not state.paused and state.position != at)
