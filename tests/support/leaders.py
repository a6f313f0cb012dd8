"""Leaders in memory: a log per partition, which takes a batch only behind all batches before it.

A `Sender` sends to them once `sender.posted`, `sender.ask` and `sender.refresh` are theirs. What is a batch to it are
the bytes `topic/partition/number`.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import NodeNotReadyError

from worker.kafka.protocol.codes import Code
from worker.kafka.transactions import sender as module
from worker.kafka.transactions.sender import Batches, Produce, Sender

A, B, C = TopicPartition("a", 0), TopicPartition("a", 1), TopicPartition("b", 0)
ONE, TWO = 1, 2  # the leaders
LONG = 60.0  # seconds of virtual time in which whatever can happen has happened
PAUSE = 0.02  # seconds before a batch is sent again
OUT_OF_ORDER = 45
Rows = list[tuple[TopicPartition, tuple[int, int]]]


class Batch:
    """A batch that knows its place in its partition."""

    def __init__(self, tp: TopicPartition, number: int) -> None:
        self.data = f"{tp.topic}/{tp.partition}/{number}".encode()

    def size(self) -> int:
        return len(self._build())

    def _build(self) -> bytes:
        return self.data


class Asked:
    """A request that a leader has, and its answer."""

    def __init__(self, leaders: Leaders, node: int, batches: Batches, direct: bool) -> None:
        self.node, self.batches, self.direct = node, batches, direct
        self.answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._leaders = leaders

    @property
    def parts(self) -> list[str]:
        """What it brings, as text."""
        return [data.decode() for _, _, data in self.batches]

    def tell(self, codes: Mapping[TopicPartition, int] | None = None) -> None:
        """Write it, but for what is refused with these codes, and answer."""
        self.answer.set_result(self.written(codes or {}))

    def written(self, codes: Mapping[TopicPartition, int]) -> Rows:
        """Write it, and return what is to be answered."""
        return [(tp, self._leaders.take(self.node, tp, data, codes.get(tp, 0))) for tp, data in self._rows()]

    def _rows(self) -> Iterator[tuple[TopicPartition, bytes]]:
        for topic, partition, data in self.batches:
            yield TopicPartition(topic, partition), data


class Leaders:
    """The brokers, and a client of theirs with its metadata (`known`)."""

    def __init__(self, leaders: Mapping[TopicPartition, int | None]) -> None:
        self.leaders, self.known = dict(leaders), dict(leaders)
        self.logs: defaultdict[TopicPartition, list[bytes]] = defaultdict(list)
        self.asked: list[Asked] = []  # that have come
        self.closed: set[int] = set()  # without an open connection
        self.gone: set[int] = set()  # whose connections break
        self.forced = self.refreshed = 0  # looks at the metadata
        self.arrived: Callable[[Asked], None] | None = None  # what is to be done with a request
        self.cluster = self

    def sender(self, produce: Produce | None = None) -> Sender:
        """A sender to them."""
        client: Any = self
        return Sender(client, "a test", produce or Produce(list, lambda answer: answer), PAUSE)

    def leader_for_partition(self, tp: TopicPartition) -> int | None:
        """As the metadata has it."""
        return self.known.get(tp)

    def force_metadata_update(self) -> None:
        """Get new metadata."""
        self.forced += 1
        self.known = dict(self.leaders)

    async def refresh(self, client: object) -> None:
        """Wait for new metadata."""
        self.refreshed += 1
        await asyncio.sleep(0.001)
        self.known = dict(self.leaders)

    def posted(self, client: object, node: int, request: Any) -> asyncio.Future[Any] | None:
        """Send now, if there is an open connection."""
        if node in self.gone:
            raise NodeNotReadyError(str(node))
        return None if node in self.closed else self._come(Asked(self, node, request, direct=True)).answer

    async def ask(self, client: object, node: int, request: Any) -> Any:
        """Send, and wait for the answer."""
        if node in self.gone:
            raise NodeNotReadyError(str(node))
        return await self._come(Asked(self, node, request, direct=False)).answer

    def _come(self, asked: Asked) -> Asked:
        self.asked.append(asked)
        if self.arrived is not None:
            self.arrived(asked)
        return asked

    def take(self, node: int, tp: TopicPartition, data: bytes, code: int) -> tuple[int, int]:
        """The code and the offset for one batch, which is written if both its leader and its turn are right."""
        number, log = int(data.rsplit(b"/", 1)[1]), self.logs[tp]
        if code == 0 and self.leaders[tp] != node:
            code = Code.NOT_LEADER_OR_FOLLOWER
        elif code == 0 and number < len(log):
            code = Code.DUPLICATE_SEQUENCE_NUMBER
        elif code == 0 and number > len(log):
            code = OUT_OF_ORDER
        if code:
            return code, -1
        log.append(data)
        return 0, number

    def new(self) -> list[Asked]:
        """The requests that have come since the last call."""
        found, self.asked = self.asked, []
        return found


def installed(leaders: Leaders, patch: pytest.MonkeyPatch) -> Leaders:
    """Let every sender send to them."""
    for name in ("posted", "ask", "refresh"):
        patch.setattr(module, name, getattr(leaders, name))
    return leaders


def add(sender: Sender, tp: TopicPartition, *numbers: int) -> list[asyncio.Future[int]]:
    return [sender.add(tp, Batch(tp, number)) for number in numbers]


async def came(leaders: Leaders, count: int = 1) -> list[Asked]:
    """The next requests; the test fails if they never come."""
    while len(leaders.asked) < count:
        await asyncio.sleep(PAUSE / 10)
    assert len(leaders.asked) == count
    return leaders.new()


def logged(leaders: Leaders, tp: TopicPartition) -> list[int]:
    return [int(data.rsplit(b"/", 1)[1]) for data in leaders.logs[tp]]
