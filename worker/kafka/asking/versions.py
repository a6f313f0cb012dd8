"""Check that all brokers are new enough."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import NamedTuple

from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.admin import ApiVersionRequest

from worker.errors import BrokerUnavailable, ConfigError, TryAgain
from worker.kafka.asking.certain import UNREACHABLE, Doubt, refused, until_certain
from worker.kafka.seams.clients import ask

OLDEST = "3.3"
SECONDS = 3.0  # for a broker that does not answer; the others still count


class Need(NamedTuple):
    """A request, and a version of it that every Kafka since `OLDEST` supports."""

    key: int
    name: str
    version: int


NEEDS = (
    Need(2, "ListOffsets", 7),
    Need(3, "Metadata", 12),
    Need(9, "OffsetFetch", 7),
    Need(28, "TxnOffsetCommit", 3),
)


async def refuse_old_brokers(client: AIOKafkaClient) -> None:
    """Refuse a cluster with a broker older than `OLDEST`; all are checked, since they differ during an upgrade.

    Raises:
        ConfigError: the cluster has an older broker.
        BrokerUnavailable: no broker reports its versions.
    """
    # One after the other, since a client opens its connections one at a time.
    told = {broker.nodeId: await _most(client, broker.nodeId) for broker in client.cluster.brokers()}
    if not any(told.values()):
        raise BrokerUnavailable("no broker reports its API versions", "Check the brokers' logs, then try again")
    for node, most in told.items():
        for need in NEEDS if most else ():
            if most.get(need.key, -1) < need.version:
                known = f"only up to version {most[need.key]}" if need.key in most else "in no version"
                raise ConfigError(
                    f"the broker {node} is older than Kafka {OLDEST}: "
                    f"it supports {need.name} {known}, but version {need.version} is required",
                    f"Upgrade the brokers to Kafka {OLDEST} or newer",
                )


async def _most(client: AIOKafkaClient, node: int) -> Mapping[int, int]:
    """Return request key → newest version that a broker supports; empty while it does not answer."""

    async def attempt() -> Mapping[int, int]:
        answer = await ask(client, node, ApiVersionRequest())
        if answer.error_code:
            raise refused(answer.error_code)
        if not answer.api_versions:
            raise Doubt("the answer has no versions")
        return {key: most for key, _, most in answer.api_versions}

    try:
        async with asyncio.timeout(SECONDS):
            return await until_certain(attempt, f"the requests that broker {node} supports", SECONDS)
    except (BrokerUnavailable, TryAgain, *UNREACHABLE):
        return {}
