"""Checks before the monitor joins its group."""

from __future__ import annotations

from typing import Any, NamedTuple

from worker.kafka import asking, topics
from worker.kafka.client import client_options
from worker.kafka.preflight import MAX_BATCH, admin_client
from worker.kafka.seams.clients import client_of
from worker.leading.parts import refuse_small
from worker.monitoring.restoring import Sources
from worker.settings import Settings


class Checked(NamedTuple):
    """The results of the checks."""

    options: dict[str, Any]  # of every client
    batch_bytes: int  # the largest batch that all written topics accept
    sources: Sources


async def preflight(settings: Settings) -> Checked:
    """Run all checks.

    Raises:
        AlphapulseError: a check failed; it has one sentence, the fix and the exit code.
    """
    async with admin_client(settings.kafka) as admin:
        await asking.refuse_old_brokers(client_of(admin))
        found = await topics.describe(admin, settings.risk_topics)
        topics.check_risk(settings, found)
        refuse_small(settings.risk_state_topic, found[settings.risk_state_topic].max_message_bytes)
        await asking.refuse_new_protocol(client_of(admin), settings.risk_group)
    decisions, limits = settings.topics.output, settings.topics.limits
    written = (found[name].max_message_bytes for name in (limits, settings.risk_state_topic, settings.topics.figures))
    sources = Sources(found[decisions].partitions, found[limits].partitions)
    return Checked(client_options(settings.kafka), min(MAX_BATCH, *written), sources)
