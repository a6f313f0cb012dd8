"""Questions about groups and topics: no code, null, missing or foreign entry means "nothing"; all end in sentences."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.client import AIOKafkaClient
from aiokafka.coordinator.protocol import ConsumerProtocol
from aiokafka.errors import NoError
from aiokafka.protocol import admin, coordination, metadata

from tests.chaos.catalogue import fault
from tests.support import fake_answers as answers
from tests.support.fake_answers import Topic, broken, cluster, healthy, sequence, topic
from tests.support.fake_broker import Api, Asked, FakeBroker, Handler, HangUp
from worker.errors import BrokerUnavailable, ConfigError, Exit, NotPermitted, TryAgain
from worker.kafka import asking
from worker.kafka.asking import certain
from worker.kafka.asking import topics as topics_module
from worker.kafka.asking.messages import DescribeGroupsResponse

pytestmark = fault("F51")

T_co = TypeVar("T_co")
GROUP, T, U = "g", "t", "u"
SOON = 0.4  # seconds for a question that is never answered
DENIED_GROUP, DENIED_TOPIC, DENIED_CLUSTER = 30, 29, 31
CODES = [code for code in range(-1, 121) if code]


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask again at once, and give up soon."""
    monkeypatch.setattr(certain, "LEAST", 0.001)
    monkeypatch.setattr(topics_module, "SECONDS", SOON)
    monkeypatch.setattr(topics_module, "ALONE", 0.1)


@asynccontextmanager
async def asked(*brokers: FakeBroker) -> AsyncIterator[AIOKafkaClient]:
    client = AIOKafkaClient(bootstrap_servers=brokers[0].bootstrap, request_timeout_ms=1000)
    await client.bootstrap()
    try:
        yield client
    finally:
        await client.close()


async def asked_again(
    broker: FakeBroker, api: Api, bad: Handler, good: Handler, question: Callable[[], Awaitable[T_co]]
) -> T_co:
    """What a question finds whose first answer is bad: not before a second one."""
    broker.on(api, sequence(bad, good))
    before = broker.count[api]
    found = await question()
    assert broker.count[api] == before + 2
    return found


# -- groups


def told_of_group(rows: Callable[[str], list[Any] | None]) -> Callable[[Asked], Any]:
    return lambda asked: DescribeGroupsResponse(0, rows(GROUP))


ROW: tuple[Any, ...] = (0, GROUP, "Stable", "consumer", "", [("m", "i", "c", "/h", b"", b"")], 0)
OTHER: tuple[Any, ...] = (0, "other", "Stable", "consumer", "", [], 0)


async def test_members_are_counted() -> None:
    async with FakeBroker() as broker, asked_of(broker) as client:
        broker.on(Api.DESCRIBE_GROUPS, answers.described_groups(3))
        assert await asking.members(client, GROUP) == 3
        broker.on(Api.DESCRIBE_GROUPS, answers.described_groups(0, kind="", state="Dead"))
        assert await asking.members(client, GROUP) == 0


@asynccontextmanager
async def asked_of(broker: FakeBroker) -> AsyncIterator[AIOKafkaClient]:
    healthy([broker], {T: 2, U: 2})
    async with asked(broker) as client:
        yield client


async def test_no_code_of_describe_groups_means_no_members() -> None:
    async with FakeBroker() as broker, asked_of(broker) as client:
        good = answers.described_groups(3)
        for code in CODES:
            bad = answers.described_groups(0, code)
            if code == DENIED_GROUP:
                broker.on(Api.DESCRIBE_GROUPS, bad)
                with pytest.raises(NotPermitted, match=GROUP):
                    await asking.members(client, GROUP)
                continue
            found = await asked_again(broker, Api.DESCRIBE_GROUPS, bad, good, lambda: asking.members(client, GROUP))
            assert found == 3, code
        broker.on(Api.DESCRIBE_GROUPS, answers.described_groups(0, 14))
        with pytest.raises(
            TryAgain, match=r"the group g: no certain answer within 0\.4 s \(the last: error 14 COORDINATOR_LOAD"
        ):
            await asking.members(client, GROUP, SOON)


ASSIGNED = ConsumerProtocol.ASSIGNMENT(0, [(T, [3, 1]), (U, [0])], b"").encode()
EMPTY = ConsumerProtocol.ASSIGNMENT(0, [], b"").encode()


async def test_members_are_described_with_what_they_own() -> None:
    async with FakeBroker() as broker, asked_of(broker) as client:
        broker.on(Api.DESCRIBE_GROUPS, answers.described_groups(2, assignment=ASSIGNED))
        found = await asking.describe(client, GROUP)
        assert (found.state, len(found.members)) == ("Stable", 2)
        assert found.members[1] == asking.Member("m1", None, "client", "127.0.0.1", {T: (1, 3), U: (0,)})
        assert not broker.count[Api.CONSUMER_GROUP_DESCRIBE]
        broker.on(Api.DESCRIBE_GROUPS, answers.described_groups(1, state="PreparingRebalance", assignment=ASSIGNED))
        assert (await asking.describe(client, GROUP)).members[0].assignment == {}
        broker.on(Api.DESCRIBE_GROUPS, told_of_group(lambda _: [(*ROW[:5], [("m", "i", "c", "/h", b"", EMPTY)], 0)]))
        assert (await asking.describe(client, GROUP)).members == (asking.Member("m", "i", "c", "h", {}),)
        broker.on(Api.DESCRIBE_GROUPS, answers.described_groups(0, kind="", state="Dead"))
        assert await asking.describe(client, GROUP) == asking.Group("Dead", ())
        broker.on(Api.CONSUMER_GROUP_DESCRIBE, answers.described_new_groups(0, members=1))
        with pytest.raises(ConfigError, match="KIP-848"):
            await asking.describe(client, GROUP)


async def test_no_answer_that_can_not_be_read_describes_a_group() -> None:
    async with FakeBroker() as broker, asked_of(broker) as client:
        good = answers.described_groups(1, assignment=ASSIGNED)
        for code in set(CODES) - {DENIED_GROUP}:
            bad = answers.described_groups(0, code)
            found = await asked_again(broker, Api.DESCRIBE_GROUPS, bad, good, lambda: asking.describe(client, GROUP))
            assert len(found.members) == 1, code
        for assignment in (b"\xff", ASSIGNED[:-7], b"\0" * 5):
            bad = answers.described_groups(1, assignment=assignment)
            await asked_again(broker, Api.DESCRIBE_GROUPS, bad, good, lambda: asking.describe(client, GROUP))
        for state in ("", "Unknown"):
            bad = answers.described_groups(1, state=state)
            await asked_again(broker, Api.DESCRIBE_GROUPS, bad, good, lambda: asking.describe(client, GROUP))
        for rows in (None, [], [OTHER], [ROW, ROW], [(*ROW[:5], None, 0)]):
            bad = told_of_group(lambda _, rows=rows: rows)  # type: ignore[misc]
            await asked_again(broker, Api.DESCRIBE_GROUPS, bad, good, lambda: asking.describe(client, GROUP))


@pytest.mark.parametrize("code", [14, 15, 16, 7, -1])
async def test_a_coordinator_that_has_moved_is_looked_up_again(code: int) -> None:
    async with FakeBroker() as broker, asked_of(broker) as client:
        broker.on(Api.DESCRIBE_GROUPS, sequence(answers.described_groups(0, code), answers.described_groups(2)))
        assert await asking.members(client, GROUP) == 2
        assert broker.count[Api.FIND_COORDINATOR] == 3  # one for the other question


@pytest.mark.parametrize(
    "rows",
    [None, [], [OTHER], [ROW, ROW], [ROW, OTHER], [(0, GROUP, "Stable", "consumer", "", None, 0)]],
    ids=["null", "missing", "foreign", "twice", "one too many", "null members"],
)
async def test_an_answer_about_other_groups_is_none(rows: list[Any] | None) -> None:
    async with FakeBroker() as broker, asked_of(broker) as client:
        bad, good = told_of_group(lambda _: rows), told_of_group(lambda _: [ROW])
        assert await asked_again(broker, Api.DESCRIBE_GROUPS, bad, good, lambda: asking.members(client, GROUP)) == 1


async def test_no_code_of_a_look_up_means_no_members() -> None:
    async with FakeBroker() as broker, asked_of(broker) as client:
        good = answers.coordinator(broker)
        broker.on(Api.CONSUMER_GROUP_DESCRIBE, answers.described_new_groups(0, members=1))

        async def refused() -> bool:
            try:
                await asking.refuse_new_protocol(client, GROUP)
            except ConfigError:
                return True
            return False

        for code in CODES:
            bad = answers.coordinator(broker, code)
            if code == DENIED_GROUP:
                broker.on(Api.FIND_COORDINATOR, bad)
                with pytest.raises(NotPermitted, match=GROUP):
                    await refused()
                continue
            assert await asked_again(broker, Api.FIND_COORDINATOR, bad, good, refused), code


async def test_a_coordinator_that_is_not_there_is_unavailable() -> None:
    async with FakeBroker() as broker, asked_of(broker) as client:
        nobody = coordination.FindCoordinatorResponse_v1(0, 0, None, 77, broker.host, 1)
        broker.on(Api.FIND_COORDINATOR, lambda _: nobody)
        with pytest.raises(BrokerUnavailable):
            await asking.members(client, GROUP, 0.3)
        broker.on(Api.FIND_COORDINATOR, answers.coordinator(broker))
        broker.on(Api.DESCRIBE_GROUPS, lambda _: None)  # never answers
        with pytest.raises(BrokerUnavailable):
            await asking.members(client, GROUP, 0.3)


async def test_a_group_of_the_new_protocol_is_refused_with_a_sentence() -> None:
    async with FakeBroker() as broker, asked_of(broker) as client:
        broker.on(Api.DESCRIBE_GROUPS, answers.described_groups(0))
        broker.on(Api.CONSUMER_GROUP_DESCRIBE, answers.described_new_groups(0, members=1))
        with pytest.raises(ConfigError, match="KIP-848") as refused:
            await asking.members(client, GROUP)
        assert refused.value.exit_code == Exit.CONFIG
        assert "group.consumer.migration.policy" in refused.value.fix
        broker.on(Api.CONSUMER_GROUP_DESCRIBE, answers.described_new_groups(0, members=0))
        assert await asking.members(client, GROUP) == 0  # all have left: the next classic member turns it back


async def test_no_code_of_consumer_group_describe_lets_a_fleet_join() -> None:
    async with FakeBroker() as broker, asked_of(broker) as client:
        good = answers.described_new_groups()
        for code in CODES:
            bad = answers.described_new_groups(code)
            if code in (69, 35):  # not a group of that kind; the brokers have no such groups
                broker.on(Api.CONSUMER_GROUP_DESCRIBE, bad)
                await asking.refuse_new_protocol(client, GROUP)
            elif code == DENIED_GROUP:
                broker.on(Api.CONSUMER_GROUP_DESCRIBE, bad)
                with pytest.raises(NotPermitted, match=GROUP):
                    await asking.refuse_new_protocol(client, GROUP)
            else:
                await asked_again(
                    broker,
                    Api.CONSUMER_GROUP_DESCRIBE,
                    bad,
                    good,
                    lambda: asking.refuse_new_protocol(client, GROUP),
                )


async def test_a_broker_without_the_new_protocol_has_no_such_groups() -> None:
    async with FakeBroker(versions={Api.CONSUMER_GROUP_DESCRIBE: (0, -1)}) as broker, asked_of(broker) as client:
        broker.on(Api.DESCRIBE_GROUPS, answers.described_groups(2))
        assert await asking.members(client, GROUP) == 2
        assert not broker.count[Api.CONSUMER_GROUP_DESCRIBE]


# -- topics


async def test_topics_are_described_and_none_is_made_by_asking() -> None:
    async with FakeBroker() as broker, asked_of(broker) as client:
        asked_with: list[Any] = []
        good = broker.handler(Api.METADATA)

        def remembered(asked: Asked) -> Any:
            asked_with.append(asked.read(metadata.MetadataRequest_v5))
            return good(asked)

        broker.on(Api.METADATA, remembered)
        assert await asking.find_topics(client, [T, U]) == ({T: 2, U: 2}, frozenset())
        assert [request.allow_auto_topic_creation for request in asked_with] == [False]


async def test_only_two_brokers_and_time_make_a_topic_missing() -> None:
    async with FakeBroker(1) as one, FakeBroker(2) as two:
        healthy([one, two], {T: 2})
        async with asked(one, two) as client:
            await client.force_metadata_update()
            counted = one.count[Api.METADATA], two.count[Api.METADATA]
            assert await asking.find_topics(client, [T, U], missing_after=0.3) == ({T: 2}, frozenset())
            assert one.count[Api.METADATA] > counted[0]
            assert two.count[Api.METADATA] > counted[1]
            # One broker that does not know it yet is not enough, however often it says so.
            two.on(Api.METADATA, hang_up)
            with pytest.raises((TryAgain, BrokerUnavailable)):
                await asking.find_topics(client, [U], missing_after=0.1)
            two.on(Api.METADATA, cluster([one, two], {U: topic(3)}))
            assert await asking.find_topics(client, [U], missing_after=5) == ({U: 3}, frozenset())


def hang_up(_: Asked) -> None:
    raise HangUp


@pytest.mark.parametrize("code", [5, 7, -1, 100, 3])
async def test_a_topic_that_is_known_a_moment_later_is_not_missing(code: int) -> None:
    async with FakeBroker() as broker, asked_of(broker) as client:
        broker.on(Api.METADATA, sequence(*2 * [cluster([broker], {T: broken(code)})], cluster([broker], {T: topic(2)})))
        assert await asking.find_topics(client, [T], missing_after=5) == ({T: 2}, frozenset())


@pytest.mark.parametrize("code", [5, 7, -1, 100])
async def test_no_other_code_of_metadata_means_missing(code: int) -> None:
    async with FakeBroker() as broker, asked_of(broker) as client:
        broker.on(Api.METADATA, cluster([broker], {T: broken(code)}))
        with pytest.raises(TryAgain, match=T):
            await asking.find_topics(client, [T], missing_after=0.01)


async def test_no_right_and_no_such_name_are_told_apart_from_missing() -> None:
    async with FakeBroker() as broker, asked_of(broker) as client:
        broker.on(Api.METADATA, cluster([broker], {T: broken(DENIED_TOPIC)}))
        assert await asking.find_topics(client, [T]) == ({}, frozenset({T}))
        broker.on(Api.METADATA, cluster([broker], {T: broken(17)}))
        with pytest.raises(ConfigError, match=T):
            await asking.find_topics(client, [T])


@pytest.mark.parametrize(
    "rows",
    [
        None,
        [],
        [(0, "other", False, [(0, 0, 1, [1], [1], [])])],
        2 * [(0, T, False, [(0, 0, 1, [1], [1], [])])],
        [(0, T, False, None)],
        [(0, T, False, [])],
        [(0, T, False, [(0, 1, 1, [1], [1], [])])],
    ],
    ids=["null", "missing", "foreign", "twice", "null partitions", "no partitions", "partition 0 lacking"],
)
async def test_an_answer_about_other_topics_is_none(rows: list[Any] | None) -> None:
    async with FakeBroker() as broker, asked_of(broker) as client:
        nodes = [(1, broker.host, broker.port, None)]
        bad = lambda _: metadata.MetadataResponse_v5(0, nodes, "c", 1, rows)  # noqa: E731
        good = broker.handler(Api.METADATA)
        found = await asked_again(broker, Api.METADATA, bad, good, lambda: asking.find_topics(client, [T]))
        assert found == ({T: 2}, frozenset())


async def test_partitions_without_leader_count() -> None:
    async with FakeBroker() as broker, asked_of(broker) as client:
        broker.on(Api.METADATA, cluster([broker], {T: Topic({0: (5, -1), 1: (0, 1), 2: (9, 1)})}))
        assert await asking.find_topics(client, [T]) == ({T: 3}, frozenset())


# -- settings of topics


async def test_no_code_of_describe_configs_passes_as_no_settings() -> None:
    async with FakeBroker() as broker, asked_of(broker) as client:
        told = {T: {"cleanup.policy": "delete"}, U: {"cleanup.policy": "compact"}}
        broker.on(Api.DESCRIBE_CONFIGS, answers.described_configs(told))
        assert await asking.topic_settings(client, [T, U]) == told
        good = answers.described_configs(told)
        for code in CODES:
            bad = answers.described_configs(told, {T: code})
            if code in (DENIED_TOPIC, DENIED_CLUSTER):
                broker.on(Api.DESCRIBE_CONFIGS, bad)
                assert await asking.topic_settings(client, [T, U]) == {**told, T: {}}
                continue
            found = await asked_again(
                broker, Api.DESCRIBE_CONFIGS, bad, good, lambda: asking.topic_settings(client, [T, U])
            )
            assert found == told, code


@pytest.mark.parametrize(
    "rows",
    [None, [], [(0, None, 2, "u", [])], [(0, None, 4, T, [])], 2 * [(0, None, 2, T, [])], [(0, None, 2, T, None)]],
    ids=["null", "missing", "foreign", "another kind", "twice", "null settings"],
)
async def test_an_answer_about_other_settings_is_none(rows: list[Any] | None) -> None:
    async with FakeBroker() as broker, asked_of(broker) as client:
        good = answers.described_configs({T: {"a": "b"}})
        bad = lambda _: admin.DescribeConfigsResponse_v2(0, rows)  # noqa: E731
        found = await asked_again(broker, Api.DESCRIBE_CONFIGS, bad, good, lambda: asking.topic_settings(client, [T]))
        assert found == {T: {"a": "b"}}


async def test_aiokafka_itself_believes_errors() -> None:
    """Where this fails, a newer aiokafka may have mended it: look whether our own requests are still needed."""
    async with FakeBroker() as broker:
        healthy([broker], {T: 2})
        client = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
        await client.start()
        try:
            broker.on(Api.DESCRIBE_GROUPS, answers.described_groups(0, 14))
            answer: Any
            (answer,) = await client.describe_consumer_groups([GROUP])
            assert answer.groups[0][5] == []  # no error is raised, and no members are there
            assert answer.API_VERSION == 2  # the answer to version 3 is read as one to version 2
            tp = TopicPartition(T, 0)
            broker.on(Api.OFFSET_FETCH, answers.offsets(top=14))
            assert await client.list_consumer_group_offsets(GROUP, partitions=[tp]) == {}
            broker.on(Api.OFFSET_FETCH, answers.offsets(codes={tp: 14}))
            with pytest.raises(NoError):  # the code of the whole answer, for that of a partition
                await client.list_consumer_group_offsets(GROUP, partitions=[tp])
            broker.on(Api.DESCRIBE_CONFIGS, answers.described_configs({}, {T: 3}))
            (answer,) = await client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, T)])
            assert answer.resources[0][4] == []
            seen: list[Any] = []
            broker.on(Api.METADATA, lambda asked: seen.append(asked.read(metadata.MetadataRequest_v5)))
            looking = asyncio.ensure_future(client.describe_topics([U]))
            while not seen:
                await asyncio.sleep(0.01)
            assert seen[0].allow_auto_topic_creation  # a look makes topics
            looking.cancel()
        finally:
            await client.close()
