"""A request that is posted has the bytes of aiokafka's own way, and fails as it does there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from unittest import mock

import pytest
from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient, ConnectionGroup
from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import IncompatibleBrokerVersion, KafkaConnectionError, RequestTimedOutError
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.protocol.group import HeartbeatRequest, HeartbeatResponse_v1
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.protocol.produce import ProduceRequest

from tests.support.fake_answers import healthy
from tests.support.fake_broker import VERSIONS, Answer, Api, Asked, FakeBroker
from worker.kafka.alarms import alarms
from worker.kafka.protocol.offsets import Membership, Position
from worker.kafka.seams import connections, pinned
from worker.kafka.seams.fast import posting
from worker.kafka.seams.fast.requests import PartedProduceRequest
from worker.kafka.transactions.features import ask_versions
from worker.kafka.transactions.requests import Producer, announce_partition, commit_offsets, end_transaction, produce

DEADLINE = 10.0
NODE = 1
DEFAULT = ConnectionGroup.DEFAULT
OWN = connections._client_send
BEAT = HeartbeatRequest("group", 3, "me")
TP = TopicPartition("ticks.raw", 3)
TOPICS: Any = [("ticks", [(0, b"batch"), (1, bytearray(70_000))])]
REQUESTS: dict[str, Any] = {
    "heartbeat": BEAT,
    "metadata": MetadataRequest(["ünïcode"]),
    "fetch": FetchRequest(100, 1, 4096, 0, [("ticks", [(0, 5, 4096)])], ""),
    "produce": ProduceRequest(transactional_id="id", required_acks=-1, timeout=100, topics=TOPICS),
    "produce in parts": PartedProduceRequest(transactional_id="id", required_acks=-1, timeout=100, topics=TOPICS),
    "flexible produce": produce("id", 100, [("ticks", 1, bytearray(70_000)), ("bars", 0, memoryview(b"b"))], False),
    "end of a transaction": end_transaction("id", Producer(7, 1), commit=True, former=False),
    "former end of a transaction": end_transaction("id", Producer(7, 1), commit=True, former=True),
    "offsets": commit_offsets(
        "id", "group", Producer(7, 1), Membership(3, "me", None), {TP: Position(5, 2, "note")}, former=False
    ),
    "announcement": announce_partition("id", Producer(7, 1), TP),
    "versions": ask_versions(),
}


class Wire:
    """Where a connection writes to; it may be closed already."""

    def __init__(self, error: Exception | None = None) -> None:
        self.written: list[Any] = []
        self.closed = False
        self._error = error

    def write(self, data: Any) -> None:
        if self._error is not None:
            raise self._error
        self.written.append(data)

    def close(self) -> None:
        self.closed = True


@asynccontextmanager
async def wired(wire: Wire, client_id: str = "client") -> AsyncIterator[Any]:
    """A connection that writes to it."""
    loop = asyncio.get_running_loop()
    connection: Any = AIOKafkaConnection("localhost", 9092, client_id=client_id)
    connection._reader, connection._writer = asyncio.StreamReader(loop=loop), wire
    connection._read_task, connection._closed_fut = loop.create_future(), loop.create_future()
    connection._versions = dict(VERSIONS)
    try:
        yield connection
    finally:
        connection.close()


@pytest.mark.parametrize("client_id", ["client", "", "ünïcode-3"])
@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
async def test_the_bytes_are_those_of_the_client_library(request_: Any, client_id: str) -> None:
    ours, own = Wire(), Wire()
    async with wired(ours, client_id) as one, wired(own, client_id) as other:
        for at in (0, 41, 2**31 - 2):  # the last number is followed by 0
            one._correlation_id = other._correlation_id = at
            answer, awaited = posting.post(one, request_), asyncio.ensure_future(other.send(request_))
            assert not answer.done()
            [(number, struct, future)] = one._requests
            [(own_number, own_struct, own_future)] = other._requests
            assert (number, type(struct), future) == (own_number, type(own_struct), answer)
            for each in (answer, own_future):
                each.set_result(None)
            await awaited
            one._requests.clear()
            other._requests.clear()
        assert ours.written == own.written
        assert [type(data) for data in ours.written] == [bytes] * 3  # what transports take


async def test_a_request_that_the_broker_does_not_know_is_not_sent() -> None:
    wire = Wire()
    async with wired(wire) as one:
        one._versions = {}
        with pytest.raises(IncompatibleBrokerVersion):
            posting.post(one, BEAT)
        assert not wire.written
        assert not one._requests
        assert one.connected()


@pytest.mark.parametrize("error", [RuntimeError("the handler is closed"), OSError(9, "bad descriptor")])
async def test_a_closed_transport_closes_the_connection(error: Exception) -> None:
    async with wired(Wire()) as one:
        waiting = posting.post(one, BEAT)
        broken = one._writer = Wire(error)
        with pytest.raises(KafkaConnectionError) as caught:
            posting.post(one, BEAT)
        assert caught.value.__cause__ is error
        assert broken.closed
        assert not one.connected()
        assert isinstance(waiting.exception(), KafkaConnectionError)
        assert not one._requests


@pytest.mark.parametrize("end", ["answered", "failed", "cancelled"])
async def test_the_deadline_ends_with_the_request(end: str) -> None:
    async with wired(Wire()) as one:
        before = len(alarms())
        answer = posting._sent(one, BEAT)
        assert len(alarms()) == before + 1
        if end == "answered":
            answer.set_result(None)
        elif end == "failed":
            one.close()
            assert isinstance(answer.exception(), KafkaConnectionError)
        else:
            answer.cancel()
        await asyncio.sleep(0)
        assert len(alarms()) == before


class Scene(NamedTuple):
    """A client, connected to a broker that counts heartbeats as its answers' codes when it may answer."""

    client: Any
    broker: FakeBroker
    may_answer: asyncio.Event
    asked: asyncio.Queue[int]

    @property
    def connection(self) -> Any:
        return self.client._conns[NODE, DEFAULT]

    async def connect(self) -> Any:
        assert await self.client.ready(NODE)
        return self.connection


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    may_answer, asked = asyncio.Event(), asyncio.Queue[int]()
    may_answer.set()
    async with asyncio.timeout(DEADLINE), FakeBroker(NODE) as broker:
        healthy([broker], {"ticks": 1})

        async def beat(_: Asked) -> Answer:
            count = broker.count[Api.HEARTBEAT]
            asked.put_nowait(count)
            await may_answer.wait()
            return HeartbeatResponse_v1(0, count)

        broker.on(Api.HEARTBEAT, beat)
        client: Any = AIOKafkaClient(bootstrap_servers=broker.bootstrap)
        with mock.patch.object(AIOKafkaClient, "send", posting.client_send):
            try:
                await client.bootstrap()
                yield Scene(client, broker, may_answer, asked)
            finally:
                await client.close()


async def test_answers_come_in_order_also_where_there_was_no_connection() -> None:
    async with scene() as one:
        assert (NODE, DEFAULT) not in one.client._conns
        assert await one.client.send(NODE, BEAT) == HeartbeatResponse_v1(0, 1)  # opens it
        with mock.patch.object(connections, "client_send", side_effect=AssertionError("aiokafka's own way")):
            both = [asyncio.ensure_future(one.client.send(NODE, BEAT)) for _ in range(2)]
            posted = posting.posted(one.client, NODE, BEAT)
            assert posted is not None
            codes = [answer.error_code for answer in await asyncio.gather(posted, *both)]
        assert codes == [2, 3, 4]  # what is posted is sent now, tasks begin later
        assert not one.connection._requests


async def test_a_request_without_an_answer_is_waited_for_by_nobody() -> None:
    async with scene() as one:
        connection = await one.connect()
        came = asyncio.Event()

        def produced(_: Asked) -> Answer:
            came.set()
            return None

        one.broker.on(Api.PRODUCE, produced)
        silent = ProduceRequest(transactional_id=None, required_acks=0, timeout=100, topics=[])
        assert await one.client.send(NODE, silent) is None
        assert not connection._requests
        await came.wait()
        assert await one.client.send(NODE, BEAT) == HeartbeatResponse_v1(0, 1)


async def test_no_answer_in_time_closes_the_connection() -> None:
    async with scene() as one:
        connection = await one.connect()
        one.may_answer.clear()
        other = posting.posted(one.client, NODE, BEAT)
        assert other is not None
        connection._request_timeout = 0.05
        with pytest.raises(RequestTimedOutError):
            await one.client.send(NODE, BEAT)
        assert not connection.connected()
        assert isinstance(other.exception(), KafkaConnectionError)
        one.may_answer.set()
        assert (await one.client.send(NODE, BEAT)).error_code > 0  # over a new one
        assert one.connection is not connection


async def test_a_cancelled_caller_leaves_the_connection_usable() -> None:
    async with scene() as one:
        connection = await one.connect()
        one.may_answer.clear()
        given_up = asyncio.create_task(one.client.send(NODE, BEAT))
        assert await one.asked.get() == 1
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
        kept = asyncio.create_task(one.client.send(NODE, BEAT))
        await asyncio.sleep(0)
        assert len(connection._requests) == 2  # the answer to the first still comes
        one.may_answer.set()
        assert await kept == HeartbeatResponse_v1(0, 2)
        assert one.connection is connection
        assert connection.connected()
        assert not connection._requests


async def test_nothing_is_posted_without_an_open_connection() -> None:
    async with scene() as one:
        assert posting.posted(one.client, NODE, BEAT) is None
        connection = await one.connect()
        await connection.close()
        one.client._conns[NODE, DEFAULT] = connection  # as between its end and the client's notice of it
        assert posting.posted(one.client, NODE, BEAT) is None
        assert not one.broker.count[Api.HEARTBEAT]


async def test_nothing_is_posted_where_the_seam_is_not_installed() -> None:
    async with scene() as one:
        connection = await one.connect()
        for send in (OWN, connections.client_send):
            with mock.patch.object(AIOKafkaClient, "send", send):
                assert posting.posted(one.client, NODE, BEAT) is None
        assert not connection._requests
        answer = posting.posted(one.client, NODE, BEAT)
        assert answer is not None
        assert await answer == HeartbeatResponse_v1(0, 1)


def test_another_version_keeps_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    with mock.patch.object(AIOKafkaClient, "send", OWN):
        with monkeypatch.context() as patch:
            patch.setattr(pinned, "version", lambda _: "0.15.0")
            assert not posting.install()
            assert AIOKafkaClient.send is OWN
        assert posting.install()
        assert AIOKafkaClient.send is posting.client_send
