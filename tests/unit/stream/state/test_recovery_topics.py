"""Topics that were made anew, and an input that has lost records: recovery tells each from what is whole.

Readers and all they ask are real; the broker serves partitions that lie in memory, and the engine counts.
"""

from __future__ import annotations

import pytest
from aiokafka import TopicPartition

from tests.support.fake_logs import FakeLog
from tests.support.world import BATCH, REACHED, RECORDS, refused, undisturbed, world
from worker.errors import ConfigError, DataError
from worker.stream.control.table import ControlTable


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
            with pytest.raises(ConfigError, match="was deleted and recreated: the outcomes") as raised:
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
        with pytest.raises(ConfigError, match=r"risk\.control was deleted and recreated: limits") as raised:
            await w.opened()
        assert "alphapulse control set" in raised.value.fix
        w.control_table = None  # control.read=off
        w.restarted()
        assert (await w.opened()).next == REACHED


async def test_an_input_made_anew_is_another_one() -> None:
    async with world() as w:
        w.work(await w.opened(), 120)
        w.input.id = 99
        w.elected()
        w.restarted()
        with pytest.raises(ConfigError, match=r"ticks\.raw was deleted and recreated") as raised:
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
        with pytest.raises(ConfigError, match=r"ticks\.raw was deleted and recreated"):
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
