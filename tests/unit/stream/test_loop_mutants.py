"""Loops with one rule broken: the tests of the loop find each, else they could not find the same fault in the loop."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from tests.unit.stream import test_loop_commits, test_loop_polls, test_loop_rebalances, test_loop_stops, test_together
from worker.stream import member, partition, together
from worker.stream.phases import MEMBER_TRANSITIONS, TRANSITIONS, Event, MemberEvent, MemberState, Phase


class Replaced(NamedTuple):
    """A piece of a module's source, and what stands in its place."""

    module: ModuleType
    before: str
    after: str


class Led(NamedTuple):
    """A transition that leads elsewhere, or that is missing."""

    table: Any
    state: Any
    event: Any
    after: Any = None


# Of the phase machine: each with the test that guards the rule.
MACHINES: dict[str, tuple[Callable[..., None], Led]] = {
    "a fenced partition goes on": (
        test_loop_commits.test_a_fenced_partition_is_left_to_its_owner,
        Led(TRANSITIONS, Phase.BUSY, Event.FENCED, Phase.READY),
    ),
    "an opening that is fenced may be tried again": (
        test_loop_commits.test_an_opening_that_is_fenced_is_left_to_the_other,
        Led(TRANSITIONS, Phase.RESTORING, Event.FENCED, Phase.RESTORING),
    ),
    "a batch that ends in a revocation leaves its partition busy": (
        test_loop_rebalances.test_a_long_batch_stops_at_the_next_slice_when_it_is_revoked,
        Led(TRANSITIONS, Phase.BUSY, Event.HALTED, Phase.BUSY),
    ),
    "a ready partition that is revoked is not kept": (
        test_loop_rebalances.test_a_kept_partition_keeps_its_state,
        Led(TRANSITIONS, Phase.READY, Event.HALTED, Phase.RESTORING),
    ),
    "a kept partition is never ready": (
        test_loop_rebalances.test_a_kept_partition_keeps_its_state,
        Led(TRANSITIONS, Phase.PARKED, Event.KEPT, Phase.PARKED),
    ),
    "a batch that a revocation has cut off is not opened again": (
        test_loop_rebalances.test_a_revoked_partition_that_comes_back_goes_on,
        Led(TRANSITIONS, Phase.BUSY, Event.ASSIGNED),
    ),
    "a restore must not be overtaken": (
        test_loop_rebalances.test_a_restore_that_a_newer_generation_overtakes_ends,
        Led(TRANSITIONS, Phase.RESTORING, Event.ASSIGNED),
    ),
    "an unknown outcome leaves the partition busy": (
        test_loop_commits.test_after_an_unknown_outcome_the_partition_goes_on_from_what_is_committed,
        Led(TRANSITIONS, Phase.BUSY, Event.OUTCOME_UNKNOWN, Phase.BUSY),
    ),
    "an offset that is out of range leaves the partition ready": (
        test_loop_polls.test_an_offset_that_the_broker_does_not_have_is_looked_into,
        Led(TRANSITIONS, Phase.READY, Event.OUT_OF_RANGE, Phase.READY),
    ),
    "a member stays after a fence": (
        test_loop_commits.test_an_opening_that_is_fenced_is_left_to_the_other,
        Led(MEMBER_TRANSITIONS, MemberState.RUNNING, MemberEvent.FENCED, MemberState.RUNNING),
    ),
    "a member runs on while it rebalances": (
        test_loop_rebalances.test_only_a_running_member_starts_something,
        Led(MEMBER_TRANSITIONS, MemberState.RUNNING, MemberEvent.REVOKED, MemberState.RUNNING),
    ),
    "an assignment brings a closed member back": (
        test_loop_stops.test_an_assignment_that_comes_while_the_member_leaves_opens_nothing,
        Led(MEMBER_TRANSITIONS, MemberState.CLOSED, MemberEvent.ASSIGNED, MemberState.RUNNING),
    ),
    "a failure does not end a running member": (
        test_loop_rebalances.test_a_callback_that_fails_ends_the_member,
        Led(MEMBER_TRANSITIONS, MemberState.RUNNING, MemberEvent.FAILED, MemberState.RUNNING),
    ),
}

# Of the loop, in the same way.
LOOPS: dict[str, tuple[Callable[..., None], Replaced]] = {
    "a fenced partition is opened again at once": (
        test_loop_commits.test_a_fenced_partition_is_left_to_its_owner,
        Replaced(
            member,
            "            self._fenced(partition, fenced)\n        except",
            "            await self._open_again(partition, Event.OUTCOME_UNKNOWN)\n        except",
        ),
    ),
    "an unknown outcome is taken for a failure, and the batch for open": (
        test_loop_commits.test_after_an_unknown_outcome_the_partition_goes_on_from_what_is_committed,
        Replaced(
            member,
            "            await self._open_again(partition, Event.OUTCOME_UNKNOWN)",
            "            self._ready(partition, Event.FINISHED)",
        ),
    ),
    "a partition is opened again without a pause": (
        test_loop_commits.test_a_batch_that_fails_each_time_is_tried_later_and_later,
        Replaced(
            member, "        await asyncio.sleep(partition.trouble.next())\n        if cause:", "        if cause:"
        ),
    ),
    "becoming ready seeks nowhere": (
        test_loop_rebalances.test_an_assigned_partition_is_fenced_and_restored_and_goes_on,
        Replaced(
            member,
            "        self._consumer.seek(partition.tp, partition.next)\n        self._consumer.resume",
            "        self._consumer.resume",
        ),
    ),
    "a parked partition goes on unasked": (
        test_loop_rebalances.test_a_partition_that_went_on_elsewhere_meanwhile_is_opened_anew,
        Replaced(
            member, "partition.phase is Phase.PARKED and await partition.kept()", "partition.phase is Phase.PARKED"
        ),
    ),
    "what another member committed meanwhile is not looked at": (
        test_loop_rebalances.test_a_partition_that_went_on_elsewhere_meanwhile_is_opened_anew,
        Replaced(
            partition,
            "return found.offset == self._state.next and found.checkpoint == self._state.checkpoint",
            "return True",
        ),
    ),
    "tasks outlive their generation": (
        test_loop_rebalances.test_a_restore_that_a_newer_generation_overtakes_ends,
        Replaced(member, "            await self._tasks.cancel()\n", ""),
    ),
    "a revocation does not wait for batches": (
        test_loop_rebalances.test_a_long_batch_stops_at_the_next_slice_when_it_is_revoked,
        Replaced(member, "            await self._tasks.wait(self._busy(), seconds)\n", ""),
    ),
    "a revocation leaves offsets uncommitted": (
        test_loop_rebalances.test_a_revoked_partition_that_comes_back_goes_on,
        Replaced(
            member, "            await settle(self._in_hand(), started + seconds - self._clock.monotonic())\n", ""
        ),
    ),
    "a batch goes on through a revocation": (
        test_loop_rebalances.test_a_long_batch_stops_at_the_next_slice_when_it_is_revoked,
        Replaced(member, "            if not self._running:\n                break\n", ""),
    ),
    "a slice commits the whole batch": (
        test_loop_rebalances.test_a_long_batch_stops_at_the_next_slice_when_it_is_revoked,
        Replaced(member, 'position if last else int(raw.rows["offset"][start + size])', "position"),
    ),
    "records in hand are processed though the generation has changed": (
        test_loop_rebalances.test_records_in_hand_when_the_generation_changes_are_fetched_again,
        Replaced(member, "        if not self._running or generation != self.generation:\n", "        if False:\n"),
    ),
    "what a damaged fetch has skipped is not fetched again": (
        test_loop_polls.test_records_that_arrive_damaged_are_fetched_again,
        Replaced(
            member,
            "                if partition.phase is Phase.READY:\n                    self._rewind(partition)\n",
            "                pass\n",
        ),
    ),
    "an offset that is out of range is asked for again": (
        test_loop_polls.test_an_offset_that_the_broker_does_not_have_is_looked_into,
        Replaced(member, "                self._open_anew(tp)\n", "                pass\n"),
    ),
    "a member without ready partitions does not poll": (
        test_loop_rebalances.test_a_member_without_partitions_polls_and_takes_what_comes,
        Replaced(
            member,
            "        if not self._running or (self.partitions and not named):",
            "        if not self._running or not named:",
        ),
    ),
    "a poll waits for no batch of the one before": (
        test_loop_polls.test_the_small_batches_of_a_poll_are_waited_for_before_the_next,
        Replaced(member, "                await self._tasks.wait(records, ROUND)\n", "                pass\n"),
    ),
    "small batches that take long do not linger": (
        test_loop_polls.test_small_batches_that_take_long_linger_as_long,
        Replaced(member, "now + (now - begun) if len(raw)", "0.0 if len(raw)"),
    ),
    "markers are not committed": (
        test_loop_polls.test_markers_behind_the_last_record_are_committed,
        Replaced(
            member,
            "            if tp not in records and position <= partition.next:",
            "            if tp not in records:",
        ),
    ),
    "the changes of a round are not noted": (
        test_together.test_the_changes_of_a_round_are_saved,
        Replaced(together, "            group[at].partition.followed(found[at].raw)\n", "            pass\n"),
    ),
    "each slice of a batch gets the results of all": (
        test_loop_commits.test_a_fenced_partition_is_left_to_its_owner,
        Replaced(together, "min(FEW, most)", "FEW"),
    ),
    "a stop does not wait for batches": (
        test_loop_stops.test_a_stop_leaves_nothing_that_is_committed_in_doubt,
        Replaced(member, "        await self._tasks.wait(self._busy(), deadline.left(keep=keep))\n", ""),
    ),
    "a stop saves nothing": (
        test_loop_stops.test_a_stop_while_a_partition_is_parked_saves_it,
        Replaced(member, "        if draining:", "        if False:"),
    ),
    "what is begun is not kept in mind": (
        test_loop_commits.test_after_an_unknown_outcome_the_partition_goes_on_from_what_is_committed,
        Replaced(member, "        self.begun.add(partition.tp)\n", ""),
    ),
    "an assignment is taken on the way out": (
        test_loop_stops.test_an_assignment_that_comes_while_the_member_leaves_opens_nothing,
        Replaced(member, "in sorted(assigned) if self._running else ():", "in sorted(assigned):"),
    ),
    "a rebalance does not keep an offset out of range from being looked into": (
        test_loop_rebalances.test_an_offset_out_of_range_opens_nothing_once_a_rebalance_has_begun,
        Replaced(
            member,
            "if partition is not None and partition.phase is Phase.READY and self._running:",
            "if partition is not None and partition.phase is Phase.READY:",
        ),
    ),
    "a commit that was left behind holds up the next": (
        test_loop_rebalances.test_a_commit_that_does_not_end_when_it_is_cancelled_holds_nothing_up,
        Replaced(
            partition,
            "self._settings, self._clients)\n        self._committing = asyncio.Lock()",
            "self._settings, self._clients)\n        pass",
        ),
    ),
}
MUTANTS: dict[str, tuple[Callable[..., None], Replaced | Led]] = {**MACHINES, **LOOPS}


@contextmanager
def broken(mutant: Replaced | Led) -> Iterator[None]:
    """The loop with this fault."""
    if isinstance(mutant, Led):
        key = mutant.state, mutant.event
        kept = mutant.table.pop(key)
        if mutant.after is not None:
            mutant.table[key] = mutant.after
        try:
            yield
        finally:
            mutant.table[key] = kept
        return
    names = mutant.module.__dict__
    path, saved = Path(str(mutant.module.__file__)), dict(names)
    source = path.read_text()
    assert source.count(mutant.before) == 1, "the mutant does not fit the source any more"
    exec(compile(source.replace(mutant.before, mutant.after), path, "exec"), names)
    try:
        yield
    finally:
        names.update(saved)


def finding(test: Callable[..., None]) -> str | None:
    """The first failure of a test, which is tried with each of its parameters."""
    cases: list[dict[str, Any]] = [{}]
    for mark in getattr(test, "pytestmark", ()):
        names, values = mark.args
        if isinstance(names, str):
            names, values = (names,), [(value,) for value in values]
        cases = [case | dict(zip(names, value, strict=True)) for case in cases for value in values]
    for case in cases:
        try:
            test(**case)
        except Exception as failure:
            return f"{case}: {failure!r}"
    return None


@pytest.fixture
def unlogged() -> Iterator[None]:
    """What a broken loop logs tells nothing."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("name", MUTANTS)
@pytest.mark.usefixtures("unlogged")
def test_a_test_of_the_loop_finds(name: str) -> None:
    test, mutant = MUTANTS[name]
    with broken(mutant):
        assert finding(test) is not None


@pytest.mark.usefixtures("unlogged")
def test_they_find_nothing_in_a_loop_that_was_replaced_by_the_same() -> None:
    with broken(Replaced(member, "log = logging.getLogger(__name__)", "log = logging.getLogger(str(__name__))")):
        for test in {test for test, _ in MUTANTS.values()}:
            assert finding(test) is None
