"""Each request to a coordinator with its answers, a cluster of two fake brokers, and how codes must be handled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.protocol import transaction as former
from aiokafka.protocol.struct import Struct

from tests.support import fake_answers as answers
from tests.support.fake_answers import healthy
from tests.support.fake_broker import Answer, Api, Asked, FakeBroker, Handler, HangUp
from worker.errors import AlphapulseError, ConfigError, Exit, NotPermitted
from worker.kafka.errors import Fenced, LeftBehind, OutcomeUnknown, meaning
from worker.kafka.member_offsets import MemberOffsets
from worker.kafka.protocol.offsets import Membership, OffsetCommitResponse, Position
from worker.kafka.seams import hardening
from worker.kafka.transactions import TransactionalProducer
from worker.kafka.transactions.requests import EndTxnResponse, TxnOffsetCommitResponse

GROUP, ID = "g", "x"
TP, FOREIGN = TopicPartition("t", 0), TopicPartition("t", 9)
ME = Membership(3, "m", "one")
AT = Position(5, 2, "text")
SOON = 150  # ms for an answer
PAUSE = 1  # ms before the first repeat

RETRY, FIND = "same node", "looked up again"
LOST: Any = OutcomeUnknown
CODES = sorted({*range(-1, 121), 200} - {0})


class Kind(NamedTuple):
    """One request, its answers, and how its codes are to be handled; what `handled` does not name is `LOST`."""

    api: Api
    call: Callable[[Any], Awaitable[Any]]
    told: Callable[[list[Any] | None, int], Struct]  # answer with these topics, or with a top-level code
    row: Callable[[int, int], Any] | None  # (partition, code); None: it has no partitions
    handled: dict[int, Any]
    top: bool  # whether it has a code for the whole
    believed: Any = None  # what the call returns
    classic: bool = False  # by the former protocol


def flexible(rows: list[Any] | None) -> list[Any] | None:
    """Rows of one topic, as topics."""
    return None if rows is None else [(TP.topic, rows, {})]


async def commits(producer: TransactionalProducer) -> None:
    await begun(producer)
    await producer.send_offsets_to_transaction({TP: AT}, GROUP, ME)


async def begun(producer: TransactionalProducer) -> None:
    producer._open = False
    await producer.begin_transaction()
    producer._written = True


async def ends(producer: TransactionalProducer) -> None:
    await begun(producer)
    await producer.commit_transaction()


async def announces(producer: TransactionalProducer) -> None:
    await begun(producer)
    await producer._announce(TP)


async def starts(producer: TransactionalProducer) -> None:
    await producer.start()


COMMON = {
    **dict.fromkeys([14, 51], RETRY),
    **dict.fromkeys([7, 15, 16], FIND),
    **dict.fromkeys([2, 3, 5, 6, 9, 19, 20, 56, 74, 75, 78, 88, 89], RETRY),  # of other requests, should they come
    **dict.fromkeys([22, 25, 27], LeftBehind),
    **dict.fromkeys([29, 30, 31, 53], NotPermitted),
    **dict.fromkeys([32, 35, 50, 87], ConfigError),
    **dict.fromkeys([10, 18], Exit.DATA),
    82: Fenced,
}
FENCES = dict.fromkeys([47, 90], Fenced)

KINDS = {
    "OffsetCommit": Kind(
        Api.OFFSET_COMMIT,
        lambda offsets: offsets.commit({TP: AT}),
        lambda topics, _: OffsetCommitResponse(0, topics, {}),
        lambda partition, code: (partition, code, {}),
        COMMON | FENCES,
        top=False,
    ),
    "TxnOffsetCommit": Kind(
        Api.TXN_OFFSET_COMMIT,
        commits,
        lambda topics, _: TxnOffsetCommitResponse(0, topics, {}),
        lambda partition, code: (partition, code, {}),
        COMMON | FENCES,
        top=False,
    ),
    "InitProducerId": Kind(
        Api.INIT_PRODUCER_ID,
        starts,
        lambda _, code: former.InitProducerIdResponse_v0(0, code, -1 if code else 7, -1 if code else 0),
        None,
        COMMON,  # 47, 90: asked again by the next producer
        top=True,
    ),
    "EndTxn": Kind(
        Api.END_TXN,
        ends,
        lambda _, code: EndTxnResponse(0, code, -1 if code else 7, -1 if code else 1, {}),
        None,
        COMMON | FENCES,  # it may have ended all the same: a new membership finds out
        top=True,
    ),
    "AddPartitionsToTxn": Kind(
        Api.ADD_PARTITIONS_TO_TXN,
        announces,
        lambda topics, _: former.AddPartitionsToTxnResponse_v0(0, topics and [each[:2] for each in topics]),
        lambda partition, code: (partition, code),
        COMMON | FENCES,
        top=False,
        classic=True,
    ),
    "AddOffsetsToTxn": Kind(
        Api.ADD_OFFSETS_TO_TXN,
        commits,
        lambda _, code: former.AddOffsetsToTxnResponse_v0(0, code),
        None,
        COMMON | FENCES,
        top=True,
        classic=True,
    ),
}


class Scene:
    """Two brokers of a healthy cluster; the first coordinates, until it answers as no coordinator would."""

    def __init__(self, one: FakeBroker, two: FakeBroker) -> None:
        self.one, self.two = one, two
        self.open: list[Any] = []
        healthy([one, two], {TP.topic: 1})
        for broker in (one, two):
            broker.on(Api.OFFSET_COMMIT, told(KINDS["OffsetCommit"], good(KINDS["OffsetCommit"])))
            broker.on(Api.OFFSET_FETCH, answers.offsets({TP: (5, "text")}))
            for name in ("AddPartitionsToTxn", "AddOffsetsToTxn"):
                broker.on(KINDS[name].api, told(KINDS[name], good(KINDS[name])))

    def coordinated_by(self, broker: FakeBroker) -> None:
        for each in (self.one, self.two):
            each.on(Api.FIND_COORDINATOR, answers.coordinator(broker))

    def count(self, api: Api) -> tuple[int, int]:
        return self.one.count[api], self.two.count[api]

    def clear(self) -> None:
        self.coordinated_by(self.one)
        for broker in (self.one, self.two):
            broker.count.clear()

    @property
    def look_ups(self) -> int:
        return sum(self.count(Api.FIND_COORDINATOR))

    def options(self, request_ms: int = 2_000) -> dict[str, Any]:
        return {"bootstrap_servers": f"{self.one.bootstrap},{self.two.bootstrap}", "request_timeout_ms": request_ms}

    def producer(self, classic: bool = False, request_ms: int = 2_000) -> TransactionalProducer:
        made = TransactionalProducer(
            self.options(request_ms),
            transactional_id=ID,
            transaction_timeout_ms=5_000,
            max_batch_size=10_000,
            retry_backoff_ms=PAUSE,
            former=classic,
        )
        self.open.append(made.stop)
        return made

    async def offsets(self, request_ms: int = 2_000) -> MemberOffsets:
        client = AIOKafkaClient(**self.options(request_ms))
        self.open.append(client.close)
        await client.bootstrap()
        made = MemberOffsets(client, GROUP, lambda: ME)
        made._coordinator._first_pause = PAUSE / 1000
        return made

    async def subject(self, kind: Kind, request_ms: int = 2_000) -> Any:
        """What makes the request, ready to."""
        if kind.api is Api.OFFSET_COMMIT:
            return await self.offsets(request_ms)
        producer = self.producer(kind.classic, request_ms)
        if kind.api is not Api.INIT_PRODUCER_ID:
            await producer.start()
        return producer

    async def close(self) -> None:
        while self.open:
            await self.open.pop()()


@asynccontextmanager
async def cluster() -> AsyncIterator[Scene]:
    assert hardening.install()
    async with FakeBroker(1) as one, FakeBroker(2) as two:
        scene = Scene(one, two)
        try:
            yield scene
        finally:
            await scene.close()


def good(kind: Kind) -> Struct:
    return kind.told(flexible([kind.row(0, 0)]) if kind.row else None, 0)


def bad(kind: Kind, code: int) -> Struct:
    return kind.told(flexible([kind.row(0, code)]), 0) if kind.row else kind.told(None, code)


def told(kind: Kind, answer: Answer) -> Handler:
    return lambda _: answer


async def settled(scene: Scene, kind: Kind, wrong: Handler, request_ms: int = 2_000) -> BaseException | None:
    """How the request ends when the first broker answers it by `wrong` once; from then on the second coordinates."""
    scene.clear()
    subject = await scene.subject(kind, request_ms)
    scene.clear()

    def answer(asked: Asked) -> Any:
        scene.coordinated_by(scene.two)
        scene.one.on(kind.api, told(kind, good(kind)))
        return wrong(asked)

    scene.one.on(kind.api, answer)
    scene.two.on(kind.api, told(kind, good(kind)))
    try:
        async with asyncio.timeout(5):
            await kind.call(subject)
    except Exception as error:
        return error
    finally:
        await scene.close()
    return None


def is_as(error: BaseException | None, expected: Any) -> bool:
    assert isinstance(error, Exception), "the answer was believed"
    failure = meaning(error, "ticks")
    if isinstance(expected, int):
        return isinstance(failure, AlphapulseError) and failure.exit_code == expected
    return type(failure) is expected


ROWS: dict[str, Callable[[Any], list[Any] | None]] = {
    "null topics": lambda row: None,
    "null partitions": lambda row: [(TP.topic, None, {})],
    "no topics": lambda row: [],
    "no partitions": lambda row: [(TP.topic, [], {})],
    "another partition": lambda row: flexible([row(9, 0)]),
    "another topic": lambda row: [("u", [row(0, 0)], {})],
    "a foreign one beside it": lambda row: flexible([row(0, 0), row(9, 0)]),
    "twice": lambda row: flexible([row(0, 0), row(0, 0)]),
    "twice, once with an error": lambda row: flexible([row(0, 0), row(0, 14)]),
}


def hang_up(_: Asked) -> Answer:
    raise HangUp


NO_ANSWERS: dict[str, Handler] = {
    "bytes that are nothing": lambda _: b"\xff" * 3,
    "no bytes": lambda _: b"",
    "a closed connection": hang_up,
    "silence": lambda _: None,
}
