"""Members of a group live through random events, in any order and between any two turns of their event loop: what is
committed has its one output, and whoever is left in the end finishes the input."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import hypothesis.strategies as st
from aiokafka import TopicPartition
from aiokafka.errors import CorruptRecordException, KafkaConnectionError, OffsetOutOfRangeError
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.support.examples import drawn
from tests.support.poll_loop.cluster import TOPIC, Input
from tests.support.poll_loop.consumer import FakeConsumer
from tests.support.poll_loop.group import Group
from tests.support.virtual_time import VirtualLoop
from worker.kafka.deadline import Deadline
from worker.kafka.errors import FAILURES, Fenced, StateLost
from worker.stream.member import Member
from worker.stream.phases import Event, Phase
from worker.stream.shutdown import Shutdown

PARTITIONS = 2
END = 100  # tenths of a second in which all that waits goes on
NUMBERS = st.integers(0, PARTITIONS - 1)
FAULTS = ["ok", "unknown", "lost", "stuck", Fenced("a newer epoch"), StateLost("gone")]
REFUSALS = [KafkaConnectionError("away"), Fenced("a newer epoch")]


PAUSES = st.integers(0, 8) | st.sampled_from([0.002, 0.01, 0.05, 0.3, 1.5])  # turns of the loop, or seconds


def event(**drawn: Any) -> Callable[[Callable[..., None]], Any]:
    """A rule after which the loop runs for a while."""

    def made(happens: Callable[..., None]) -> Any:
        def run(self: Life, pause: float, **arguments: Any) -> None:
            happens(self, **arguments)
            self.goes_on(pause)

        run.__name__ = happens.__name__
        return rule(pause=PAUSES, **drawn)(run)

    return made


class Life(RuleBasedStateMachine):
    """A process: one membership after the other. The test is the broker and the coordinator of the group."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = VirtualLoop(flows=False)
        self.group: Group
        self.member: Member
        self.consumer: FakeConsumer
        self.shutdown: Shutdown
        self.running: asyncio.Future[None]
        self.closing: asyncio.Future[bool] | None = None
        self.rebalance: asyncio.Future[None] | None = None
        self.seen = 0  # of the history, by former members

    @initialize(guarantee=st.sampled_from(["exactly_once", "at_least_once"]))
    def begin(self, guarantee: str) -> None:
        self.loop.run_until_complete(self._begin(guarantee))

    async def _begin(self, guarantee: str) -> None:
        self.group = Group(PARTITIONS, guarantee)
        for number in range(PARTITIONS):
            self.group.produce(15, number)
        await self._joined()

    def _join(self) -> None:
        self.closing = self.rebalance = None
        self.shutdown = Shutdown(60.0)
        self.member, self.consumer = self.group.member()
        self.running = asyncio.ensure_future(self.member.run(self.shutdown), loop=self.loop)

    async def _joined(self) -> None:
        self._join()
        await self.consumer.revoke()
        await self.consumer.assign(*range(PARTITIONS))

    def _do(self, work: Coroutine[Any, Any, Any]) -> asyncio.Future[Any]:
        found: asyncio.Future[Any] = asyncio.ensure_future(work, loop=self.loop)
        return found

    def _input(self, number: int) -> Input:
        return self.group.inputs[TopicPartition(TOPIC, number)]

    # -- time and turns

    def goes_on(self, pause: float) -> None:
        """Let some turns or seconds pass. A process whose member has ended leaves the group and joins it anew."""
        if isinstance(pause, int):
            self.loop.turn(pause)
        else:
            self._awaited(asyncio.sleep(pause))
        if self.running.done() and self.closing is None:
            self._expected_end()
            self.closing = self._do(self.member.close(Deadline(10.0, self.loop)))
        elif self.closing is not None and self.closing.done():
            self.seen = len(self.group.history)
            self._awaited(self._joined())

    def _awaited(self, work: Awaitable[None]) -> None:
        self.loop.flows = True
        self.loop.run_until_complete(work)
        self.loop.flows = False

    @event()
    def time_passes(self) -> None: ...

    # -- the input

    @event(number=NUMBERS, count=st.integers(1, 30))
    def records_come(self, number: int, count: int) -> None:
        self.group.produce(count, number)

    @event(number=NUMBERS)
    def a_marker_comes(self, number: int) -> None:
        self._input(number).marker()
        self.group.changed.set()

    # -- the broker

    @event(number=NUMBERS, fault=st.sampled_from(FAULTS))
    def a_commit_fails(self, number: int, fault: Any) -> None:
        self._input(number).faults.append(fault)

    @event(number=NUMBERS, refusal=st.sampled_from(REFUSALS))
    def an_opening_fails(self, number: int, refusal: Any) -> None:
        self._input(number).refusals.append(refusal)

    @event(number=NUMBERS, answers=st.booleans())
    def answers_wait_or_come(self, number: int, answers: bool) -> None:
        of = self._input(number)
        if answers:
            of.answers.set()
        else:
            of.answers.clear()

    @event(number=NUMBERS, seconds=st.sampled_from([0.001, 0.02, 0.2]))
    def commits_take_longer(self, number: int, seconds: float) -> None:
        self._input(number).seconds = seconds

    @event(kind=st.sampled_from([CorruptRecordException, KafkaConnectionError, OffsetOutOfRangeError]), number=NUMBERS)
    def a_poll_fails(self, kind: type[Exception], number: int) -> None:
        what: Any = {TopicPartition(TOPIC, number): 0} if kind is OffsetOutOfRangeError else "as it may be"
        if sum(isinstance(failure, CorruptRecordException) for failure in self.consumer.failures) < 2:
            self.consumer.failures.append(kind(what))

    # -- the group

    @precondition(lambda self: self.rebalance is None and not self.consumer.rebalancing)
    @event()
    def partitions_are_revoked(self) -> None:
        self.rebalance = self._do(self.consumer.revoke())

    @precondition(lambda self: self.rebalance is not None and self.rebalance.done())
    @event(numbers=st.sets(NUMBERS))
    def partitions_are_assigned(self, numbers: set[int]) -> None:
        self.rebalance = None
        self._do(self.consumer.assign(*numbers))

    @precondition(lambda self: self.rebalance is None and not self.consumer.rebalancing)
    @event(numbers=st.sets(NUMBERS), rival=st.none() | NUMBERS, records=st.integers(0, 9), turns=st.integers(0, 9))
    def a_whole_rebalance(self, numbers: set[int], rival: int | None, records: int, turns: int) -> None:
        """Between its two ends another member may work."""
        revoked = self._do(self.consumer.revoke())
        self._awaited(revoked)
        if rival is not None:
            self.group.rival(self._input(rival), records)
        self.loop.turn(turns)
        self._do(self.consumer.assign(*numbers))

    @event(number=NUMBERS, records=st.integers(0, 9))
    def another_member_takes_a_partition_over(self, number: int, records: int) -> None:
        self.group.rival(self._input(number), records)

    # -- the process

    @event()
    def a_stop_is_asked_for(self) -> None:
        self.shutdown.asked.set()

    def _expected_end(self) -> None:
        error = self.running.exception()
        assert error is None or isinstance(error, FAILURES), repr(error)

    # -- what always holds

    @invariant()
    def every_rule_holds(self) -> None:
        if not hasattr(self, "group"):
            return
        self.group.check()
        for tp, before, event, after in self.group.history[self.seen :]:
            assert before is not Phase.FAILED, "only a new membership takes a fenced partition again"
            assert (event is Event.FENCED) is (after is Phase.FAILED), tp
        for task in (self.rebalance, self.closing):
            if task is not None and task.done():
                task.result()

    def teardown(self) -> None:
        try:
            if hasattr(self, "group"):
                self._end()
        finally:
            for task in asyncio.all_tasks(self.loop):
                task.cancel()
            self.loop.settle()
            self.loop.close()

    def _end(self) -> None:
        """Nothing fails any more: all is processed."""
        for of in self.group.inputs.values():
            of.faults.clear()
            of.refusals.clear()
            of.answers.set()
        self.consumer.failures.clear()
        for _ in range(5):
            self.loop.run_until_complete(self._settled())
            self.group.check()
            if all(of.offset == of.end for of in self.group.inputs.values()):
                break
        for of in self.group.inputs.values():
            assert of.offset == of.end, f"{of.tp} stands at {of.offset} of {of.end}"
            if self.group.transactional:
                assert of.outputs == of.expected(of.end)

    async def _settled(self) -> None:
        self.loop.flows = True
        if self.running.done() or self.shutdown.asked.is_set():
            self.shutdown.asked.set()
            await asyncio.wait([self.running])
            self._expected_end()
            closing = self.closing or self._do(self.member.close(Deadline(10.0, self.loop)))
            await closing
            self.seen = len(self.group.history)
            self._join()
        if self.rebalance is not None:
            await self.rebalance
        else:
            await self.consumer.revoke()
        self.rebalance = None
        await self.consumer.assign(*range(PARTITIONS))
        for _ in range(END):
            if all(of.offset == of.end for of in self.group.inputs.values()):
                break
            await asyncio.sleep(0.1)
        self.loop.flows = False


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=drawn(25, 60), stateful_step_count=30, deadline=None)
