"""What one node of a cluster says about leaders, replicas and coordinators, and topics on chosen nodes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.conn import create_conn
from aiokafka.errors import KafkaError, for_code
from aiokafka.protocol.api import Request
from aiokafka.protocol.coordination import FindCoordinatorRequest
from aiokafka.protocol.metadata import MetadataRequest

from tests.support.fleet import until
from tests.support.kafka import KEEP_ALL
from worker.broker import Broker, Cluster

GROUP, TRANSACTION = 0, 1  # what a coordinator is asked for


class Replicas(NamedTuple):
    """One partition as a node sees it; `leader` is -1 without one, `in_sync` are node ids."""

    leader: int
    all: frozenset[int]
    in_sync: frozenset[int]


async def answered(condition: Callable[[], Awaitable[bool]], what: str, within_s: float = 30.0) -> float:
    """Wait for a condition; returns the seconds it took. A node that does not answer has not met it."""

    async def met() -> bool:
        try:
            return await condition()
        except (KafkaError, OSError):  # TimeoutError is an OSError
            return False

    return await until(met, within_s, what)


async def ask(node: Broker, request: Request[Any], timeout_s: float = 5.0) -> Any:
    """The answer of this very node, as an object."""
    return (await answer(node, request, timeout_s)).to_object()


async def answer(node: Broker, request: Any, timeout_s: float = 5.0) -> Any:
    """The answer of this very node, as it was sent."""
    host, _, port = node.bootstrap.rpartition(":")
    async with asyncio.timeout(timeout_s):
        connection = await create_conn(host, int(port))
        try:
            return await connection.send(request)
        finally:
            connection.close()


async def replicas(node: Broker, topic: str) -> dict[int, Replicas]:
    """The partitions of a topic as this node sees them."""
    (found,) = (await ask(node, MetadataRequest([topic])))["topics"]
    if found["error_code"]:
        raise for_code(found["error_code"])(topic)
    return {
        p["partition"]: Replicas(p["leader"], frozenset(p["replicas"]), frozenset(p["isr"]))
        for p in found["partitions"]
    }


async def coordinator(node: Broker, key: str, kind: int = GROUP) -> int:
    """The id of the node that coordinates a group or a transactional id, as this node sees it."""
    found = await ask(node, FindCoordinatorRequest(key, kind))
    if found["error_code"]:
        raise for_code(found["error_code"])(key)
    return int(found["coordinator_id"])


async def name_at(cluster: Cluster, node: int, prefix: str, kind: int = GROUP) -> str:
    """A group or transactional id below `prefix` that this node coordinates."""
    for number in range(1000):
        name = f"{prefix}{number}"
        found: list[int] = []

        async def known(name: str = name, found: list[int] = found) -> bool:
            found.append(await coordinator(cluster[node], name, kind))
            return True

        await answered(known, f"a coordinator of {name}")  # the first look-up makes the internal topic
        if found[-1] == node:
            return name
    raise AssertionError(f"node {node} coordinates nothing")


async def create_on(
    cluster: Cluster, topic: str, nodes: Sequence[Sequence[int]], configs: Mapping[str, str] | None = None
) -> None:
    """Create a topic whose partition p lies on `nodes[p]`, led by the first; returns when all nodes know it."""
    settings = KEEP_ALL | dict(configs or {})
    layout = {p: list(ids) for p, ids in enumerate(nodes)}
    admin = AIOKafkaAdminClient(bootstrap_servers=cluster.bootstrap)
    await admin.start()
    try:
        new = NewTopic(topic, -1, -1, replica_assignments=layout, topic_configs=settings)
        (made,) = (await admin.create_topics([new])).to_object()["topic_errors"]
    finally:
        await admin.close()
    if made["error_code"]:
        raise for_code(made["error_code"])(f"{topic}: {made['error_message']}")

    async def known() -> bool:
        seen = [await replicas(node, topic) for node in cluster if node.running]
        return all({p: r.leader for p, r in view.items()} == {p: ids[0] for p, ids in layout.items()} for view in seen)

    await answered(known, f"{topic} is known on all nodes")
