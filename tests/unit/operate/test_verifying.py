"""`verify` judges the committed offset, too: outcomes behind it, and an input that ends before it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.world import RECORDS, World, world
from worker.kafka.client import client_options
from worker.operate import verify as module
from worker.operate.report import EXAMPLES, PartitionReport
from worker.operate.verify import verify

FIRST, DECIDED = 100, 120  # first offset of the input, and records that have an outcome
REACHED = FIRST + DECIDED


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SETTLE", 0.3)
    monkeypatch.setattr(module, "STEP", 0.01)


async def verified(w: World, offset: int, *later: int) -> PartitionReport:
    """Of a group whose offset is `offset`, and `later` when it is read again."""
    left = [offset, *later]

    async def now() -> dict[int, int]:
        return {0: left.pop(0) if len(left) > 1 else left[0]}

    report = await verify(w.settings, client_options(w.settings.kafka), await now(), now=now)
    assert report.as_dict()["partitions"]
    return report.partitions[0]


async def decided(w: World) -> World:
    w.work(await w.opened(), DECIDED)
    return w


async def test_what_waits_is_no_fault() -> None:
    async with world() as w:
        report = await verified(await decided(w), REACHED)
        assert (report.faults, report.inputs, report.pending) == (0, DECIDED, RECORDS - DECIDED)


@pytest.mark.parametrize("offset", [0, FIRST + 60])
async def test_outcomes_behind_a_lost_or_set_back_offset_do_not_wait(offset: int) -> None:
    async with world() as w:
        report = await verified(await decided(w), offset)
        past = REACHED - max(offset, FIRST)
        assert (report.count("past_offset"), report.faults) == (past, past)
        assert report.past_offset == [max(offset, FIRST) + i for i in range(EXAMPLES)]
        assert (report.inputs, report.pending) == (DECIDED, RECORDS - DECIDED)


async def test_the_offset_of_a_running_group_follows_its_outcomes() -> None:
    async with world() as w:
        report = await verified(await decided(w), FIRST + 60, FIRST + 60, FIRST + 90, REACHED)
        assert (report.faults, report.inputs, report.pending) == (0, 60, RECORDS - 60)


async def test_what_is_lost_behind_a_set_back_offset_is_found() -> None:
    async with world() as w:
        state = await w.opened()
        w.work(state, 60)
        w.publish(state.step(w.raw(FIRST + 70, FIRST + 120)))
        report = await verified(w, FIRST + 60)
        assert (report.count("lost"), report.count("past_offset")) == (10, 50)


async def test_an_offset_beyond_the_input_is_a_fault() -> None:
    async with world() as w:
        report = await verified(await decided(w), FIRST + RECORDS + 7)
        assert report.beyond_end == [FIRST + RECORDS + 7]
        assert report.count("lost") == RECORDS - DECIDED
        assert (report.faults, report.pending) == (1 + RECORDS - DECIDED, 0)


async def test_at_least_once_outcomes_behind_the_offset_will_be_repeated() -> None:
    async with world("at_least_once") as w:
        report = await verified(await decided(w), FIRST + 60)
        assert (report.faults, report.pending, report.published) == (0, RECORDS - 60, 60)


def told(report: PartitionReport) -> str:
    from worker.cli import verify as command

    texts: list[str] = []
    for name in ("lost", "past_offset", "beyond_end"):
        if report.count(name):
            texts.append(command._fault(report, name))
    return "\n".join(texts)


def test_faults_are_told_with_their_number_and_what_mends_them() -> None:
    report = PartitionReport(0)
    for offset in range(300):
        report.note("lost", offset)
        report.note("past_offset", offset)
    report.note("beyond_end", 900)
    text: Any = told(report)
    assert "lost at input offsets [0, 1, 2, 3, 4] and 295 more" in text
    assert "300 records have an outcome" in text
    assert "alphapulse state offsets" in text
    assert "the committed offset 900 lies beyond the end" in text
