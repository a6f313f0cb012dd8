"""Topics in memory behind the real logs of a gateway, and streams of it without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, MutableMapping
from typing import Any

from tests.support.sse import Client
from worker.gateway.auth.caller import CALLER, Caller
from worker.gateway.log.entry import Entry
from worker.gateway.log.topic_log import TopicLog
from worker.gateway.stream.asgi import StreamApp
from worker.gateway.stream.hub import Hub
from worker.gateway.stream.source import Passed

ADMIN = Caller("ada", "admin", "token")


class Kafka:
    """What topics hold. Offsets have holes, as after markers of transactions."""

    def __init__(self, partitions: dict[str, int]) -> None:
        self.topics = {topic: [list[Entry]() for _ in range(count)] for topic, count in partitions.items()}
        self.firsts = {topic: [0] * count for topic, count in partitions.items()}
        self.ids = {topic: 0xABC0_0000_0001 + at for at, topic in enumerate(partitions)}
        self._nexts = {topic: [0] * count for topic, count in partitions.items()}

    def append(self, topic: str, partition: int, key: bytes | None, value: bytes | None, hole: int = 0) -> Entry:
        """Write a record, and leave so many offsets out after it."""
        entry = Entry(partition, self._nexts[topic][partition], 1_700_000_000_000, key, value)
        self.topics[topic][partition].append(entry)
        self._nexts[topic][partition] += 1 + hole
        return entry

    def ends(self, topic: str) -> list[int]:
        return list(self._nexts[topic])


class Memory:
    """One gateway's logs over the topics: a `Source`."""

    def __init__(self, kafka: Kafka, hot: int = 5) -> None:
        """Begin with about `hot` offsets of each partition in memory."""
        self.kafka = kafka
        self.logs: dict[str, TopicLog] = {}
        for topic in kafka.topics:
            log = self.logs[topic] = TopicLog(topic)
            ends = kafka.ends(topic)
            log.begin(kafka.ids[topic], [max(end - hot, 0) for end in ends], ends)
        self.follow()

    def follow(self) -> None:
        """Read what the topics have, as the gateway's followers do."""
        for topic, log in self.logs.items():
            new = [
                entry
                for partition, entries in enumerate(self.kafka.topics[topic])
                for entry in entries
                if entry.offset >= log.ends[partition]
            ]
            log.took(new, self.kafka.ends(topic))

    def log(self, topic: str) -> TopicLog | None:
        return self.logs.get(topic)

    async def first(self, topic: str, partition: int) -> int:
        await asyncio.sleep(0)
        return self.kafka.firsts[topic][partition]

    async def read(self, topic: str, partition: int, start: int, stop: int) -> AsyncIterator[list[Entry]]:
        await asyncio.sleep(0)
        if (first := self.kafka.firsts[topic][partition]) > start:
            raise Passed(first)
        found = [entry for entry in self.kafka.topics[topic][partition] if start <= entry.offset < stop]
        for at in range(0, len(found), 3):
            yield found[at : at + 3]
            await asyncio.sleep(0)


def hub_of(
    source: Memory, most: int = 100, find: Any = None, figures: Callable[[str], bytes | None] | None = None
) -> Hub:
    """A hub that lets everybody in."""

    async def anybody(scope: Any) -> Caller:
        found: Caller = scope["state"][CALLER]
        return found

    return Hub(source, find or anybody, figures or (lambda topic: None), most)


class Connection:
    """One request for a stream; what the server sends goes to `client`."""

    def __init__(
        self, hub: Hub, query: str = "", last_id: str = "", caller: Caller = ADMIN, heartbeat: float = 15.0
    ) -> None:
        self.client = Client(last_id)
        self._last_id, self._raw = last_id, b""
        self.sent: list[MutableMapping[str, Any]] = []
        self.reads = asyncio.Event()  # cleared: the client takes nothing
        self.reads.set()
        self.aborted = False
        self._leaves = asyncio.Event()
        self.scope: dict[str, Any] = {
            "type": "http",
            "method": "GET",
            "path": "/api/v1/stream",
            "query_string": query.encode(),
            "headers": [(b"last-event-id", last_id.encode())] if last_id else [],
            "state": {CALLER: caller},
            "extensions": {"alphapulse.cut": self.cut},
        }
        self.task = asyncio.create_task(StreamApp(hub, heartbeat)(self.scope, self._receive, self._send))

    @property
    def status(self) -> int | None:
        return self.sent[0]["status"] if self.sent else None

    @property
    def ended(self) -> bool:
        """Whether the server has ended the answer."""
        return bool(self.sent) and not self.sent[-1].get("more_body", True)

    async def _receive(self) -> dict[str, Any]:
        await self._leaves.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        while not (self.reads.is_set() or self._leaves.is_set()):
            await asyncio.wait(
                [asyncio.ensure_future(self.reads.wait()), asyncio.ensure_future(self._leaves.wait())],
                return_when=asyncio.FIRST_COMPLETED,
            )
        if self._leaves.is_set():
            return
        self.sent.append(message)
        if message["type"] == "http.response.body":
            self._raw += message["body"]
            self.client.feed(message["body"])

    def cut(self) -> None:
        """What a real connection does."""
        self.aborted = True
        self._leaves.set()

    async def leave(self, lost: int = 0) -> None:
        """The client is gone, and so many of the last bytes never reached it."""
        self._leaves.set()
        await self.task
        if lost:
            self.client = Client(self._last_id)
            self.client.feed(self._raw[:-lost])
        self.client.cut()

    async def until(self, name: str, count: int = 1) -> None:
        """Wait for events of a name."""
        while sum(event.name == name for event in self.client.events) < count:
            if self.task.done():
                self.task.result()
                raise AssertionError(f"the stream ended before {count} {name}")
            await asyncio.sleep(0.01)

    def records(self, topic: str) -> list[tuple[int, int]]:
        """Partition and offset of the records of a topic, as they came."""
        return [
            (event.content["partition"], event.content["offset"]) for event in self.client.events if event.name == topic
        ]
