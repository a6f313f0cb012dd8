"""Random faults of leaders in memory: whatever happens, each batch is acknowledged, and written once and in order."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from typing import Any

import pytest
from aiokafka import TopicPartition

from tests.support.leaders import Asked, Batch, Leaders, installed
from tests.support.virtual_time import in_virtual_time
from worker.kafka.protocol.answers import AGAIN, UNREACHABLE

SEEDS = range(150)
NODES = (1, 2, 3)
TPS = [TopicPartition(topic, partition) for topic in "ab" for partition in range(4)]
BATCHES = 12  # of a partition
QUIET_AFTER = 3.0  # seconds; then the faults are rarer, so that it ends
# What happens to a request, and how often.
FATES = {
    "right": 10,
    "refused": 3,
    "lost": 2,
    "written, then lost": 2,
    "lost, then written": 2,
    "cancelled": 1,
    "odd": 1,
}


class Faults:
    """What befalls requests, drawn by chance."""

    def __init__(self, seed: int, leaders: Leaders) -> None:
        self.chance, self.leaders = random.Random(seed), leaders
        self.begun = asyncio.get_running_loop().time()
        self.drawn: Counter[str] = Counter()
        self.direct: dict[int, Asked] = {}  # unanswered, by leader
        self.flying: set[TopicPartition] = set()
        leaders.arrived = self.arrived

    def arrived(self, asked: Asked) -> None:
        """Check a request, and draw what happens to it, and when."""
        tps = [TopicPartition(topic, partition) for topic, partition, _ in asked.batches]
        assert len(set(tps)) == len(tps), "a partition has one batch in a request"
        assert self.flying.isdisjoint(tps), "a partition has one batch in flight"
        self.flying.update(tps)
        if asked.direct:
            assert asked.node not in self.direct, "a leader has one request in flight"
            self.direct[asked.node] = asked
        loop = asyncio.get_running_loop()
        calm = loop.time() - self.begun > QUIET_AFTER and self.chance.random() < 0.8
        fate = "right" if calm else self.chance.choices([*FATES], [*FATES.values()])[0]
        if fate == "cancelled" and not asked.direct:
            fate = "lost"  # of an answer that a task awaits, cancelling would end the task
        self.drawn[fate] += 1
        loop.call_later(self.chance.choice([0, 0.001, 0.05, 0.4]) * self.chance.random(), self.happens, fate, asked)

    def happens(self, fate: str, asked: Asked) -> None:
        """Answer, or not."""
        tps = [TopicPartition(topic, partition) for topic, partition, _ in asked.batches]
        self.flying.difference_update(tps)
        if asked.direct:
            del self.direct[asked.node]
        if fate == "right":
            asked.tell()
        elif fate == "refused":
            codes = sorted(AGAIN)
            asked.tell({tp: self.chance.choice(codes) for tp in tps if self.chance.random() < 0.6})
        elif fate == "odd":
            rows: list[Any] = asked.written({})
            asked.answer.set_result(self.chance.choice([None, [], rows[1:], rows + rows[:1]]))
        else:
            if fate == "written, then lost":
                asked.written({})
            if fate == "lost, then written":
                late = self.chance.random()
                asyncio.get_running_loop().call_later(late, asked.written, {})
            if fate == "cancelled":
                asked.answer.cancel()
            else:
                asked.answer.set_exception(self.chance.choice(UNREACHABLE)("lost"))

    async def trouble(self) -> None:
        """Move leaders, take them away, and close connections, again and again."""
        leaders, chance = self.leaders, self.chance
        while True:
            await asyncio.sleep(chance.random() * 0.3)
            leaders.leaders[chance.choice(TPS)] = chance.choice([*NODES, *NODES, None, -1])
            leaders.closed = {node for node in NODES if chance.random() < 0.2}
            leaders.gone = {node for node in NODES if chance.random() < 0.1}
            if asyncio.get_running_loop().time() - self.begun > QUIET_AFTER:
                break
        leaders.leaders = {tp: chance.choice(NODES) for tp in TPS}
        leaders.closed, leaders.gone = set(), set()


@pytest.mark.parametrize("seed", SEEDS)
@in_virtual_time
async def test_each_batch_is_written_once_and_in_order(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    leaders = installed(Leaders({tp: NODES[i % 3] for i, tp in enumerate(TPS)}), monkeypatch)
    sender, faults = leaders.sender(), Faults(seed, leaders)
    unexpected: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unexpected.append(context))
    added: Counter[TopicPartition] = Counter()

    async def writes(tp: TopicPartition) -> list[int]:
        acknowledged = []
        for number in range(BATCHES):
            await asyncio.sleep(faults.chance.choice([0, 0, 0.001, 0.3]))
            await sender.room(tp)
            acknowledged.append(sender.add(tp, Batch(tp, number)))
            added[tp] += 1
            assert added[tp] - sum(each.done() for each in acknowledged) <= 2
        return await asyncio.gather(*acknowledged)

    trouble = asyncio.create_task(faults.trouble())
    found = await asyncio.wait_for(asyncio.gather(*map(writes, TPS)), 600)
    assert not sender.busy
    await trouble
    await asyncio.sleep(5)  # for what is written late
    for tp, offsets in zip(TPS, found, strict=True):
        assert leaders.logs[tp] == [Batch(tp, number).data for number in range(BATCHES)], tp
        assert all(offset in (number, -1) for number, offset in enumerate(offsets)), (tp, offsets)
    assert (unexpected, sender._tasks, sender._flying, sender._asked) == ([], set(), {}, {})
    assert faults.drawn["right"] < faults.drawn.total(), "no fault was drawn"
