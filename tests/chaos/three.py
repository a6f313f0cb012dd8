"""Three brokers whose network can be cut, and groups whose leaders and coordinators lie where a fault wants them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from aiokafka.errors import UnknownTopicOrPartitionError

from tests.chaos.cluster import BOOTSTRAP
from tests.chaos.scene import PROCESSING, RATE, STATE, some_ticks
from tests.support.elections import elect_preferred, move_leader
from tests.support.fleet import Fleet, WorkerProcess
from tests.support.netns import SplitCluster
from tests.support.nodes import GROUP as COORDINATOR_OF_GROUP
from tests.support.nodes import TRANSACTION as COORDINATOR_OF_TRANSACTION
from tests.support.nodes import answer, answered, coordinator, create_on, replicas
from tests.support.oracle import PATIENCE
from tests.support.ticks import Publishing, group_settings
from worker.broker import Broker
from worker.kafka.protocol.offsets import fetch_offsets, fetched
from worker.kafka.topics import wanted
from worker.settings import Settings

PARTITIONS = 2
ENDLESS = 60_000
LEADER, GROUP, TRANSACTIONS = 1, 2, 3  # the nodes that do it in a scene, unless a test says otherwise
PROPERTIES = {
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "500",
    "transaction.max.timeout.ms": "600000",
    "broker.session.timeout.ms": "4000",
    # Leaders stay where a test has put them.
    "auto.leader.rebalance.enable": "false",
}
INTERNAL = ("__consumer_offsets", "__transaction_state")  # by the kind of coordinator that keeps them


class Places(NamedTuple):
    """Which nodes have which part in a group's work; replicas are on all three."""

    logs: int = LEADER  # leads input, outputs and limits
    state: int = LEADER  # leads the state topic
    group: int = GROUP  # coordinates the group
    transactions: int = TRANSACTIONS  # coordinates the transactions of every partition


USUAL = Places()


def order(first: int) -> list[int]:
    """All nodes, that one first."""
    return [first, *(n for n in (1, 2, 3) if n != first)]


def by_way_of(cluster: SplitCluster, first: int) -> dict[str, str]:
    """Environment of a worker that asks this node first."""
    return {BOOTSTRAP: ",".join(cluster[n].bootstrap for n in order(first))}


async def three_scene(cluster: SplitCluster, prefix: str, places: Places = USUAL, **processing: Any) -> Settings:
    """Settings of a group with its topics made, everything in its place."""
    settings = group_settings(cluster.bootstrap, prefix, PARTITIONS, STATE, **(PROCESSING | processing))
    for topic, configs in wanted(settings).items():
        first = places.state if topic == settings.state_topic else places.logs
        await create_on(cluster, topic, [order(first)] * PARTITIONS, configs)
    group = settings.processing.group
    await coordinate(cluster, group, COORDINATOR_OF_GROUP, places.group)
    for p in range(PARTITIONS):
        transactional_id = f"{group}-{settings.topics.input}-{p}"
        await coordinate(cluster, transactional_id, COORDINATOR_OF_TRANSACTION, places.transactions)
    return settings


async def coordinate(cluster: SplitCluster, key: str, kind: int, node: int) -> None:
    """Let this node coordinate a group or a transactional id: it leads the partition that has it."""

    topic = INTERNAL[kind]

    async def known() -> bool:
        # The first look-up makes the internal topic; nodes learn of it one by one.
        return await coordinator(cluster[node], key, kind) > 0 and all([await replicas(n, topic) for n in cluster])

    await answered(known, f"a coordinator of {key}", PATIENCE)
    partitions = len(await replicas(cluster[node], topic))
    await move_leader(cluster, topic, java_hash(key) % partitions, node)

    async def agreed() -> bool:
        return all([await coordinator(each, key, kind) == node for each in cluster])

    await answered(agreed, f"node {node} coordinates {key}", PATIENCE)


def java_hash(text: str) -> int:
    """The absolute value of Java's String.hashCode of ASCII: it is how Kafka spreads names."""
    value = 0
    for character in text:
        value = (31 * value + ord(character)) & 0xFFFFFFFF
    return value if value < 1 << 31 else (1 << 32) - value


def load(settings: Settings, after: int = 0) -> Publishing:
    """A background of ticks that lasts until it is cut."""
    return Publishing(settings, some_ticks(ENDLESS)[after:], RATE)


async def committed_by(node: Broker, settings: Settings, cluster: SplitCluster) -> list[int]:
    """The group's offsets as the coordinator tells them that this node names; 0 where there is none."""
    group, tps = settings.processing.group, [TopicPartition(settings.topics.input, p) for p in range(PARTITIONS)]
    at = cluster[await coordinator(node, group)]
    found = await answer(at, fetch_offsets(group, tps))
    if any(found.codes()):
        raise TimeoutError(f"{list(found.codes())}")  # not yet
    positions = fetched(found, tps)
    return [0 if (p := positions[tp]) is None else p.offset for tp in tps]


async def moved(node: Broker, settings: Settings, cluster: SplitCluster, since: Sequence[int], by: int = 1) -> None:
    """Wait until every partition's offset, as told by way of this node, is `by` past `since`."""

    async def holds() -> bool:
        now = await committed_by(node, settings, cluster)
        return all(at >= then + by for at, then in zip(now, since, strict=True))

    await answered(holds, f"commits beyond {since}", PATIENCE)


async def any_moved(node: Broker, settings: Settings, cluster: SplitCluster, since: Sequence[int], by: int = 1) -> int:
    """Wait until the offset of some partition, as told by way of this node, is `by` past `since`; which it is."""
    found: list[int] = []

    async def holds() -> bool:
        now = await committed_by(node, settings, cluster)
        found.extend(p for p, (at, then) in enumerate(zip(now, since, strict=True)) if at >= then + by)
        return bool(found)

    await answered(holds, f"a commit beyond {since}", PATIENCE)
    return found[0]


async def offsets_now(node: Broker, settings: Settings, cluster: SplitCluster) -> list[int]:
    """What the group has committed by now."""
    found: list[int] = []

    async def holds() -> bool:
        found.extend(await committed_by(node, settings, cluster))
        return True

    await answered(holds, "the group's offsets", PATIENCE)
    return found


async def elsewhere(node: Broker, group: str, than: int) -> int:
    """Wait until this node names another coordinator of the group; returns its number."""
    found: list[int] = []

    async def holds() -> bool:
        found.append(await coordinator(node, group))
        return found[-1] != than

    await answered(holds, f"another coordinator than {than}", PATIENCE)
    return found[-1]


async def another_leader(node: Broker, topic: str, than: int) -> None:
    """Wait until this node sees all partitions of a topic led by others."""

    async def holds() -> bool:
        return all(r.leader not in (than, -1) for r in (await replicas(node, topic)).values())

    await answered(holds, f"another leader of {topic} than {than}", PATIENCE)


async def in_sync(cluster: SplitCluster, topics: Sequence[str]) -> None:
    """Wait until all replicas of these topics are in sync, as each node sees it."""

    async def holds() -> bool:
        seen = [await replicas(node, topic) for node in cluster for topic in topics]
        return all(r.in_sync == r.all and r.leader > 0 for view in seen for r in view.values())

    await answered(holds, "all replicas are in sync", PATIENCE)


async def healed(cluster: SplitCluster) -> None:
    """Undo every fault, and wait until nothing of it is left."""
    cluster.heal()
    for node in cluster:
        if node.running:
            node.resume()
    await asyncio.to_thread(cluster.start)
    made = [topic for topic in INTERNAL if await _exists(cluster[1], topic)]
    await in_sync(cluster, made)
    await elect_preferred(cluster[1], made)
    await in_sync(cluster, made)


async def _exists(node: Broker, topic: str) -> bool:
    try:
        return bool(await replicas(node, topic))
    except UnknownTopicOrPartitionError:
        return False


async def workers(
    fleet: Fleet, cluster: SplitCluster, number: int, first: int = 1, **extra: str
) -> list[WorkerProcess]:
    """So many workers, ready, that ask this node first."""
    started = [fleet.start(f"worker-{n}", **by_way_of(cluster, first), **extra) for n in range(1, number + 1)]
    await asyncio.gather(*(worker.ready(PARTITIONS // number) for worker in started))
    return started
