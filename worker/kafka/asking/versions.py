"""Whether the brokers are new enough for what is asked of them."""

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
SECONDS = 3.0  # for a broker that does not answer: another does


class Need(NamedTuple):
    """A request, and the version of it that every Kafka from `OLDEST` on knows."""

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
    """Refuse a cluster that has a broker older than `OLDEST`: while a cluster is upgraded its brokers differ.

    Raises:
        ConfigError: there is one.
        BrokerUnavailable: none says what it knows.
    """
    # One after the other: a client opens its connections so.
    told = {broker.nodeId: await _most(client, broker.nodeId) for broker in client.cluster.brokers()}
    if not any(told.values()):
        raise BrokerUnavailable("no broker says which requests it knows", "Look at the brokers' logs, then try again")
    for node, most in told.items():
        for need in NEEDS if most else ():
            if most.get(need.key, -1) < need.version:
                known = f"only up to version {most[need.key]}" if need.key in most else "not at all"
                raise ConfigError(
                    f"the broker {node} is older than Kafka {OLDEST}: "
                    f"it knows {need.name} {known}, and version {need.version} is needed",
                    f"Upgrade the brokers to Kafka {OLDEST} or newer",
                )


async def _most(client: AIOKafkaClient, node: int) -> Mapping[int, int]:
    """Request key → newest version that a broker knows; empty when it can't be asked now."""

    async def attempt() -> Mapping[int, int]:
        answer = await ask(client, node, ApiVersionRequest())
        if answer.error_code:
            raise refused(answer.error_code)
        if not answer.api_versions:
            raise Doubt("the answer has no versions")
        return {key: most for key, _, most in answer.api_versions}

    try:
        async with asyncio.timeout(SECONDS):
            return await until_certain(attempt, f"the requests that broker {node} knows", SECONDS)
    except (BrokerUnavailable, TryAgain, *UNREACHABLE):
        return {}
