"""Checks before the gateway listens."""

from __future__ import annotations

from typing import Any

from worker.errors import ConfigError
from worker.gateway.auth.authentication import check_listening
from worker.kafka import asking
from worker.kafka.client import client_options
from worker.kafka.preflight import admin_client
from worker.kafka.seams.clients import client_of
from worker.kafka.topics import describe
from worker.settings import Settings


async def preflight(settings: Settings) -> dict[str, Any]:
    """Run all checks; return the options of every Kafka client.

    Raises:
        AlphapulseError: a check failed; it has one sentence, the fix and the exit code.
    """
    check_listening(settings.gateway)
    decisions = settings.topics.output
    async with admin_client(settings.kafka) as admin:
        await asking.refuse_old_brokers(client_of(admin))
        if decisions not in await describe(admin, (decisions,)):
            raise ConfigError(
                f"missing topic: {decisions}", "Run `alphapulse topics create` with the same --group and --prefix"
            )
    return client_options(settings.kafka)
