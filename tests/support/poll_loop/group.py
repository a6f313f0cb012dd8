"""Members of a group whose consumer, sinks and states lie in memory."""

from __future__ import annotations

from typing import Any

from aiokafka import TopicPartition

from schemas.state import StateOwner
from tests.support.poll_loop.cluster import Cluster
from tests.support.poll_loop.consumer import FakeConsumer
from tests.support.poll_loop.job import FakeJob
from tests.support.poll_loop.recovery import FakeRecovery
from tests.support.poll_loop.sink import FakeSink
from tests.support.virtual_time import clock
from worker.kafka.producers import Clients
from worker.stream import member as member_module
from worker.stream import partition as partition_module
from worker.stream.member import Member
from worker.stream.output.sink import Sink
from worker.stream.partition import Partition
from worker.stream.phases import Event, MemberState, Phase
from worker.stream.state.records import FORMAT


class Group(Cluster):
    """Makes members, and notes the transitions of their partitions."""

    def __init__(self, partitions: int = 1, guarantee: str = "exactly_once", **processing: Any) -> None:
        super().__init__(partitions, guarantee, **processing)
        self.history: list[tuple[TopicPartition, Phase, Event, Phase]] = []
        self._reached: dict[TopicPartition, int] = {}

    def member(self) -> tuple[Member, FakeConsumer]:
        """A new membership, with a consumer of its own."""
        consumer = FakeConsumer(self)
        shared = Clients({}, 1_000_000, lambda: None, None, self._reached)  # type: ignore[arg-type, return-value]
        member = member_module.Member(consumer, self.settings, lambda tp: self._partition(tp, shared, member), clock())
        consumer.member = member
        return member, consumer

    def _partition(self, tp: TopicPartition, shared: Clients, member: Member) -> Partition:
        class Watched(partition_module.Partition):
            """Notes its transitions."""

            def on(noted, event: Event) -> None:  # noqa: N805
                before = noted.phase
                super().on(event)
                self.history.append((tp, before, event, noted.phase))
                running = member._machine.state is MemberState.RUNNING
                self.rule(event is not Event.STARTED or running, f"{tp} started while {member._machine.state}")

        owner = StateOwner(FORMAT, "g", tp.topic, tp.partition, len(self.inputs), "1", "cafe")

        def recovery(*given: Any) -> Any:
            return FakeRecovery(self, self.inputs[tp], owner)

        return Watched(
            tp, self.settings, shared, owner, FakeJob(), clock=clock(), new_sink=self._sink, new_recovery=recovery
        )

    def _sink(self, tp: TopicPartition, *_: Any) -> Sink:
        return FakeSink(self, self.inputs[tp])
