"""Random faults of three brokers from a seed: killed, paused, cut off, and leaders that wander."""

from __future__ import annotations

import asyncio
import signal

from tests.chaos.nemesis import LONG, SHORT, Nemesis, Weapon
from tests.chaos.three import PARTITIONS, by_way_of, healed
from tests.support.elections import move_leader
from tests.support.fleet import Fleet
from tests.support.netns import SplitCluster
from tests.support.oracle import PATIENCE
from worker.errors import Exit

AWAY = 13.0  # seconds: others are elected, and members' sessions end


class ThreeNemesis(Nemesis):
    """Strikes one broker of three at a time, or a worker."""

    def __init__(self, cluster: SplitCluster, fleet: Fleet, seed: int) -> None:
        super().__init__(fleet, seed)
        self._three = cluster

    @property
    def weapons(self) -> tuple[Weapon, ...]:
        brokers = (self._broker_killed, self._broker_paused, self._broker_cut_off, self._clients_cut_off)
        return (*super().weapons, *brokers, self._two_cut_apart, self._leaders_moved)

    def door(self, number: int) -> dict[str, str]:
        return by_way_of(self._three, 1 + number % 3)

    def _node(self) -> int:
        return self.dice.choice((1, 2, 3))

    async def _broker_killed(self) -> None:
        node = self._three[self._node()]
        await asyncio.to_thread(node.kill)
        await asyncio.sleep(self.dice.choice((SHORT, LONG)))
        await self._whole()

    async def _broker_paused(self) -> None:
        self._three[self._node()].pause()
        await asyncio.sleep(self.dice.choice((LONG, AWAY)))
        await self._whole()

    async def _broker_cut_off(self) -> None:
        self._three.cut(self._node())
        await asyncio.sleep(AWAY)
        await self._whole()

    async def _clients_cut_off(self) -> None:
        self._three.cut_clients(self._node())
        await asyncio.sleep(LONG)
        await self._whole()

    async def _two_cut_apart(self) -> None:
        one, other = self.dice.sample((1, 2, 3), 2)
        self._three.cut_between(one, other)
        await asyncio.sleep(AWAY)
        await self._whole()

    async def _leaders_moved(self) -> None:
        settings = self._fleet.settings
        for topic in (settings.topics.input, settings.topics.output, settings.state_topic):
            for partition in range(PARTITIONS):
                await move_leader(self._three, topic, partition, self._node())

    async def _whole(self) -> None:
        # Two faults at once could leave a partition without any leader, and then Kafka itself leaves out the marks of
        # commits (docs/guarantees.md).
        await healed(self._three)

    async def _term(self) -> None:
        worker = self._victim()
        worker.send(signal.SIGTERM)
        assert await worker.exit_code(PATIENCE) in (Exit.OK, Exit.TEMPORARY), worker.text
