"""An offset that was set by hand: it is believed only where it contradicts nothing that is known of the group.

Readers and all they ask are real; the broker serves partitions that lie in memory, and the engine counts.
"""

from __future__ import annotations

import pytest

from tests.support.world import REACHED, RECORDS, World, forget_outputs, refused, undisturbed, world
from worker.errors import DataError
from worker.kafka.protocol.offsets import Position

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
        assert "it has reached 220: the records from 220 on have no outcome" in failure.message
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
