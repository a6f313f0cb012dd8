"""F56: two that take themselves for the leader of one portfolio: only one of them writes."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import confluent_kafka
import pytest

from tests.chaos.catalogue import fault, quick
from tests.chaos.cluster import Cluster, through
from tests.chaos.portfolio import MOMENT, Flow, Team, went_on
from tests.chaos.stories import cut_off
from tests.support.fleet import until
from tests.support.kafka import create_topics
from tests.support.monitored import log
from tests.support.oracle import PATIENCE
from tests.support.risk import assert_exactly_once, make_risk_topics, owns, risk_settings
from worker.errors import Exit
from worker.kafka.topics import wanted_by_risk

pytestmark = pytest.mark.kafka

SEED = 17


@fault("F56")
async def test_an_owner_that_its_group_has_forgotten_is_fenced(
    cluster: Cluster, topic_prefix: str, tmp_path: Path
) -> None:
    """Its membership's requests get lost, all others get through: it leads on until the heir fences it."""
    settings = risk_settings(cluster.bootstrap, topic_prefix)
    await make_risk_topics(settings)
    async with Team(settings, tmp_path) as team, Flow(settings, log(8, 2, 3_000, SEED)) as flow:
        former = team.member(**through(cluster.proxy))
        await owns(former)
        heir = team.member()
        await team.settled()
        cut_off(cluster.proxy)
        await owns(heir, PATIENCE)
        await team.fenced(former)
        await went_on(settings)
        await team.proven(flow)


@quick
@fault("F56")
async def test_a_stranger_with_the_monitors_transactional_id(
    cluster: Cluster, topic_prefix: str, tmp_path: Path
) -> None:
    settings = risk_settings(cluster.bootstrap, topic_prefix)
    await make_risk_topics(settings)
    async with Team(settings, tmp_path) as team, Flow(settings, log(8, 2, 3_000, SEED)) as flow:
        await team.begun(2)
        owner = await team.settled()
        stranger = confluent_kafka.Producer(
            {
                "bootstrap.servers": settings.kafka.bootstrap_servers,
                "transactional.id": f"{settings.risk_group}-{settings.risk_state_topic}",
            }
        )
        # The broker fences the owner at once, but lets the stranger ask again while its transaction is aborted: an heir
        # that is quicker than that would be fenced, too.
        (heir,) = (member for member in team.workers if member is not owner)
        heir.send(signal.SIGSTOP)
        await asyncio.to_thread(stranger.init_transactions, 20)
        heir.send(signal.SIGCONT)
        stranger.begin_transaction()
        stranger.produce(settings.topics.figures, b"{}", b"*", 0)
        await team.fenced(owner)
        await owns(heir, PATIENCE)
        with pytest.raises(confluent_kafka.KafkaException):
            await asyncio.to_thread(stranger.commit_transaction, 20)
        team.member()
        await team.settled()
        await went_on(settings)
        await team.proven(flow)


@fault("F56")
async def test_of_two_monitors_that_write_limits_one_ends(cluster: Cluster, topic_prefix: str, tmp_path: Path) -> None:
    """Another name, another group, another portfolio, but the same topic of limits."""
    settings = risk_settings(cluster.bootstrap, topic_prefix, repeat_seconds=1)
    await make_risk_topics(settings)
    other = settings.model_copy(
        update={
            "risk": settings.risk.model_copy(update={"name": f"{topic_prefix}-other"}),
            "topics": settings.topics.model_copy(update={"portfolio": "other"}),
        }
    )
    for topic in (other.topics.figures, other.risk_state_topic):
        await create_topics(cluster.bootstrap, {topic: 1}, wanted_by_risk(other)[topic])
    async with (
        Team(settings, tmp_path) as team,
        Team(other, tmp_path) as rivals,
        Flow(settings, log(8, 2, 3_000, SEED)) as flow,
    ):
        first = await team.owner("first")
        await went_on(settings)
        rival = rivals.monitor("rival")

        async def ended() -> bool:
            return not (first.running and rival.running)

        await until(ended, PATIENCE, "one of two monitors ended")
        losers = [member for member in (first, rival) if not member.running]
        for loser in losers:
            assert loser.process.returncode == Exit.CONFIG, loser.text
            assert "another monitor" in loser.text
        for member in (first, rival):
            member.send(signal.SIGTERM)  # a kill would leave its transaction open
            assert await member.exit_code(MOMENT) in (Exit.OK, Exit.CONFIG), member.text
        team.workers, rivals.workers = [], []
        team.member()
        await team.settled()
        await went_on(settings)
        await team.proven(flow, alone=False)
        await assert_exactly_once(other, alone=False)
