"""Who leads, and where a log begins and ends: of several brokers the newest election counts, and no code is an end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaConnectionError, KafkaError, KafkaTimeoutError
from aiokafka.protocol.fetch import FetchResponse_v4

from tests.contract.coordinated import CODES, COMMON, FENCES, FIND, LOST, NO_ANSWERS, RETRY, ROWS, TP, flexible, is_as
from tests.support import fake_schemas as schemas
from tests.support.fake_answers import Topic, broken, cluster, healthy, sequence
from tests.support.fake_broker import Answer, Api, Asked, FakeBroker, Handler
from worker.errors import NotPermitted
from worker.kafka import leaders as leaders_module
from worker.kafka.leaders import Leaders
from worker.kafka.protocol.fetching import Fetched
from worker.kafka.protocol.log_ends import AtTime, EpochEndResponse, ListOffsetsRequest, ListOffsetsResponse
from worker.kafka.protocol.metadata import Leader
from worker.kafka.protocol.strict import Unclear
from worker.kafka.seams import hardening

FENCED_EPOCH, UNKNOWN_EPOCH = 74, 75
OURS = 12  # version of Metadata that is not the client's
OLD, NEW = bytes(15) + b"\1", bytes(15) + b"\2"
FOUND_ANEW = [3, 5, 6, 9, 56, 74, 75]
HANDLED = {
    **COMMON,
    **FENCES,
    **dict.fromkeys([7, 15, 16], RETRY),
    **dict.fromkeys(FOUND_ANEW, FIND),
}


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaders_module, "PATIENCE", 1.0)
    monkeypatch.setattr(leaders_module, "GRACE", 0.1)
    monkeypatch.setattr(leaders_module, "LONG_GRACE", 0.4)


class Brokers:
    def __init__(self, each: list[FakeBroker], client: AIOKafkaClient) -> None:
        self.each, self.leaders = each, Leaders(client)

    def count(self, api: Api) -> list[int]:
        return [broker.count[api] for broker in self.each]

    def clear(self) -> None:
        for broker in self.each:
            broker.count.clear()
        self.leaders._known.clear()


@asynccontextmanager
async def asked(number: int, request_ms: int = 2_000) -> AsyncIterator[Brokers]:
    assert hardening.install()
    brokers = [FakeBroker(node) for node in range(1, number + 1)]
    for broker in brokers:
        await broker.__aenter__()
    healthy(brokers, {TP.topic: 1})
    client = AIOKafkaClient(bootstrap_servers=brokers[0].bootstrap, request_timeout_ms=request_ms)
    try:
        await client.bootstrap()
        yield Brokers(brokers, client)
    finally:
        await client.close()
        for broker in brokers:
            await broker.__aexit__(None, None, None)


def leads(brokers: Brokers, teller: int, leader: int, epoch: int, identity: bytes = OLD) -> None:
    """Let the broker `teller` name a leader."""
    told = Topic({0: (0 if leader >= 0 else 5, leader)}, 0, identity, epoch)
    brokers.each[teller - 1].on(Api.METADATA, cluster(brokers.each, {TP.topic: told}))


def log_of(epoch: int, end: int, start: int = 0) -> Handler:
    """ListOffsets of a broker that believes to lead since the election `epoch`."""

    def handler(asked: Asked) -> Answer:
        ((topic, ((partition, current, at),)),) = asked.read(ListOffsetsRequest).topics  # type: ignore[attr-defined]
        code = 0 if current == epoch else FENCED_EPOCH if current < epoch else UNKNOWN_EPOCH
        return ListOffsetsResponse(0, [(topic, [(partition, code, -1, start if at == -2 else end, epoch)])])

    return handler


async def test_the_newest_election_counts_and_no_leader_of_former_times() -> None:
    async with asked(3) as brokers:
        zombie, leader, _ = brokers.each
        leads(brokers, 1, 1, 4)
        leads(brokers, 2, 2, 5)
        leads(brokers, 3, 2, 5)
        zombie.on(Api.LIST_OFFSETS, log_of(4, 2))
        leader.on(Api.LIST_OFFSETS, log_of(5, 4))
        assert await brokers.leaders.end(TP) == 4
        assert await brokers.leaders.first(TP) == 0
        assert brokers.count(Api.LIST_OFFSETS) == [0, 2, 0]
        assert brokers.count(Api.METADATA)[1] == 1, "what is known is not asked again"


async def test_a_leader_of_former_times_refuses_the_epoch_of_the_next() -> None:
    async with asked(2) as brokers:
        zombie, leader = brokers.each
        for teller in (1, 2):
            leads(brokers, teller, 1, 5)  # the new epoch, and still the old node
        zombie.on(Api.LIST_OFFSETS, log_of(4, 2))
        leader.on(Api.LIST_OFFSETS, log_of(5, 4))
        asking = asyncio.ensure_future(brokers.leaders.end(TP))
        while not zombie.count[Api.LIST_OFFSETS]:
            await asyncio.sleep(0)
        for teller in (1, 2):
            leads(brokers, teller, 2, 5)
        assert await asking == 4


async def test_an_election_that_has_gone_on_is_found() -> None:
    async with asked(2) as brokers:
        for teller in (1, 2):
            leads(brokers, teller, 1, 4)
        brokers.each[0].on(Api.LIST_OFFSETS, log_of(4, 2))
        assert await brokers.leaders.end(TP) == 2
        for teller in (1, 2):
            leads(brokers, teller, 1, 6)
        brokers.each[0].on(Api.LIST_OFFSETS, log_of(6, 3))
        assert await brokers.leaders.end(TP) == 3


@pytest.mark.parametrize("number", [2, 3])
async def test_one_silent_broker_does_not_hold_the_answer_up(number: int) -> None:
    async with asked(number, request_ms=10_000) as brokers:
        brokers.each[-1].on(Api.METADATA, lambda _: None)
        since = time.monotonic()
        assert (await brokers.leaders.topics([TP.topic]))[TP.topic].leaders[0].node == 1
        assert time.monotonic() - since < 1.0


async def test_one_broker_that_answers_nonsense_does_not_spoil_the_answer() -> None:
    async with asked(3) as brokers:
        for wrong in (b"\xff" * 3, schemas.MetadataResponse12(0, [], "c", 1, None, {}), b""):
            brokers.each[-1].on(Api.METADATA, lambda _, a=wrong: a)  # type: ignore[misc]
            assert (await brokers.leaders.topics([TP.topic]))[TP.topic].leaders[0] == Leader(1, 0, 1, 1)


async def test_most_brokers_decide_which_topic_it_is() -> None:
    async with asked(3) as brokers:
        leads(brokers, 1, 1, 9, OLD)  # a broker that has slept through the deletion: its election number is higher
        leads(brokers, 2, 2, 0, NEW)
        leads(brokers, 3, 2, 0, NEW)
        found = (await brokers.leaders.topics([TP.topic]))[TP.topic]
        assert (found.id, found.leaders[0].node) == (2, 2)


async def test_brokers_that_disagree_by_halves_decide_nothing() -> None:
    async with asked(2) as brokers:
        leads(brokers, 1, 1, 0, OLD)
        leads(brokers, 2, 2, 0, NEW)
        with pytest.raises(Unclear, match="as many brokers"):
            await brokers.leaders.topics([TP.topic])
        with pytest.raises(KafkaTimeoutError):
            await brokers.leaders.end(TP)
        leads(brokers, 1, 2, 0, NEW)
        brokers.each[1].on(Api.LIST_OFFSETS, log_of(0, 7))
        assert await brokers.leaders.end(TP) == 7


@pytest.mark.parametrize("tellers", [(1, 2), (2, 1)])
async def test_a_broker_that_knows_the_leader_knows_more_than_one_that_knows_none(tellers: tuple[int, int]) -> None:
    async with asked(2) as brokers:
        leads(brokers, tellers[0], -1, 5)
        leads(brokers, tellers[1], 2, 5)
        assert (await brokers.leaders.topics([TP.topic]))[TP.topic].leaders[0].node == 2
        leads(brokers, tellers[0], -1, 6)  # a later election: nobody could be elected
        assert (await brokers.leaders.topics([TP.topic]))[TP.topic].leaders[0].node == -1


async def test_a_partition_that_finds_no_leader_ends_with_a_sentence() -> None:
    async with asked(2) as brokers:
        for teller in (1, 2):
            leads(brokers, teller, -1, 5)
        since = time.monotonic()
        with pytest.raises(KafkaTimeoutError, match=r"no leader of t partition 0 answers within 1 s: .*has no leader"):
            await brokers.leaders.end(TP)
        assert time.monotonic() - since < 2.0
        assert is_as(KafkaTimeoutError(), LOST)


# -- codes


def offsets_5(topics: list[Any] | None) -> Answer:
    return ListOffsetsResponse(0, None if topics is None else [each[:2] for each in topics])


def epoch_ends(topics: list[Any] | None) -> Answer:
    return EpochEndResponse(0, topics, {})


def offset_row(partition: int, code: int) -> Any:
    return partition, code, -1, -1 if code else 7, 0


def epoch_row(partition: int, code: int) -> Any:
    return code, partition, 0, -1 if code else 7, {}


def fetches(topics: list[Any] | None) -> Answer:
    return FetchResponse_v4(0, None if topics is None else [each[:2] for each in topics])


def fetch_row(partition: int, code: int) -> Any:
    return partition, code, 9, 9, [(5, 1)], b"" if code else b"data"


async def records(leaders: Leaders) -> int:
    assert await leaders.records(TP, 3) == Fetched([(5, 1)], b"data")
    return 7


async def at_time(leaders: Leaders) -> int:
    found = await leaders.at_time(TP, 1_700_000_000_000)
    assert found == AtTime(7, -1)
    return found.offset


Ask = Callable[[Leaders], Awaitable[int]]
QUESTIONS: dict[str, tuple[Api, Ask, Callable[[list[Any] | None], Answer], Callable[[int, int], Any]]] = {
    "Fetch": (Api.FETCH, records, fetches, fetch_row),
    "ListOffsets first": (Api.LIST_OFFSETS, lambda of: of.first(TP), offsets_5, offset_row),
    "ListOffsets end": (Api.LIST_OFFSETS, lambda of: of.end(TP), offsets_5, offset_row),
    "ListOffsets time": (Api.LIST_OFFSETS, at_time, offsets_5, offset_row),
    "OffsetForLeaderEpoch": (Api.OFFSET_FOR_LEADER_EPOCH, lambda of: of.epoch_end(TP, 0), epoch_ends, epoch_row),
}


@pytest.fixture(params=QUESTIONS)
def question(request: pytest.FixtureRequest) -> Any:
    return QUESTIONS[request.param]


async def test_each_code_is_asked_again_or_an_error_and_never_an_end(question: Any) -> None:
    api, ask, told, row = question
    async with asked(1) as brokers:
        (broker,) = brokers.each
        right = told(flexible([row(0, 0)]))
        for code in CODES:
            brokers.clear()
            wrong = told(flexible([row(0, code)]))
            broker.on(api, sequence(lambda _, a=wrong: a, lambda _, a=right: a))  # type: ignore[misc]
            expected = HANDLED.get(code, LOST)
            if expected in (RETRY, FIND):
                assert await ask(brokers.leaders) == 7
                assert broker.count[api] == 2, code
                assert broker.count[Api.METADATA] == (2 if expected is FIND else 1), code
            else:
                with pytest.raises(KafkaError) as raised:
                    await ask(brokers.leaders)
                assert is_as(raised.value, expected), (code, raised.value)
                assert broker.count[api] == 1, code


async def test_an_answer_about_something_else_is_no_end(question: Any) -> None:
    api, ask, told, row = question
    async with asked(1) as brokers:
        (broker,) = brokers.each
        right = told(flexible([row(0, 0)]))
        for what, rows in ROWS.items():
            brokers.clear()
            wrong = told(rows(row))
            broker.on(api, sequence(lambda _, a=wrong: a, lambda _, a=right: a))  # type: ignore[misc]
            assert await ask(brokers.leaders) == 7
            assert broker.count[api] == 2, what


@pytest.mark.parametrize("what", NO_ANSWERS)
async def test_what_is_no_answer_is_asked_for_again(question: Any, what: str) -> None:
    api, ask, told, row = question
    async with asked(1, request_ms=150) as brokers:
        (broker,) = brokers.each
        right = told(flexible([row(0, 0)]))
        broker.on(api, sequence(NO_ANSWERS[what], lambda _: right))
        assert await ask(brokers.leaders) == 7
        assert broker.count[api] == 2


async def test_an_end_that_is_not_known_is_none() -> None:
    async with asked(1) as brokers:
        (broker,) = brokers.each
        broker.on(
            Api.LIST_OFFSETS,
            sequence(
                lambda _: offsets_5([(TP.topic, [(0, 0, -1, -1, 0)])]),
                lambda _: offsets_5(flexible([(0, 0, -1, 7, 0)])),
            ),
        )
        assert await brokers.leaders.end(TP) == 7


async def test_each_code_of_metadata_is_asked_again_or_an_error_and_never_a_leader() -> None:
    async with asked(1) as brokers:
        (broker,) = brokers.each
        healthy_one = broker.handler(Api.METADATA)
        broker.on(Api.LIST_OFFSETS, log_of(0, 7))
        for code in CODES:
            brokers.clear()
            broker.on(Api.METADATA, sequence(cluster([broker], {TP.topic: broken(code)}), healthy_one))
            expected = {**HANDLED, 7: FIND, 15: FIND, 16: FIND}.get(code, LOST)
            if expected in (RETRY, FIND):
                assert await brokers.leaders.end(TP) == 7, code
                assert broker.count[Api.METADATA] == 2, code
            else:
                with pytest.raises(KafkaError) as raised:
                    await brokers.leaders.end(TP)
                assert is_as(raised.value, expected), (code, raised.value)
            brokers.clear()
            of_partition = Topic({0: (code, 1)})
            broker.on(Api.METADATA, sequence(cluster([broker], {TP.topic: of_partition}), healthy_one))
            assert await brokers.leaders.end(TP) == 7, code
            assert broker.count[Api.METADATA] == 2, code


async def test_one_broker_that_knows_a_topic_is_enough() -> None:
    async with asked(3) as brokers:
        for code in (3, 5, 29, -1):
            for broker in brokers.each[1:]:
                broker.on(Api.METADATA, cluster(brokers.each, {TP.topic: broken(code)}))
            assert (await brokers.leaders.topics([TP.topic]))[TP.topic].error_code == 0
        for broker in brokers.each:
            broker.on(Api.METADATA, cluster(brokers.each, {TP.topic: broken(29)}))
        brokers.clear()
        with pytest.raises(KafkaError) as raised:
            await brokers.leaders.end(TP)
        assert is_as(raised.value, NotPermitted)


PARTITION: Any = (0, 0, 1, 0, [1], [1], [], {})
METADATA_ROWS: dict[str, list[Any] | None] = {
    "null topics": None,
    "no topics": [],
    "null partitions": [(0, TP.topic, OLD, False, None, 0, {})],
    "no partitions": [(0, TP.topic, OLD, False, [], 0, {})],
    "another topic": [(0, "u", OLD, False, [PARTITION], 0, {})],
    "a foreign one beside it": [(0, name, OLD, False, [PARTITION], 0, {}) for name in (TP.topic, "u")],
    "twice": 2 * [(0, TP.topic, OLD, False, [PARTITION], 0, {})],
}


@pytest.mark.parametrize("what", METADATA_ROWS)
async def test_metadata_about_something_else_name_no_leader(what: str) -> None:
    async with asked(1) as brokers:
        (broker,) = brokers.each
        broker.on(Api.LIST_OFFSETS, log_of(0, 7))
        nodes: list[Any] = [(broker.node, broker.host, broker.port, None, {})]
        wrong = schemas.MetadataResponse12(0, nodes, "c", 1, METADATA_ROWS[what], {})
        good, versions = broker.handler(Api.METADATA), []
        ours = sequence(lambda _: wrong, good)

        def metadata(asked: Asked) -> Any:
            versions.append(asked.version)
            return ours(asked) if asked.version >= OURS else good(asked)

        broker.on(Api.METADATA, metadata)
        assert await brokers.leaders.end(TP) == 7
        assert sum(version >= OURS for version in versions) == 2


async def test_asking_for_a_topic_makes_none() -> None:
    async with asked(1) as brokers:
        (broker,) = brokers.each
        good, creations = broker.handler(Api.METADATA), []

        def remembered(asked: Asked) -> Any:
            request: Any = asked.read(schemas.MetadataRequest12)
            creations.append(request.allow_auto_topic_creation)
            return good(asked)

        broker.on(Api.METADATA, remembered)
        await brokers.leaders.topics([TP.topic])
        assert creations == [False]


async def test_without_brokers_there_is_an_error() -> None:
    async with asked(2, request_ms=200) as brokers:
        for broker in brokers.each:
            broker.on(Api.METADATA, NO_ANSWERS["a closed connection"])
        with pytest.raises(KafkaConnectionError):
            await brokers.leaders.topics([TP.topic])
