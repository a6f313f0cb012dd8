"""F57: one of three brokers is killed or paused beneath the portfolio's monitor, in each of its roles."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from tests.chaos.catalogue import fault
from tests.chaos.portfolio import Flow, Team, three_portfolio, went_on
from tests.chaos.three import GROUP, LEADER, TRANSACTIONS, Places, another_leader, by_way_of
from tests.support.fleet import until
from tests.support.monitored import log
from tests.support.netns import SplitCluster
from tests.support.oracle import PATIENCE
from tests.support.risk import owns
from worker.stream.failpoints import VARIABLE

pytestmark = [pytest.mark.kafka, fault("F57")]

SEED = 19
APART = Places(logs=GROUP, state=LEADER)  # node 1 only leads the state
PAUSE = 12.0  # seconds: others are elected, and the session ends


async def test_the_coordinator_of_the_transactions_is_killed_at_a_commit(
    three: SplitCluster, topic_prefix: str, tmp_path: Path
) -> None:
    """The owner stands still when all is sent but the end of the transaction, which then goes to nobody."""
    settings = await three_portfolio(three, topic_prefix)
    async with Team(settings, tmp_path) as team, Flow(settings, log(8, 2, 4_000, SEED)) as flow:
        owner = team.member(**by_way_of(three, LEADER), **{VARIABLE: "offsets_sent:15:SIGSTOP"})

        async def stopped() -> bool:
            return owner.stopped

        await until(stopped, PATIENCE, "the owner at its point")
        await asyncio.to_thread(three[TRANSACTIONS].kill)
        owner.send(signal.SIGCONT)
        team.member()
        await team.revived()
        await went_on(settings)
        await asyncio.to_thread(three[TRANSACTIONS].start)
        await team.revived()
        await went_on(settings)
        await team.proven(flow)


async def test_the_leader_of_the_state_is_killed(three: SplitCluster, topic_prefix: str, tmp_path: Path) -> None:
    settings = await three_portfolio(three, topic_prefix, APART)
    async with Team(settings, tmp_path) as team, Flow(settings, log(8, 2, 4_000, SEED)) as flow:
        await team.begun(2)
        await went_on(settings)
        await asyncio.to_thread(three[LEADER].kill)
        await another_leader(three[GROUP], settings.risk_state_topic, LEADER)
        await team.revived()
        await went_on(settings)
        team.lose(await team.now())  # and the heir restores from the new leader
        team.member()
        await team.revived()
        await went_on(settings)
        await asyncio.to_thread(three[LEADER].start)
        await team.revived()
        await team.proven(flow)


@pytest.mark.parametrize("node", [LEADER, GROUP, TRANSACTIONS], ids=["leader", "group", "transactions"])
async def test_a_broker_is_paused(three: SplitCluster, topic_prefix: str, tmp_path: Path, node: int) -> None:
    settings = await three_portfolio(three, topic_prefix)
    async with Team(settings, tmp_path) as team, Flow(settings, log(8, 2, 4_000, SEED)) as flow:
        await team.begun(2)
        await went_on(settings)
        three[node].pause()
        await asyncio.sleep(PAUSE)  # the fault itself
        three[node].resume()
        await team.revived()
        await owns(await team.now())
        await went_on(settings)
        await team.proven(flow)
