"""From what a group has committed to a state, against what else is known of the group: never less is believed.

Readers and all they ask are real; the broker serves partitions that lie in memory, and the engine counts.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.protocol.fetch import FetchRequest_v4, FetchResponse_v4

from tests.support.fake_broker import Api, Asked
from tests.support.fake_logs import FETCHERS, FakeLog
from tests.support.world import BATCH, RECORDS, World, undisturbed, world
from worker.errors import AlphapulseError, ConfigError, DataError
from worker.kafka.errors import OutcomeUnknown, meaning
from worker.kafka.protocol.offsets import Position
from worker.kafka.reader import Reader
from worker.stream.control.table import ControlTable
from worker.stream.state import recovery
from worker.stream.state.agreement import DOUBTS
from worker.stream.state.checkpoint import Checkpoint, Committed, Opened, committed
from worker.stream.state.records import BARRIER
from worker.stream.state.topic import StateRecords
from worker.stream.state.witness import Witness, furthest


async def refused(world: World, kind: type[AlphapulseError]) -> AlphapulseError:
    """The failure of a recovery that contradicts what is known: first it is doubted, by every process anew."""
    for _ in range(DOUBTS - 1):
        with pytest.raises(OutcomeUnknown):
            await world.opened()
    with pytest.raises(kind) as raised:
        await world.opened()
    assert raised.value.fix
    return raised.value


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


def forget_outputs(w: World) -> None:
    for log in (w.output, w.rejected):
        log.delete(log.end)


def forget_state(w: World) -> None:
    w.state.delete(w.state.end)


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
        assert failure.message.endswith("this process shows that it has come to 220")


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
        assert "but its outputs show that it has come to 220" in failure.message


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


# -- an offset that was set by hand

REACHED = 220  # where a group has come to that has decided 120 records
END = 100 + RECORDS


async def decided(w: World, records: int = 120) -> None:
    """Let the group work, then end its process."""
    w.work(await w.opened(), records)
    w.restarted()


@pytest.mark.parametrize("guarantee", ["exactly_once", "at_least_once"])
@pytest.mark.parametrize("copied", [False, True])  # a tool that keeps the text
@pytest.mark.parametrize("offset", [REACHED + 1, 280, END])
async def test_an_offset_that_leaves_records_out_is_refused(guarantee: str, copied: bool, offset: int) -> None:
    async with world(guarantee) as w:
        await decided(w)
        assert w.committed is not None
        w.committed = Position(offset, w.committed.epoch, w.committed.text) if copied else Position(offset)
        failure = await refused(w, DataError)
        assert f"has committed offset {offset} of ticks.raw partition 0" in failure.message
        assert "it has come to 220: the records from 220 on have no outcome" in failure.message
        assert "alphapulse state offsets" in failure.fix


async def test_markers_before_the_offset_are_no_records() -> None:
    async with world() as w:
        w.input.mark(4)
        await decided(w, RECORDS)
        for offset in range(END + 1, END + 5):
            w.committed = Position(offset)
            w.restarted()
            assert (await w.opened()).next == offset
        w.input.append((b"S1", b"bar", ()))
        w.committed = Position(END + 5)
        failure = await refused(w, DataError)
        assert f"the records from {END + 4} on" in failure.message


async def test_what_retention_has_removed_nobody_can_leave_out() -> None:
    async with world() as w:
        await decided(w)
        w.input.delete(250)
        w.committed = Position(260)
        assert "the records from 250 on" in (await refused(w, DataError)).message
        w.committed = Position(250)
        w.restarted()
        with pytest.raises(DataError, match="the group's state needs the records from"):  # the gap itself
            await w.opened()


async def test_where_later_outputs_may_be_gone_it_is_only_told(caplog: pytest.LogCaptureFixture) -> None:
    async with world() as w:
        await decided(w)
        forget_outputs(w)
        w.committed = Position(280)
        assert (await w.opened()).next == 280
        assert [each for each in caplog.messages if "whether it leaves records out can't be told" in each]


async def test_by_on_skip_follow_the_records_are_left_out() -> None:
    async with world(on_skip="follow") as w:
        await decided(w)
        w.committed = Position(280)
        state = await w.opened()
        assert state.next == 280
        assert w.work(state, END - 280) == undisturbed()[180:], "the states know what was left out"


async def test_a_group_that_nobody_has_seen_may_begin_anywhere() -> None:
    async with world() as w:
        w.committed = Position(200)
        assert (await w.opened()).next == 200


@pytest.mark.parametrize("seen", [False, True])
async def test_an_offset_beyond_the_input_was_set_by_hand(seen: bool) -> None:
    async with world() as w:
        if seen:
            await decided(w)
        w.committed = Position(1_000)
        failure = await refused(w, DataError)
        assert f"has committed offset 1000 of ticks.raw partition 0, which ends at {END}" in failure.message
        assert "set by hand" in failure.message
        assert "lost" not in failure.message


async def test_beyond_the_input_a_group_that_has_come_there_has_lost_records() -> None:
    async with world() as w:
        await decided(w)
        w.committed = Position(REACHED)  # as `state offsets` commits it
        w.input.lose(RECORDS - 100)
        failure = await refused(w, DataError)
        assert "ends at 200, but the group has decided its records up to 220" in failure.message


async def test_at_least_once_an_offset_that_was_set_back_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    """A worker's own offset may be behind what it has saved, by a crash before the commit; one without its text is not
    a worker's own."""
    async with world("at_least_once") as w:
        await decided(w)
        w.committed = Position(110)
        told = (await refused(w, DataError)).message
        saved = int(told.rsplit(" ", 1)[1])
        assert 200 <= saved <= REACHED
        w.committed = Position(saved)
        w.restarted()
        assert (await w.opened()).next == saved
        repeats = [each for each in caplog.records if "set by hand: outputs will be repeated" in each.getMessage()]
        assert len(repeats) == (saved < REACHED)


async def test_at_least_once_a_group_commits_where_it_begins() -> None:
    """So that outputs without any offset always mean that the offset is lost."""
    async with world("at_least_once") as w:
        state = await w.opened()
        assert state.first
        w.committed = Position(state.next, -1, state.begin().checkpoint.text)
        found = w.work(state, 60, commit=False)  # killed before its first commit
        w.restarted()
        state = await w.opened()
        assert (state.next, state.first) == (100, False)
        found += w.work(state, RECORDS)
        assert sorted(set(found)) == undisturbed()


async def test_what_a_group_commits_first_needs_no_state() -> None:
    async with world("at_least_once") as w:
        state = await w.opened()
        w.committed = Position(state.next, -1, state.begin().checkpoint.text)
        for _ in range(3):
            w.restarted()
            assert (await w.opened()).next == 100


# -- topics


@pytest.mark.parametrize("which", ["output", "rejected"])
@pytest.mark.parametrize("same_process", [True, False])
async def test_an_output_made_anew_is_another_one_each_time(which: str, same_process: bool) -> None:
    async with world() as w:
        w.work(await w.opened(), 120)
        getattr(w, which).id = 97
        w.elected()
        for _ in range(3):
            if not same_process:
                w.restarted()
            with pytest.raises(ConfigError, match="was deleted and made anew: the outcomes") as raised:
                await w.opened()
            assert raised.value.exit_code == 78
            assert "topics.on_replaced=follow" in raised.value.fix
        topics = w.settings.topics.model_copy(update={"on_replaced": "follow"})
        w.settings = w.settings.model_copy(update={"topics": topics})
        w.restarted()
        w.work(await w.opened(), 60)
        w.settings = w.settings.model_copy(update={"topics": topics.model_copy(update={"on_replaced": "fail"})})
        w.restarted()
        assert (await w.opened()).next == 280, "the new topic is named in the next commit"


async def test_limits_made_anew_are_other_ones_for_who_reads_them() -> None:
    async with world() as w:
        names = w.settings.topics
        limits = w.logs[TopicPartition(names.limits, 0)] = FakeLog(15)
        w.elected()
        w.control_table = ControlTable()
        w.restarted()
        w.work(await w.opened(), 120)
        limits.id = 96
        w.elected()
        w.restarted()
        with pytest.raises(ConfigError, match=r"risk\.control was deleted and made anew: limits") as raised:
            await w.opened()
        assert "alphapulse control set" in raised.value.fix
        w.control_table = None  # control.read=off
        w.restarted()
        assert (await w.opened()).next == REACHED


# -- the input


async def test_an_input_made_anew_is_another_one() -> None:
    async with world() as w:
        w.work(await w.opened(), 120)
        w.input.id = 99
        w.elected()
        w.restarted()
        with pytest.raises(ConfigError, match=r"ticks\.raw was deleted and made anew") as raised:
            await w.opened()
        assert raised.value.exit_code == 78


@pytest.mark.parametrize("same_process", [True, False])
async def test_an_input_made_anew_before_any_state_was_saved_is_another_one(same_process: bool) -> None:
    async with world(save_records=1_000, save_offsets=1_000) as w:
        w.work(await w.opened(), BATCH)
        w.committed = None  # a broker that deletes a topic deletes what groups have committed of it
        w.input.id = 99
        w.elected()
        if not same_process:
            w.restarted()
        with pytest.raises(ConfigError, match=r"ticks\.raw was deleted and made anew"):
            await w.opened()


async def test_an_input_that_ends_before_the_committed_offset_has_lost_records() -> None:
    async with world() as w:
        w.work(await w.opened(), 120)
        w.input.lose(RECORDS - 100)
        failure = await refused(w, DataError)
        assert "ends at 200, but the group has decided its records up to 220" in failure.message


async def test_an_input_that_has_lost_records_and_grown_since_is_found_by_epochs() -> None:
    async with world() as w:
        w.work(await w.opened(), 120)
        w.input.lose(RECORDS - 100)
        w.input.ends, w.input.epoch = {0: 200}, 1
        w.input.append(*((b"S1", b"other", ()) for _ in range(50)))
        w.elected()
        failure = await refused(w, DataError)
        assert "ends at 200" in failure.message


async def test_records_of_former_leaders_are_not_lost() -> None:
    async with world() as w:
        found = w.work(await w.opened(), 120)
        w.input.ends, w.input.epoch = {0: 250}, 3
        w.elected()
        found += w.work(await w.opened(), 60)
        assert w.committed is not None
        assert w.committed.epoch == 3
        w.restarted()
        assert found + w.work(await w.opened(), 120) == undisturbed()


async def test_retention_that_has_passed_the_committed_offset_is_told() -> None:
    async with world() as w:
        w.work(await w.opened(), 120)
        w.input.delete(250)
        with pytest.raises(DataError, match="begins at offset 250"):
            await w.opened()


# -- the state


@pytest.mark.parametrize("lost", [5, 20, 60])
@pytest.mark.parametrize("openings", [1, 70])
async def test_a_state_without_its_last_records_is_noticed_and_rebuilt(lost: int, openings: int) -> None:
    """However often the partition was opened since: each opening writes a record to it."""
    async with world() as w:
        found = w.work(await w.opened(), 240)
        assert w.state.end > 60
        w.state.lose(lost)
        w.state.append(*((BARRIER, b"now", ()) for _ in range(openings - 1)))
        w.restarted()
        state = await w.opened()
        assert found + w.work(state, RECORDS - 240) == undisturbed()
        w.restarted()
        again = await w.opened()
        assert again.next == 100 + RECORDS
        assert {again.engine.symbols.key(slot) for slot in range(again.engine.known)} == {
            key for _, key, _ in undisturbed()
        }


async def test_a_state_that_ends_before_the_barrier_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "Reader", partial(Reader, patience_s=2.0))
    async with world() as w:
        w.work(await w.opened(), 120)
        barrier = w.state.append((BARRIER, b"now", ()))
        w.state.lose(3)
        with pytest.raises(OutcomeUnknown, match="ends at"):
            await w.recovery.state(Opened(w.committed, barrier), w.own)


async def test_a_state_topic_made_anew_is_rebuilt() -> None:
    async with world() as w:
        found = w.work(await w.opened(), 240)
        w.state.delete(w.state.end)
        w.state.id = 98
        w.elected()
        w.restarted()
        assert found + w.work(await w.opened(), RECORDS - 240) == undisturbed()


async def test_a_state_that_can_not_be_rebuilt_stops_the_worker_each_time() -> None:
    async with world() as w:
        w.work(await w.opened(), 240)
        w.state.lose(5)
        w.input.delete(150)
        for _ in range(8):
            w.restarted()
            with pytest.raises(DataError, match="can only be rebuilt from offset 100 on"):
                await w.opened()


async def test_a_checkpoint_of_a_former_release_is_believed() -> None:
    async with world() as w:
        found = w.work(await w.opened(), 240)
        known = committed(w.committed)
        assert known is not None
        assert known.checkpoint is not None
        old = Checkpoint(*known.checkpoint[:6])
        text = " ".join(f"{name}={value}" for name, value in list(old._asdict().items())[:6])
        w.committed = Position(known.offset, -1, text)
        w.restarted()
        assert found + w.work(await w.opened(), RECORDS - 240) == undisturbed()


@pytest.mark.parametrize("which", ["input", "state", "output"])
async def test_records_that_arrive_damaged_each_time_stop_the_worker(which: str) -> None:
    async with world() as w:
        found = w.work(await w.opened(), 240)
        log: FakeLog = getattr(w, which)
        log.damaged = True
        failure = await refused(w, DataError)
        assert "damaged record" in failure.message
        with pytest.raises(DataError):
            await w.opened()
        log.damaged = False
        assert found + w.work(await w.opened(), RECORDS - 240) == undisturbed()


# -- who has seen the group


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
