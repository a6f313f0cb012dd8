"""F1, F5, F7, F8: the monitor of the portfolio's risk writes each step once, with the bytes of a replay."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from pathlib import Path

import pytest

from tests.chaos.catalogue import fault
from tests.chaos.cluster import Cluster, through
from tests.chaos.proxy import Api, Way
from tests.support.fleet import WorkerProcess, until
from tests.support.monitored import log
from tests.support.oracle import PATIENCE
from tests.support.portfolio import MINUTE, START
from tests.support.risk import Decided, Monitors, assert_exactly_once, make_risk_topics, owns, reached, risk_settings
from worker.errors import Exit

pytestmark = pytest.mark.kafka

SEED = int(os.environ.get("TEST_SEED", "11"))
STRIKES = int(os.environ.get("TEST_STRIKES", "12"))
WITHIN, BEYOND = 1.0, 8.0  # seconds of a pause, within a session of six and beyond it
EACH = 20  # decisions of a partition between two strikes


@fault("F5")
async def test_a_commit_without_an_answer_is_looked_up(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    settings = risk_settings(cluster.bootstrap, topic_prefix)
    processing = settings.processing.model_copy(update={"transaction_timeout_ms": 3_000})
    settings = settings.model_copy(update={"processing": processing})
    await make_risk_topics(settings)
    source = Decided(settings, log(8, 2, 40, SEED))
    async with Monitors(settings, tmp_path) as fleet:
        member = await fleet.owner("member", **through(cluster.proxy))
        for way in (Way.REQUEST, Way.RESPONSE):
            rule = cluster.proxy.drop(Api.END_TXN, way)
            await source.publish(EACH)
            await rule.caught_one(PATIENCE)
            cluster.proxy.lift(rule)
        await source.publish(10**6)
        await reached(settings, START + 40 * MINUTE)
        assert member.events("opened again: an outcome is unknown")
        await fleet.stop()
    await assert_exactly_once(settings)


class Strikes:
    """Random faults on two members; one that has ended is started again."""

    def __init__(self, fleet: Monitors, seed: int) -> None:
        self._fleet, self._random, self._count = fleet, random.Random(seed), 0
        self.done: list[str] = []

    def start(self) -> WorkerProcess:
        """Start one more member."""
        self._count += 1
        return self._fleet.monitor(f"member-{self._count}")

    async def strike(self) -> None:
        """One fault, mostly on the owner; then two members run again, and one of them owns the portfolio."""
        owner = await self._owner()
        other = next(member for member in self._fleet.workers if member is not owner)
        victim = owner if self._random.random() < 0.8 else other
        kind = self._random.choice(("kill", "stop", "term"))
        self.done.append(f"{kind}-{'owner' if victim is owner else 'standby'}")
        if kind == "stop":
            beyond = self._random.random() < 0.7
            victim.send(signal.SIGSTOP)
            await asyncio.sleep(BEYOND if beyond else WITHIN)  # the fault itself
            victim.send(signal.SIGCONT)
            if beyond and victim is owner:
                assert await victim.exit_code(20) == Exit.TEMPORARY, victim.text
        elif kind == "kill":
            victim.kill()
        else:
            victim.send(signal.SIGTERM)
            assert await victim.exit_code(20) == Exit.OK, victim.text
        await self._owner()
        if not victim.running:
            self._fleet.workers.remove(victim)
            await self.start().ready()

    async def _owner(self) -> WorkerProcess:
        """Wait for an owner, and return it."""
        found: list[WorkerProcess] = []

        async def holds() -> bool:
            for member in self._fleet.workers:
                if member.running and await member.metric("risk_owner") == 1:
                    found.append(member)
            return bool(found)

        await until(holds, PATIENCE, "an owner")
        return found[0]


@fault("F1", "F7", "F8")
async def test_random_faults_on_two_members(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    settings = risk_settings(cluster.bootstrap, topic_prefix)
    await make_risk_topics(settings)
    minutes = EACH * (STRIKES + 2) // 4
    source = Decided(settings, log(8, 2, minutes, SEED, crash=minutes // 2))
    async with Monitors(settings, tmp_path) as fleet:
        strikes = Strikes(fleet, SEED)
        await source.publish(EACH)
        await owns(strikes.start())
        await strikes.start().ready()
        for _ in range(STRIKES):
            await source.publish(EACH)
            await strikes.strike()
        print(f"TEST_SEED={SEED}: {' '.join(strikes.done)}")
        await source.publish(10**6)
        await reached(settings, START + minutes * MINUTE)
        await fleet.stop()
    await assert_exactly_once(settings)
