"""A sink in memory, of either guarantee."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from tests.support.poll_loop.cluster import STEP, Cluster, Input
from worker.kafka.errors import Fenced, OutcomeUnknown
from worker.kafka.protocol.offsets import Position
from worker.kafka.records.outputs import Output, Outputs
from worker.stream.state.checkpoint import Checkpoint, Opened


class FakeSink:
    """A sink of either guarantee. `Input.faults` says what becomes of the next commits: "unknown" (not committed),
    "lost" (committed, but the answer is lost), "stuck" (no answer), "deaf" (the same, and it does not end when it is
    cancelled once), or an exception that is raised."""

    def __init__(self, cluster: Cluster, of: Input) -> None:
        self._cluster, self._input = cluster, of
        self._owner, self._busy = -1, False
        self.commits_first = not cluster.transactional

    async def start(self) -> None:
        await asyncio.sleep(STEP)
        self._input.owner += 1
        self._owner = self._input.owner

    async def read(self) -> Opened:
        await self._input.answers.wait()
        await asyncio.sleep(STEP)
        if self._input.refusals:
            raise self._input.refusals.pop(0)
        if self._cluster.transactional:  # at least once anybody may ask
            self._check_owner()
        return Opened(self._input.committed, 0)

    async def still(self) -> Opened:
        return await self.read()

    async def publish(self, outputs: Outputs) -> bool:
        if self._cluster.transactional:
            return False
        await self._request(list(outputs))
        return True

    async def deliver(self, outputs: Outputs, snapshots: Iterable[Output], commit: Any) -> Checkpoint:
        await self._request(list(outputs), commit)
        self._cluster.saves += bool(list(snapshots))
        found: Checkpoint = commit.checkpoint
        return found

    async def stop(self) -> None:
        self._owner = -1

    async def _request(self, outputs: list[Any], commit: Any = None) -> None:
        self._cluster.rule(not self._busy, f"{self._input.tp} commits twice at a time")
        self._busy = True
        try:
            await asyncio.sleep(self._input.seconds)
            fault = self._fault()
            if fault == "stuck":
                await asyncio.Event().wait()
            if fault == "deaf":
                await self._deaf()
            self._check_owner()
            self._put(outputs)
            if commit is not None:
                self._commit(commit)
            if fault == "lost":
                raise OutcomeUnknown("the answer is lost")
        finally:
            self._busy = False

    async def _deaf(self) -> None:
        with suppress(asyncio.CancelledError):
            await self._input.hears.wait()
        await self._input.hears.wait()
        raise OutcomeUnknown("long after")

    def _commit(self, commit: Any) -> None:
        of = self._input
        self._cluster.rule(commit.offset >= of.offset, f"{of.tp} is committed backwards")
        of.committed = Position(commit.offset, commit.epoch, commit.checkpoint.text)

    def _put(self, outputs: Iterable[Any]) -> None:
        self._input.outputs += [tuple(output.value) for output in outputs]

    def _fault(self) -> str | None:
        fault = self._input.faults.pop(0) if self._input.faults else None
        if isinstance(fault, Exception):
            raise fault
        if fault == "unknown":
            raise OutcomeUnknown("no answer")
        return fault

    def _check_owner(self) -> None:
        if self._owner != self._input.owner:
            raise Fenced("a newer epoch")
