"""A state topic that has lost records, was made anew or arrives damaged: it is rebuilt, or the worker stops.

Readers and all they ask are real; the broker serves partitions that lie in memory, and the engine counts.
"""

from __future__ import annotations

from functools import partial

import pytest

from tests.support.fake_logs import FakeLog
from tests.support.world import RECORDS, refused, undisturbed, world
from worker.errors import DataError
from worker.kafka.errors import OutcomeUnknown
from worker.kafka.protocol.offsets import Position
from worker.kafka.reader import Reader
from worker.stream.state import recovery
from worker.stream.state.checkpoint import Checkpoint, Opened, committed
from worker.stream.state.records import BARRIER


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
