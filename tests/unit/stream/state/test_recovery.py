"""From what a group has committed to a state, against what else is known of the group: never less is believed.

Readers and all they ask are real; the broker serves partitions that lie in memory, and the engine counts.
"""

from __future__ import annotations

from typing import Any

import pytest
from aiokafka.errors import KafkaError
from aiokafka.protocol.fetch import FetchRequest_v4, FetchResponse_v4

from tests.support.fake_broker import Api, Asked
from tests.support.fake_logs import FETCHERS
from tests.support.world import RECORDS, forget_outputs, forget_state, refused, undisturbed, world
from worker.errors import DataError
from worker.kafka.errors import OutcomeUnknown, meaning
from worker.kafka.protocol.offsets import Position
from worker.stream.state.agreement import DOUBTS
from worker.stream.state.checkpoint import Checkpoint, Committed
from worker.stream.state.topic import StateRecords
from worker.stream.state.witness import Witness, furthest


async def test_a_group_goes_on_where_it_was() -> None:
    async with world() as w:
        found = w.work(await w.opened(), 120)
        for _ in range(3):
            w.restarted()
            state = await w.opened()
            assert state.next == w.committed.offset  # type: ignore[union-attr]
            found += w.work(state, 60)
        assert found == undisturbed()


@pytest.mark.parametrize("guarantee", ["exactly_once", "at_least_once"])
async def test_nothing_committed_is_believed_of_a_group_that_nobody_has_seen(guarantee: str) -> None:
    async with world(guarantee) as w:
        w.output.append((b"k", b"v", (("ce_id", b"ticks.raw-0-120"), ("ce_source", b"/alphapulse/another"))))
        w.output.append((b"k", b"v", (("ce_id", b"ticks.raw-01-120"), ("ce_source", b"/alphapulse/g"))))
        state = await w.opened()
        assert (state.next, state.origin) == (100, 100)


FORGOTTEN = {"nothing": [], "outputs": [forget_outputs], "state": [forget_state]}


@pytest.mark.parametrize("guarantee", ["exactly_once", "at_least_once"])
@pytest.mark.parametrize("what", FORGOTTEN)
async def test_nothing_committed_is_not_believed_beside_a_state_or_outputs(what: str, guarantee: str) -> None:
    async with world(guarantee) as w:
        w.work(await w.opened(), 120)
        for forget in FORGOTTEN[what]:
            forget(w)
        w.committed = None
        w.restarted()
        failure = await refused(w, DataError)
        assert "has committed no offset of ticks.raw partition 0" in failure.message
        told = int(failure.message.rsplit(" ", 1)[1])
        if guarantee == "exactly_once" and what != "outputs":
            assert told == 220
        elif what == "state":
            assert told == 1  # outputs may be ahead of each other: that it has worked is all they show
        else:
            assert 200 <= told <= 220  # the last that was saved


async def test_not_even_by_the_process_that_has_committed_itself() -> None:
    async with world() as w:
        w.work(await w.opened(), 120)
        forget_outputs(w)
        forget_state(w)
        w.committed = None
        failure = await refused(w, DataError)
        assert failure.message.endswith("this process shows that it has reached 220")


@pytest.mark.parametrize("guarantee", ["exactly_once", "at_least_once"])
async def test_an_offset_before_the_own_one_is_not_believed(guarantee: str) -> None:
    async with world(guarantee) as w:
        state = await w.opened()
        w.work(state, 60)
        former = w.committed
        w.work(state, 60)
        w.committed = former
        failure = await refused(w, DataError)
        assert "has committed offset 160" in failure.message
        assert failure.message.endswith("220")


async def test_an_offset_before_the_last_output_is_not_believed_exactly_once() -> None:
    async with world() as w:
        state = await w.opened()
        w.work(state, 60)
        former = w.committed
        w.work(state, 60)
        w.committed = former
        forget_state(w)
        w.restarted()
        failure = await refused(w, DataError)
        assert "but its outputs show that it has reached 220" in failure.message


async def test_at_least_once_outputs_and_snapshots_may_be_ahead() -> None:
    async with world("at_least_once") as w:
        state = await w.opened()
        first = w.work(state, 60)
        former = w.committed
        ahead = w.work(state, 60)
        w.committed = former  # the crash came before the commit
        w.restarted()
        state = await w.opened()
        assert state.next == 160
        again = w.work(state, RECORDS - 60)
        counted = {each[0]: each for each in [*first, *ahead, *again]}
        assert [counted[offset] for offset, *_ in undisturbed()] == undisturbed()
        assert {each for each in again if each[0] < 220} <= set(ahead), "what is decided again is decided alike"


async def test_doubts_end_when_another_broker_knows_better() -> None:
    async with world() as w:
        w.work(await w.opened(), 120)
        known, w.committed = w.committed, None
        for _ in range(2):
            for _ in range(DOUBTS - 1):
                with pytest.raises(OutcomeUnknown, match="has committed no offset"):
                    await w.opened()
            w.committed = known
            assert (await w.opened()).next == 220
            w.committed = None


async def test_by_on_rewind_follow_the_committed_offset_is_believed() -> None:
    async with world(on_rewind="follow") as w:
        state = await w.opened()
        first = w.work(state, 60)
        former = w.committed
        w.work(state, 60)
        w.committed = former
        state = await w.opened()
        assert state.next == 160
        assert first + w.work(state, RECORDS - 60) == undisturbed()
        w.committed = None
        state = await w.opened()
        assert (state.next, state.origin) == (100, 100)
        assert w.work(state, RECORDS) == undisturbed()


async def test_a_leader_that_lacks_outputs_before_their_end_is_not_believed() -> None:
    async with world() as w:
        w.work(await w.opened(), 120)
        assert w.committed is not None
        w.committed = Position(160, -1, w.committed.text)
        whole = w.broker.handler(Api.FETCH)

        def behind(asked: Asked) -> Any:
            if asked.version == FETCHERS:
                return whole(asked)
            request: Any = asked.read(FetchRequest_v4)
            return FetchResponse_v4(0, [(topic, [(0, 0, 0, 0, None, b"")]) for topic, _ in request.topics])

        w.broker.on(Api.FETCH, behind)
        forget_state(w)
        w.restarted()
        with pytest.raises(KafkaError, match="before its end") as raised:
            await w.opened()
        assert type(meaning(raised.value, w.tp.topic)) is OutcomeUnknown


def test_the_furthest_witness_counts() -> None:
    stored = StateRecords()
    assert furthest(stored, 0, 0, True) is None
    assert furthest(stored, 5, 9, True) == Witness(9, 9, "this process shows")
    assert furthest(stored, 9, 5, True) == Witness(9, 9, "its outputs show")
    assert furthest(stored, 9, 5, False) == Witness(5, 5, "this process shows")
    assert furthest(stored, 9, 0, False) == Witness(1, 1, "its outputs show")
    begun = Committed(0, Checkpoint(0, 0, 0, 1))
    assert furthest(stored, 9, 0, False, begun) is None  # at least once a worker commits where it begins
    assert furthest(stored, 9, 5, False, begun) == Witness(5, 5, "this process shows")
    assert furthest(stored, 9, 0, True, begun) == Witness(9, 9, "its outputs show")
    assert furthest(stored, 9, 0, False, begun._replace(checkpoint=None)) == Witness(1, 1, "its outputs show")
    stored.snapshots[b"S"] = b"state"
    assert furthest(stored, 0, 0, True) == Witness(1, 1, "its state topic shows")
