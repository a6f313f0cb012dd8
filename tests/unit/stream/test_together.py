"""The engine's work on small batches of several partitions: one call, and each partition's fate its own."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.support.counting import CountingEngine
from tests.support.poll_loop.job import FakeJob
from tests.support.poll_loop.running import GUARANTEES, TP, group_of, running
from tests.support.virtual_time import in_virtual_time
from worker.engine.records.raw import ROW, RawRecords
from worker.errors import ConfigError
from worker.kafka.errors import StateLost
from worker.stream.phases import Event, Phase
from worker.stream.together import FEW, FEW_BYTES, MOST, Fetched, groups


class Calls:
    """Notes the sizes of the calls, and lets engines fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, failing: Sequence[Any] = ()) -> None:
        self.sizes: list[list[int]] = []
        self._failing, own = list(failing), FakeJob.step

        def step(job: FakeJob, engines: Sequence[CountingEngine], raws: Sequence[RawRecords]) -> list[Any]:
            self.sizes.append([len(raw) for raw in raws])
            results: list[Any] = own(job, engines, raws)
            failure = self._failing.pop(0) if self._failing else None
            if isinstance(failure, ConfigError):
                raise failure
            return results if failure is None else [failure, *results[1:]]

        monkeypatch.setattr(FakeJob, "step", step)


@GUARANTEES
@in_virtual_time
async def test_small_batches_of_one_poll_are_stepped_by_one_call(
    guarantee: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = Calls(monkeypatch)
    group = group_of(guarantee, records=0, partitions=3)
    worker = await running(group, 0, 1, 2)
    await worker.reached(Phase.READY)
    for number in range(3):
        group.produce(number + 1, number=number)
    await worker.done()
    assert calls.sizes == [[1, 2, 3]]
    await worker.finish()


@GUARANTEES
@in_virtual_time
async def test_a_state_that_is_lost_reopens_its_partition_alone(
    guarantee: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Calls(monkeypatch, [StateLost("gone")])
    group = group_of(guarantee, records=0, partitions=2)
    worker = await running(group, 0, 1)
    await worker.reached(Phase.READY)
    for number in range(2):
        group.produce(3, number=number)
    await worker.done()
    assert [of.openings for of in group.inputs.values()] == [2, 1]
    assert (Phase.BUSY, Event.STATE_LOST) in [(before, event) for tp, before, event, _ in group.history if tp == TP]
    await worker.finish()


@in_virtual_time
async def test_a_call_that_fails_ends_the_member_and_commits_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    Calls(monkeypatch, [ConfigError("a switch names a strategy that is not here", "bring it")])
    group = group_of(records=0, partitions=2)
    worker = await running(group, 0, 1)
    await worker.reached(Phase.READY)
    for number in range(2):
        group.produce(3, number=number)
    with pytest.raises(ConfigError):
        await worker.loop
    await worker.close()
    group.check()
    assert [of.offset - of.start for of in group.inputs.values()] == [0, 0]


@in_virtual_time
async def test_the_changes_of_a_round_are_saved() -> None:
    group = group_of(records=0, partitions=2)
    worker = await running(group, 0, 1)
    await worker.reached(Phase.READY)
    for number in range(2):
        group.produce(3, number=number)
    await worker.done()
    saves = group.saves
    await worker.until(lambda: group.saves == saves + 2)  # they are quiet
    await worker.finish()


def fetched(records: int, size: int = 100) -> Fetched:
    raw = RawRecords(np.zeros(size, np.uint8), np.zeros(records, ROW))
    return Fetched(SimpleNamespace(), raw, records)  # type: ignore[arg-type]


def test_a_call_takes_few_records_of_each_and_not_too_many() -> None:
    given = [fetched(n) for n in (3, FEW + 1, 0, 5, FEW)] + [fetched(2, FEW_BYTES + 1)]
    sizes = [[len(each.raw) for each in group] for group in groups(given, most=10_000)]
    assert sizes == [[FEW + 1], [0], [2], [3, 5, FEW]]
    many = list(groups([fetched(FEW) for _ in range(9)], most=10_000))
    assert sum(map(len, many)) == 9
    assert all(sum(len(each.raw) for each in group) <= MOST for group in many)
    assert [len(group) for group in groups([fetched(4), fetched(4)], most=3)] == [1, 1]
