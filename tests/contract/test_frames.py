"""Answers that are cut out of a connection's bytes are those of aiokafka's own way, and so is the end of all others."""

from __future__ import annotations

import asyncio
import random
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from unittest import mock

import pytest
from aiokafka import conn
from aiokafka.conn import AIOKafkaConnection, AIOKafkaProtocol, create_conn
from aiokafka.errors import CorrelationIdError, KafkaConnectionError, KafkaError
from aiokafka.protocol.coordination import FindCoordinatorRequest_v0, FindCoordinatorResponse_v0
from aiokafka.protocol.fetch import FetchRequest_v11, FetchResponse_v11
from aiokafka.protocol.group import HeartbeatRequest, HeartbeatRequest_v1, HeartbeatResponse_v1

from tests.support.fake_answers import healthy, versions
from tests.support.fake_broker import Answer, Api, FakeBroker
from tests.support.turns import turns
from worker.kafka.seams import pinned
from worker.kafka.seams.fast import frames
from worker.kafka.seams.fast.frames import FramesProtocol
from worker.kafka.transactions.features import ApiVersionsRequest, ApiVersionsResponse
from worker.kafka.transactions.requests import EndTxnRequest, EndTxnResponse, ProduceRequest, ProduceResponse

DEADLINE = 10.0
TAGS = b"\x02\x01\x03abc\x05\x00"  # two: 1 = abc, and 5, which is empty
SEEDS = range(60)
OWN_READER = AIOKafkaConnection._create_reader_task
HEARTBEAT = HeartbeatRequest_v1("group", 3, "me")


class Wire:
    """In place of a connection's writer."""

    def __init__(self) -> None:
        self.closed = False

    def close(self) -> None:
        self.closed = True


class Scene(NamedTuple):
    connection: Any
    protocol: FramesProtocol
    wire: Wire

    def waiting(self, number: int | None, request: Any = HEARTBEAT) -> asyncio.Future[Any]:
        """A request that has been sent: what its answer will be."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.connection._requests.append((number, None if number is None else request, answer))
        return answer


@asynccontextmanager
async def scene(on_close: Any = None) -> AsyncIterator[Scene]:
    """A connection without a socket, which takes answers as one does that is connected."""
    loop = asyncio.get_running_loop()
    connection: Any = AIOKafkaConnection("localhost", 9092, on_close=on_close)
    reader, wire = asyncio.StreamReader(loop=loop), Wire()
    connection._closed_fut = loop.create_future()
    protocol = FramesProtocol(connection._closed_fut, reader, loop=loop)
    connection._reader, connection._writer, connection._protocol = reader, wire, protocol
    connection._read_task = frames.create_reader_task(connection)
    try:
        yield Scene(connection, protocol, wire)
    finally:
        connection.close()


def framed(frame: bytes) -> bytes:
    return struct.pack(">i", len(frame)) + frame


def beat(number: int, code: int = 0) -> bytes:
    """The answer to a heartbeat, with its size."""
    return framed(struct.pack(">i", number) + HeartbeatResponse_v1(0, code).encode())


class Asked(NamedTuple):
    """A request, and the frame that answers it."""

    number: int | None
    request: Any
    frame: bytes


def asked(number: int, dice: random.Random) -> Asked:
    """A request of any kind, and its answer."""
    told = struct.pack(">i", number)
    flexible = told + dice.choice((b"\0", b"\0", TAGS))
    produced = ProduceResponse([("ticks", [(0, 0, 7, -1, 0, [(1, "é", {})], None, {})], {})], 3, {})
    records = dice.randbytes(dice.choice((0, 9, 3_000)))
    fetched = FetchResponse_v11(0, 0, 0, [("ticks", [(0, 0, 9, 9, 0, [(5, 6)], -1, records)])])
    end = EndTxnResponse(0, dice.choice((0, 47)), 5, 6, {})
    return dice.choice(
        (
            lambda: Asked(number, HEARTBEAT, told + HeartbeatResponse_v1(0, dice.randrange(30)).encode()),
            lambda: Asked(
                number, FetchRequest_v11(-1, 20, 1, 99, 0, 0, -1, [("ticks", [])], [], ""), told + fetched.encode()
            ),
            lambda: Asked(number, EndTxnRequest("id", 5, 6, True, {}), flexible + end.encode()),
            lambda: Asked(number, ProduceRequest("id", 100, []), flexible + produced.encode()),
            # A flexible request whose answer has no tags in its header.
            lambda: Asked(
                number, ApiVersionsRequest("a", "1", {}), told + ApiVersionsResponse(0, [(1, 0, 4, {})], 0, {}).encode()
            ),
            # A broker of 0.8.2 leaves the number out.
            lambda: Asked(
                number,
                FindCoordinatorRequest_v0("group"),
                dice.choice((told, bytes(4))) + FindCoordinatorResponse_v0(0, 1, "host", 9092).encode(),
            ),
            lambda: Asked(None, None, dice.randbytes(dice.choice((0, 1, 40)))),  # a token of SASL
        )
    )()


def pieces(data: bytes, dice: random.Random, way: str) -> Iterator[bytes]:
    """The bytes as a transport may bring them."""
    if way == "whole":
        yield data
        return
    at = 0
    while at < len(data):
        size = 1 if way == "bytes" else dice.choice((1, 2, 3, 4, 5, 30, 1_000, 5_000))
        yield data[at : at + size]
        at += size


@pytest.mark.parametrize("way", ["whole", "bytes", "random"])
@pytest.mark.parametrize("seed", SEEDS)
async def test_answers_are_those_of_the_client_library(seed: int, way: str) -> None:
    dice = random.Random(seed)
    all_asked = [asked(number, dice) for number in range(1, dice.randrange(2, 14))]
    async with scene() as ours, scene() as own:
        found = [ours.waiting(one.number, one.request) for one in all_asked]
        wanted = [own.waiting(one.number, one.request) for one in all_asked]
        ours.connection._last_action = 0.0
        for piece in pieces(b"".join(framed(one.frame) for one in all_asked), dice, way):
            ours.protocol.data_received(piece)
        for one in all_asked:
            own.connection._handle_frame(one.frame)
        await turns()
        assert [answer.result() for answer in found] == [answer.result() for answer in wanted]
        assert [type(answer.result()) for answer in found] == [type(answer.result()) for answer in wanted]
        assert not ours.connection._requests
        assert not ours.protocol._held
        assert ours.connection._last_action > 0.0
        assert ours.connection.connected()


def test_all_kinds_of_answers_are_compared() -> None:
    made = [one for seed in SEEDS for dice in [random.Random(seed)] for one in (asked(1, dice), asked(2, dice))]
    assert len({type(one.request) for one in made}) == 7
    assert any(TAGS in one.frame for one in made)


async def test_an_answer_comes_at_once_not_at_a_later_turn() -> None:
    async with scene() as one:
        answer = one.waiting(1)
        data = beat(1)
        one.protocol.data_received(data[:-1])
        assert not answer.done()
        one.protocol.data_received(data[-1:])
        assert answer.done()


async def test_bytes_go_to_the_stream_until_the_connection_takes_answers() -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(loop=loop)
    FramesProtocol(loop.create_future(), reader, loop=loop).data_received(b"early")
    assert await reader.readexactly(5) == b"early"


async def test_an_answer_with_another_number_closes_the_connection() -> None:
    async with scene() as one:
        first, second = one.waiting(1), one.waiting(2)
        one.protocol.data_received(beat(9) + beat(2))
        await turns()
        assert isinstance(first.exception(), CorrelationIdError)
        assert isinstance(first.exception(), KafkaError)
        assert isinstance(second.exception(), KafkaConnectionError)
        assert not one.connection.connected()
        assert one.wire.closed


Fault = Callable[[Any], Any]
FAULTS: dict[str, Fault] = {
    "negative size": lambda protocol: protocol.data_received(struct.pack(">i", -1)),
    "negative size in pieces": lambda protocol: [protocol.data_received(b"\xff") for _ in range(4)],
    "not to be decoded": lambda protocol: protocol.data_received(framed(struct.pack(">i", 1) + b"\0")),
    "no number": lambda protocol: protocol.data_received(framed(b"\0\0")),
    "empty": lambda protocol: protocol.data_received(framed(b"")),
    "end": lambda protocol: protocol.eof_received(),
    "end within an answer": lambda protocol: (protocol.data_received(beat(1)[:9]), protocol.eof_received()),
    "lost": lambda protocol: protocol.connection_lost(None),
    "reset": lambda protocol: protocol.connection_lost(ConnectionResetError("reset by peer")),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_after_a_fault_nothing_is_waited_for_and_nothing_handed_on(fault: Fault) -> None:
    async with scene() as one:
        waiting = [one.waiting(number) for number in (1, 2)]
        fault(one.protocol)
        one.protocol.data_received(beat(1) + beat(2))  # before the connection has been told
        assert not any(answer.done() for answer in waiting)
        await turns()
        for answer in waiting:
            assert isinstance(answer.exception(), KafkaConnectionError)
        assert not one.connection.connected()
        assert one.wire.closed


@pytest.mark.parametrize("size", [-1, -4, -5, -(2**31)])
async def test_a_negative_size_is_no_empty_token(size: int) -> None:
    async with scene() as one:
        token = one.waiting(None)
        one.protocol.data_received(struct.pack(">i", size))
        await turns()
        assert isinstance(token.exception(), KafkaConnectionError)
        assert not one.connection.connected()


async def test_an_answer_that_nobody_asked_for_closes_the_connection() -> None:
    async with scene() as one:
        asked_for = one.waiting(1)
        one.protocol.data_received(beat(1, 27) + beat(2))
        late = one.waiting(2)  # sent before the connection has been told
        one.protocol.data_received(beat(2))
        await turns()
        assert asked_for.result() == HeartbeatResponse_v1(0, 27)
        assert isinstance(late.exception(), KafkaConnectionError)
        assert not one.connection.connected()


async def test_the_end_of_a_lost_connection_is_told_once() -> None:
    told: list[Any] = []
    async with scene(lambda *given: told.append(given)) as one:
        waiting = one.waiting(1)
        one.protocol.eof_received()
        one.protocol.connection_lost(None)
        await turns()
        assert isinstance(waiting.exception(), KafkaConnectionError)
        assert isinstance(waiting.exception().__cause__, EOFError)  # type: ignore[union-attr]
        assert [connection for connection, _ in told] == [one.connection]
        assert one.connection._closed_fut.done()


async def test_nothing_is_handed_on_after_a_close_within_the_same_bytes() -> None:
    later: list[asyncio.Future[Any]] = []

    def closed(*_: object) -> None:
        later.append(one.waiting(2))  # whom the next answer would be for, if there were one

    async with scene(closed) as one:
        first = one.waiting(1)
        one.protocol.data_received(beat(9) + beat(2))
        one.protocol.data_received(beat(2))
        await turns()
        assert isinstance(first.exception(), CorrelationIdError)
        assert [answer.done() for answer in later] == [False]


async def test_nothing_is_handed_on_after_a_close_by_the_client() -> None:
    async with scene() as one:
        waiting = one.waiting(1)
        one.connection.close()
        later = one.waiting(1)
        one.protocol.data_received(beat(1))
        one.protocol.eof_received()
        one.protocol.connection_lost(None)
        await turns()
        assert isinstance(waiting.exception(), KafkaConnectionError)
        assert not later.done()


@pytest.mark.parametrize("request_", [HEARTBEAT, EndTxnRequest("id", 5, 6, True, {})], ids=["plain", "flexible"])
async def test_the_answer_of_a_cancelled_request_is_dropped(request_: Any) -> None:
    async with scene() as one:
        left, taken = one.waiting(1, request_), one.waiting(2)
        left.cancel()
        tags = b"\0" if request_.FLEXIBLE_VERSION else b""
        one.protocol.data_received(framed(struct.pack(">i", 1) + tags + b"never looked at") + beat(2, 22))
        await turns()
        assert left.cancelled()
        assert taken.result() == HeartbeatResponse_v1(0, 22)
        assert not one.connection._requests
        assert one.connection.connected()


@pytest.fixture
def untouched() -> Iterator[None]:
    """aiokafka's own at the begin, and put back afterwards."""
    with (
        mock.patch.object(conn, "AIOKafkaProtocol", AIOKafkaProtocol),
        mock.patch.object(AIOKafkaConnection, "_create_reader_task", OWN_READER),
    ):
        yield


@pytest.mark.usefixtures("untouched")
def test_another_version_keeps_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pinned, "version", lambda _: "0.15.0")
    assert not frames.install()
    assert conn.AIOKafkaProtocol is AIOKafkaProtocol
    assert AIOKafkaConnection._create_reader_task is OWN_READER


@pytest.mark.usefixtures("untouched")
async def test_a_connection_over_a_socket_and_its_end() -> None:
    assert frames.install()
    for end in (FakeBroker.hang_up, FakeBroker.reset):
        closed = asyncio.Event()
        records = random.Random(1).randbytes(300_000)  # comes in pieces
        fetched = FetchResponse_v11(0, 0, 0, [("ticks", [(0, 0, 9, 9, 0, [], -1, records)])])
        async with asyncio.timeout(DEADLINE), FakeBroker() as broker:
            healthy([broker], {"ticks": 1})
            broker.on(Api.API_VERSIONS, versions)
            broker.on(Api.FETCH, lambda _, answer=fetched: answer)  # type: ignore[misc]
            broker.on(Api.HEARTBEAT, lambda _: HeartbeatResponse_v1(0, 27))
            connection: Any = await create_conn(broker.host, broker.port, on_close=lambda *_, to=closed: to.set())
            try:
                assert type(connection._protocol) is FramesProtocol
                assert isinstance(connection._read_task, asyncio.Future)
                assert not isinstance(connection._read_task, asyncio.Task)
                given = FetchRequest_v11(-1, 20, 1, 99, 0, 0, -1, [("ticks", [])], [], "")
                fetch = connection.send(mock.Mock(prepare=lambda _, built=given: built))
                heartbeat = connection.send(HeartbeatRequest("group", 3, "me"))
                assert await fetch == fetched
                assert await heartbeat == HeartbeatResponse_v1(0, 27)
                asking = asyncio.Event()
                broker.on(Api.HEARTBEAT, unanswered(asking))
                left = asyncio.ensure_future(connection.send(HeartbeatRequest("group", 3, "me")))
                await asking.wait()
                end(broker)
                await closed.wait()
                with pytest.raises(KafkaConnectionError):
                    await left
                assert not connection.connected()
            finally:
                await connection.close()


def unanswered(asking: asyncio.Event) -> Callable[[Any], Answer]:
    """A handler that tells of a request, and leaves it without an answer."""

    def handler(_: Any) -> Answer:
        asking.set()
        return None

    return handler
