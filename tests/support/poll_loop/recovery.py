"""A recovery without a state topic."""

from __future__ import annotations

import asyncio

from schemas.state import StateOwner
from tests.support.counting import CountingEngine
from tests.support.poll_loop.cluster import STEP, Cluster, Input
from worker.kafka.records.columns import raw_of
from worker.stream.state.checkpoint import Opened, committed
from worker.stream.state.dirty import DirtySymbols, Limits
from worker.stream.state.partition_state import PartitionState
from worker.stream.state.snapshots import SnapshotWriter


class FakeRecovery:
    """Restores by replaying all that is committed."""

    def __init__(self, cluster: Cluster, of: Input, owner: StateOwner) -> None:
        self._cluster, self._input, self._owner = cluster, of, owner

    def check_partitions(self, count: int) -> None:
        assert count == len(self._cluster.inputs)

    async def state(self, opened: Opened, own: int) -> PartitionState:
        of, found = self._input, committed(opened.committed)
        of.openings += 1
        await asyncio.sleep(STEP)
        await of.answers.wait()
        engine, dirty = CountingEngine(), DirtySymbols(Limits(1_000, 1_000))
        origin = found.checkpoint.origin if found and found.checkpoint else of.start
        rows = of.between(origin, found.offset) if found else []
        if rows:
            engine.advance_raw(raw_of(rows))
        writer = SnapshotWriter("state", self._owner, engine, dirty, set())
        state = PartitionState(engine, dirty, writer, origin, found.offset if found else of.start, {})
        if found:
            state.checkpoint, state.epoch = found.checkpoint, found.epoch
        state.first = found is None
        return state
