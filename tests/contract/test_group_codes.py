"""Every error code at each request of a member: it is tried again, joined anew, or ends with a sentence and its code.

None of them is a traceback, and none ends a worker with exit 1.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer.group_coordinator import CoordinatorGroupRebalance, GroupCoordinator
from aiokafka.coordinator.protocol import ConsumerProtocol
from aiokafka.errors import KafkaError
from aiokafka.protocol import group as group_protocol

from tests.chaos.catalogue import fault
from tests.support.fake_answers import broken, cluster, coordinator, fetched, healthy, sequence
from tests.support.fake_broker import Api, FakeBroker
from tests.support.fake_group import MEMBER, FakeGroup
from worker.errors import AlphapulseError, Exit
from worker.kafka.seams import hardening, joining, metadata, stop_consumer, watch
from worker.kafka.seams.assignor import sticky_assignor
from worker.settings import ProcessingSettings, Settings, TopicSettings
from worker.stream import polling as polling_module
from worker.stream.polling import Polling

pytestmark = fault("F51")

T = "t"
ALL = [(T, [0, 1, 2, 3])]
THE_THREE = [Api.JOIN_GROUP, Api.SYNC_GROUP, Api.HEARTBEAT]
ENDS = {
    23: Exit.CONFIG,
    24: Exit.CONFIG,
    26: Exit.CONFIG,
    30: Exit.NO_PERMISSION,
    81: Exit.CONFIG,
    82: Exit.TEMPORARY,
}
KEEPS_ITS_ID = {7, 14, 15, 16, 27}  # it asks again, or looks the coordinator up
LEAVES = {-1, 42, 69, 87, 100, 120}  # whatever the code means: the member leaves, and another joins
SETTINGS = Settings(topics=TopicSettings(ticks=T), processing=ProcessingSettings(group="g", group_instance_id="one"))


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """After an error another consumer joins at once, not after a second."""
    monkeypatch.setattr(polling_module, "MOST", 0.01)


@asynccontextmanager
async def polled(broker: FakeBroker) -> AsyncIterator[tuple[AIOKafkaConsumer, Polling]]:
    assert hardening.install()
    consumer = AIOKafkaConsumer(
        T,
        bootstrap_servers=broker.bootstrap,
        group_id="g",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        heartbeat_interval_ms=20,
        retry_backoff_ms=10,
        partition_assignment_strategy=(sticky_assignor(),),
    )
    try:
        yield consumer, Polling(consumer, SETTINGS)
    finally:
        tasks = watch.tasks(consumer).values()
        await stop_consumer(consumer, 5.0)
        unasked = [task for task in tasks if getattr(task, "_log_traceback")]  # noqa: B009
        assert not unasked, "asyncio will report their errors when they are forgotten"


async def for_ever(start: Callable[[], Awaitable[Any]], poll: Callable[[], Awaitable[Any]]) -> None:
    async with asyncio.timeout(5):
        await start()
        while True:
            await poll()


async def works_again(broker: FakeBroker, group: FakeGroup, api: Api, code: int) -> None:
    """Poll until the code has been answered and all is assigned, by the same consumer."""
    async with polled(broker) as (consumer, polling):
        group.then(api, code)
        await polling.start()
        async with asyncio.timeout(5):
            while group.waiting or len(consumer.assignment()) != 4 or broker.count[Api.HEARTBEAT] < 3:
                assert not polling.over
                await polling.poll([], 0.01, set())
        assert group.assigned[-1] == ALL


@pytest.mark.parametrize("api", THE_THREE)
@pytest.mark.parametrize("code", sorted(KEEPS_ITS_ID | LEAVES | {22, 25}))
async def test_a_member_comes_back_by_itself(api: Api, code: int) -> None:
    async with FakeBroker() as broker:
        healthy([broker], {T: 4})
        group = FakeGroup(broker)
        looked_up = 2 if code in (15, 16) else 1
        await works_again(broker, group, api, code)
        assert broker.count[Api.FIND_COORDINATOR] == looked_up
        if api is not Api.JOIN_GROUP:  # at the first join it has no id yet
            again = [MEMBER] if code in KEEPS_ITS_ID else [""]
            assert group.joined_as[1:] in (again, []) if api is Api.HEARTBEAT else group.joined_as[1:] == again
            assert (broker.count[Api.LEAVE_GROUP] == 2) == (code in LEAVES)  # the other is the end of the test


@pytest.mark.parametrize("api", THE_THREE)
@pytest.mark.parametrize("code", sorted(ENDS))
async def test_what_no_member_can_mend_ends_with_a_sentence(api: Api, code: int) -> None:
    async with FakeBroker() as broker:
        healthy([broker], {T: 4})
        FakeGroup(broker, {api: [code] * 50})
        async with polled(broker) as (_, polling):
            with pytest.raises(AlphapulseError) as ended:
                await for_ever(polling.start, lambda: polling.poll([], 0.01, set()))
            assert ended.value.exit_code == ENDS[code]
            assert "group" in ended.value.message or "session_timeout_ms" in ended.value.message
            assert ended.value.fix
            if code == 82:
                assert "same instance id 'one'" in ended.value.message


async def test_a_member_id_is_asked_for_once_and_not_in_a_loop() -> None:
    async with FakeBroker() as broker:
        healthy([broker], {T: 4})
        group = FakeGroup(broker, {Api.JOIN_GROUP: [79]})
        await works_again(broker, group, Api.HEARTBEAT, 0)
        assert group.joined_as == ["", MEMBER]
    async with FakeBroker() as broker:
        healthy([broker], {T: 4})
        group = FakeGroup(broker, {Api.JOIN_GROUP: [79] * 6})
        await works_again(broker, group, Api.HEARTBEAT, 0)
        assert group.joined_as == ["", MEMBER] * 3 + [""]


@pytest.mark.parametrize("code", [-1, 7, 14, 15, 16, 42, 100])
async def test_a_look_up_is_tried_again(code: int) -> None:
    async with FakeBroker() as broker:
        healthy([broker], {T: 4})
        group = FakeGroup(broker)
        answers = [code, code, 0]
        broker.on(Api.FIND_COORDINATOR, lambda asked: coordinator(broker, answers.pop(0) if answers else 0)(asked))
        await works_again(broker, group, Api.HEARTBEAT, 0)
        assert not answers


def _joined(members: Any, protocol: str = "sticky") -> Any:
    return lambda _: group_protocol.JoinGroupResponse_v5(0, 0, 1, protocol, MEMBER, MEMBER, members)


def _synced(assignment: bytes | None) -> Any:
    return lambda _: group_protocol.SyncGroupResponse_v3(0, 0, assignment)


FOREIGN = ConsumerProtocol.ASSIGNMENT(0, [("other", [0])], b"").encode()
NONSENSE: dict[str, tuple[Api, Any]] = {
    "no members": (Api.JOIN_GROUP, _joined(None)),
    "members that can't be read": (Api.JOIN_GROUP, _joined([(MEMBER, None, b"\xff")])),
    "an unknown protocol": (Api.JOIN_GROUP, _joined([], "range")),
    "no assignment": (Api.SYNC_GROUP, _synced(None)),
    "an empty assignment": (Api.SYNC_GROUP, _synced(b"")),
    "an assignment that can't be read": (Api.SYNC_GROUP, _synced(b"\xff")),
    "a foreign topic": (Api.SYNC_GROUP, _synced(FOREIGN)),
    "bytes that can't be read": (Api.JOIN_GROUP, lambda _: b"\xff"),
    "bytes that can't be read as a heartbeat": (Api.HEARTBEAT, lambda _: b"\xff"),
}


@pytest.mark.parametrize("what", NONSENSE)
async def test_an_answer_without_sense_ends_the_membership_at_most(what: str) -> None:
    """The next consumer, or the same, joins anew: no traceback, nothing is assigned."""
    async with FakeBroker() as broker:
        healthy([broker], {T: 4})
        group = FakeGroup(broker)
        api, answer = NONSENSE[what]
        broker.on(api, sequence(answer, broker.handler(api)))
        async with asyncio.timeout(10):
            while group.assigned[-1:] != [ALL] or broker.count[Api.HEARTBEAT] < 3:
                async with polled(broker) as (consumer, polling):
                    await polling.start()
                    while not polling.over and (len(consumer.assignment()) != 4 or broker.count[Api.HEARTBEAT] < 3):
                        await polling.poll([], 0.01, set())


async def test_an_input_that_was_deleted_ends_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "FORGOTTEN", 0.2)
    monkeypatch.setattr(joining, "KNOWN_WITHIN", 0.2)
    async with FakeBroker() as broker:
        healthy([broker], {T: 4})
        FakeGroup(broker)
        async with polled(broker) as (_, polling):
            await polling.start()
            broker.on(Api.METADATA, cluster([broker], {T: broken(3)}))
            broker.on(Api.FETCH, fetched(codes={TopicPartition(T, p): 3 for p in range(4)}))
            with pytest.raises(AlphapulseError, match="the topic t no longer exists") as ended:
                await for_ever(lambda: asyncio.sleep(0), lambda: polling.poll([], 0.01, set()))
            assert ended.value.exit_code == Exit.CONFIG


async def test_refused_requests_come_ever_more_rarely() -> None:
    async with FakeBroker() as broker:
        healthy([broker], {T: 4})
        FakeGroup(broker, {Api.JOIN_GROUP: [14] * 1000})
        async with polled(broker) as (_, polling):
            starting = asyncio.ensure_future(polling.start())
            await asyncio.wait({starting}, timeout=1.0)
            starting.cancel()
        assert 4 <= broker.count[Api.JOIN_GROUP] <= 10


@pytest.mark.parametrize(("api", "code"), [(Api.JOIN_GROUP, 27), (Api.SYNC_GROUP, 14), (Api.HEARTBEAT, 7)])
async def test_aiokafka_itself_ends_with_a_bare_error(monkeypatch: pytest.MonkeyPatch, api: Api, code: int) -> None:
    """Where this fails, a newer aiokafka may have mended it: look whether the seam is still needed."""
    async with FakeBroker() as broker:
        healthy([broker], {T: 4})
        FakeGroup(broker, {api: [code]})
        async with polled(broker) as (consumer, _):
            monkeypatch.setattr(GroupCoordinator, "_send_req", joining._send)
            monkeypatch.setattr(GroupCoordinator, "_do_heartbeat", joining._heartbeat)
            monkeypatch.setattr(CoordinatorGroupRebalance, "perform_group_join", joining._join)
            with pytest.raises(KafkaError) as bare:
                await for_ever(consumer.start, lambda: consumer.getmany(timeout_ms=10))
            assert type(bare.value) is KafkaError


def test_the_seam_fits() -> None:
    settings: Any = (GroupCoordinator._send_req, CoordinatorGroupRebalance._on_join_leader)
    assert settings == (joining.send_req, joining.on_join_leader)
