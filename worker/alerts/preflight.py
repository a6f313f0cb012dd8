"""Checks before a member of the alerts joins its group."""

from __future__ import annotations

from typing import Any, NamedTuple

from worker.alerts.inputs import Sources
from worker.kafka import asking, topics
from worker.kafka.client import client_options
from worker.kafka.preflight import MAX_BATCH, admin_client
from worker.kafka.seams.clients import client_of
from worker.leading.parts import refuse_small
from worker.settings import Settings


class Checked(NamedTuple):
    """The results of the checks."""

    options: dict[str, Any]  # of every client
    batch_bytes: int  # the largest batch that all written topics accept
    sources: Sources


async def preflight(settings: Settings) -> Checked:
    """Run all checks. The portfolio's topic may be missing: its rules then have nothing to look at.

    Raises:
        AlphapulseError: a check failed; it has one sentence, the fix and the exit code.
    """
    own = topics.wanted_by_alerts(settings)
    named = names(settings)
    async with admin_client(settings.kafka) as admin:
        await asking.refuse_old_brokers(client_of(admin))
        found = await topics.describe(admin, (*own, *named.values()))
        topics.check_alerts(settings, found)
        refuse_small(settings.alerts_state_topic, found[settings.alerts_state_topic].max_message_bytes)
        await asking.refuse_new_protocol(client_of(admin), settings.alerts_group)
    written = (settings.topics.alarms, settings.alerts_state_topic, settings.topics.messages)
    size = min(MAX_BATCH, *(found[name].max_message_bytes for name in written))
    present = {source: topic for source, topic in named.items() if topic in found}
    sources = Sources(present, {source: found[topic].partitions for source, topic in present.items()})
    return Checked(client_options(settings.kafka), size, sources)


def names(settings: Settings) -> dict[str, str]:
    """Return the topics of all sources."""
    topics_ = settings.topics
    return {
        "decisions": topics_.output,
        "rejections": topics_.rejections,
        "portfolio": topics_.figures,
        "audit": topics_.acts,
    }
