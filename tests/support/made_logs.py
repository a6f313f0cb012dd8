"""Logs of a gateway that lie in memory: what a topic holds, how much of it is hot, and the rest as Kafka would tell."""

from __future__ import annotations

from typing import Any

import httpx
from aiokafka import TopicPartition

from worker.gateway.app import create_app
from worker.gateway.gateway import Gateway
from worker.gateway.log.entry import Entry
from worker.gateway.log.older import Older
from worker.gateway.log.topic_log import TopicLog
from worker.gateway.mounts import ASGI
from worker.kafka.protocol.log_ends import AtTime
from worker.settings import Settings, load_engine_of

TOPIC_ID = 7
NOW = 1_800_000_000_000  # epoch ms


class Kept(Older):
    """Older records out of lists; the first offsets are those of the topic."""

    def __init__(self) -> None:
        super().__init__({})
        self.topics: dict[str, list[list[Entry]]] = {}
        self.firsts: dict[tuple[str, int], int] = {}
        self.reads = 0
        self.marker = 2  # offset of the first marker

    async def read(
        self, topic: str, partition: int, start: int, stop: int, headers: bool = False
    ) -> tuple[list[Entry], int]:
        self.reads += 1
        entries = self.topics[topic][partition]
        return [one for one in entries if start <= one.offset < stop], self.firsts.get((topic, partition), 0)

    async def at_time(self, tp: TopicPartition, timestamp: int) -> AtTime | None:
        """A marker of a transaction ends each topic and bears the present time."""
        entries = self.topics[tp.topic][tp.partition]
        marker = Entry(tp.partition, self.marker, NOW, None, None)
        held = sorted([*entries, marker], key=lambda entry: entry.offset)
        return next((AtTime(one.offset, one.timestamp) for one in held if one.timestamp >= timestamp), None)


class MadeLogs:
    """A gateway whose topics are lists of records."""

    def __init__(self, **settings: Any) -> None:
        plenty = {"reads_per_s": 1e6, "writes_per_s": 1e6}
        self.settings = Settings.model_validate({"gateway": plenty} | settings)
        self.gateway = Gateway(self.settings, load_engine_of(self.settings, fill=False), {})
        self.older = self.gateway.older = Kept()
        self.gateway.backfill._older = self.older
        self._app: ASGI | None = None

    def asking(self) -> httpx.AsyncClient:
        """A client of its application, without a server."""
        self._app = self._app or create_app(self.gateway)
        return httpx.AsyncClient(transport=httpx.ASGITransport(self._app), base_url="http://127.0.0.1:8080")

    def log(self, name: str) -> TopicLog:
        """A topic's log, by its whole name."""
        return self.gateway.logs._logs[name]

    def fill(self, name: str, partitions: list[list[Entry]], hot: list[int] | None = None) -> TopicLog:
        """Let a topic hold records, those of each partition from `hot` on in memory."""
        log = self.log(name)
        self.older.topics[name] = [list(entries) for entries in partitions]
        starts = hot or [0] * len(partitions)
        log.begin(TOPIC_ID, starts, [0] * len(partitions))
        for at, entries in enumerate(partitions):
            self._take(log, at, [one for one in entries if one.offset >= starts[at]])
        log.answered()
        return log

    def add(self, name: str, entry: Entry) -> None:
        """Let one more record come."""
        self.older.topics[name][entry.partition].append(entry)
        self._take(self.log(name), entry.partition, [entry])

    def _take(self, log: TopicLog, partition: int, entries: list[Entry]) -> None:
        ends = list(log.ends)
        ends[partition] = max(entries[-1].offset + 1 if entries else 0, ends[partition])
        log.took(entries, ends)

    def decide(self, *values: bytes | None, symbol: str = "A", start: int = 1_000) -> None:
        """Let the topic of decisions hold these values of one symbol."""
        entries = [Entry(0, at, start + at, symbol.encode(), value) for at, value in enumerate(values)]
        self.fill(self.settings.topics.output, [entries])
