"""F54, F55: the monitor of the portfolio's risk killed and frozen; the standby goes on, and the bytes are the same."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from functools import partial
from pathlib import Path

import pytest

from tests.chaos.catalogue import fault
from tests.chaos.cluster import Cluster
from tests.chaos.portfolio import AFTER_TERM, MOMENT, SLACK, Flow, Team, clock, went_on
from tests.integration.test_control import decided, seen, whole
from tests.support.fleet import Fleet, WorkerProcess, until
from tests.support.monitored import log
from tests.support.oracle import PATIENCE
from tests.support.risk import assert_exactly_once, make_risk_topics, owns, reached, risk_settings
from tests.support.ticks import Publishing, publish, ticks
from worker.errors import Exit
from worker.stream.failpoints import VARIABLE

pytestmark = pytest.mark.kafka

SEED = int(os.environ.get("TEST_SEED", "11"))
KILLS, STANDBYS, TERMS = 11, 2, 2
FROZEN = ("begun", "acknowledged", "offsets_sent", "committed")
PASS = 40  # transactions of an owner until it freezes itself
WITHIN = 3.0  # seconds of a pause that the session allows


@fault("F54")
async def test_owners_and_standbys_are_killed(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    dice = random.Random(SEED)
    strikes = ["kill"] * KILLS + ["standby"] * STANDBYS + ["term"] * TERMS
    dice.shuffle(strikes)
    settings = risk_settings(cluster.bootstrap, topic_prefix)
    await make_risk_topics(settings)
    times: dict[str, list[float]] = {"kill": [], "term": []}
    async with Team(settings, tmp_path) as team, Flow(settings, log(8, 2, 6_000, SEED, crash=400)) as flow:
        await team.begun(3)
        for strike in strikes:
            if strike != "kill":  # a SIGTERM's time is promised to a group at rest
                await team.settled()
            await asyncio.sleep(dice.uniform(0.0, 1.0))  # the fault comes at any moment
            owner = await team.now()
            told = clock()
            if strike == "standby":
                team.lose(dice.choice([member for member in team.workers if member is not owner]))
            elif strike == "kill":
                team.lose(owner)
                times[strike].append(await team.taken_over(told))
            else:
                owner.send(signal.SIGTERM)
                times[strike].append(await team.taken_over(told))
                assert await owner.exit_code(MOMENT) == Exit.OK, owner.text
                team.workers.remove(owner)
            team.member()
        found = await team.proven(flow)
    print(f"TEST_SEED={SEED}: {' '.join(strikes)}; {len(found)} steps")
    print("  ".join(f"{name} {' '.join(f'{second:.2f}' for second in all_)}" for name, all_ in times.items()))
    assert max(times["kill"]) <= settings.processing.session_timeout_ms / 1000 + SLACK
    assert max(times["term"]) <= AFTER_TERM


@fault("F54")
async def test_workers_obey_while_monitors_and_they_are_killed(
    cluster: Cluster, topic_prefix: str, tmp_path: Path
) -> None:
    settings = risk_settings(cluster.bootstrap, topic_prefix, capital=2_000.0, max_symbol=0.01)
    await make_risk_topics(settings)
    records = ticks(16_000, 10, SEED, fault_rate=0.0)
    async with Team(settings, tmp_path) as team, Fleet(settings, tmp_path) as workers:
        worker = await workers.started("worker")
        await team.begun(2)
        await publish(settings, records[:3_000])
        publishing = Publishing(settings, records[3_000:], rate=200.0)
        await reached(settings, records[3_100].timestamp_ms, PATIENCE)
        for round in range(2):
            told = clock()
            team.lose(await team.now())
            await team.taken_over(told)
            worker.kill()
            workers.workers.remove(worker)
            worker = await workers.started(f"worker-{round}")
            team.member()
            await team.settled()
        done = 3_000 + await publishing.cut()
        await workers.caught_up(PATIENCE)
        await reached(settings, records[done - 200].timestamp_ms, PATIENCE)
        await workers.stop()
        await team.stop()
    found, journal = await whole(settings)
    portfolio = await assert_exactly_once(settings)
    assert any(step.trips for step in portfolio)
    assert len([entry for part in journal for entry in part if entry.key == "*"]) > 2
    assert seen(decided(found), "control_block") or seen(decided(found), "kill_switch")


@fault("F55")
async def test_zombies_add_nothing(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    """Each owner freezes itself at a step of its transaction, and wakes when another owns the portfolio."""
    settings = risk_settings(cluster.bootstrap, topic_prefix)
    await make_risk_topics(settings)
    async with Team(settings, tmp_path) as team, Flow(settings, log(8, 2, 3_000, SEED + 1)) as flow:
        zombie = team.member(**frozen_at(FROZEN[0]))
        await owns(zombie)
        for point in (*FROZEN[1:], None):
            heir = team.member(**({} if point is None else frozen_at(point)))
            await until(partial(holds_still, zombie), PATIENCE, "an owner at its point")
            await owns(heir, PATIENCE)
            zombie.send(signal.SIGCONT)
            await team.fenced(zombie)
            zombie = heir
        await team.proven(flow)


def frozen_at(point: str) -> dict[str, str]:
    """Environment of a member that stops itself when it has owned the portfolio for a while."""
    return {VARIABLE: f"{point}:{PASS}:SIGSTOP"}


async def holds_still(member: WorkerProcess) -> bool:
    return member.stopped


@fault("F55")
async def test_an_owner_is_frozen(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    """Within its session it goes on; beyond it, another owns the portfolio in time, or it ends without any other."""
    settings = risk_settings(cluster.bootstrap, topic_prefix)
    await make_risk_topics(settings)
    session = settings.processing.session_timeout_ms / 1000
    async with Team(settings, tmp_path) as team, Flow(settings, log(8, 2, 3_000, SEED + 2)) as flow:
        await team.begun(2)
        owner = await team.settled()
        owner.send(signal.SIGSTOP)
        await asyncio.sleep(WITHIN)  # the fault itself
        owner.send(signal.SIGCONT)
        await went_on(settings)
        assert await team.settled() is owner
        told = clock()
        owner.send(signal.SIGSTOP)
        took = await team.taken_over(told)
        owner.send(signal.SIGCONT)
        await team.fenced(owner)
        print(f"take-over from one that is frozen {took:.2f} s")
        assert took <= session + SLACK
        alone = await team.settled()
        alone.send(signal.SIGSTOP)
        await asyncio.sleep(session + 1.0)  # the fault itself
        alone.send(signal.SIGCONT)
        await team.fenced(alone)
        team.member()
        await team.proven(flow)
