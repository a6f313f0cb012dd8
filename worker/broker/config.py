"""The `server.properties` of a single broker or of a node of a cluster."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from worker.broker.listeners import Listener

REPLICAS = 3  # of a topic, if there are as many brokers
ALONE = 1  # node id of a single broker
_FIXED = {"process.roles": "broker,controller", "controller.listener.names": "CONTROLLER"}
_LOOPBACK = "127.0.0.1"
# Kafka's internal topics and timings, scaled down to one machine; callers may override all of it.
_SMALL = {
    "auto.create.topics.enable": "false",
    "unclean.leader.election.enable": "false",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.num.partitions": "1",
    "group.initial.rebalance.delay.ms": "0",
    # After kill -9 the controller admits the broker again only when its old session has expired (default 9 s).
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
}


@dataclass(frozen=True)
class Addresses:
    """A broker's addresses.

    `internal` and `controller` are ports on `private` for brokers and controllers; clients connect to `host`.
    """

    host: str
    clients: Sequence[Listener]
    internal: int
    controller: int
    private: str = _LOOPBACK


@dataclass(frozen=True)
class Seat:
    """A node's place in a cluster.

    `cluster` is Kafka's id of the cluster, `controllers` names the address (`host:port`) of every node's controller.
    """

    node: int
    cluster: str
    controllers: Mapping[int, str]
    internal: int
    controller: int
    private: str = _LOOPBACK


def replicas(brokers: int) -> int:
    """Return the number of replicas of each topic in a cluster of that many brokers."""
    return min(REPLICAS, brokers)


def min_in_sync(brokers: int) -> int:
    """Return `min.insync.replicas` of a cluster: one replica may be missing where there are three."""
    return max(1, replicas(brokers) - 1)


def server_properties(
    addresses: Addresses,
    data: Path | str,
    extra: Mapping[str, str],
    *,
    node: int = ALONE,
    controllers: Mapping[int, str] | None = None,
) -> dict[str, str]:
    """Return all settings of the server; `extra` overrides the defaults.

    `controllers` are those of all nodes of its cluster (id → `host:port`); without them it is a single broker.
    """
    voters = controllers or {node: f"{addresses.private}:{addresses.controller}"}
    quorum = {"node.id": str(node), "controller.quorum.voters": ",".join(f"{n}@{at}" for n, at in voters.items())}
    own = _FIXED | quorum | _network(addresses) | {"log.dirs": str(data)}
    return own | _SMALL | _replication(len(voters)) | dict(extra)


def _replication(brokers: int) -> dict[str, str]:
    factor, in_sync = str(replicas(brokers)), str(min_in_sync(brokers))
    topics = {"default.replication.factor": factor, "min.insync.replicas": in_sync} if brokers > 1 else {}
    return topics | {
        "offsets.topic.replication.factor": factor,
        "transaction.state.log.replication.factor": factor,
        "transaction.state.log.min.isr": in_sync,
        "share.coordinator.state.topic.replication.factor": factor,
        "share.coordinator.state.topic.min.isr": in_sync,
    }


def _network(addresses: Addresses) -> dict[str, str]:
    clients = addresses.clients
    controller = f"CONTROLLER://{addresses.private}:{addresses.controller}"
    # Brokers use this listener among themselves, for example for transaction markers: clients may need a proxy.
    internal = f"INTERNAL://{addresses.private}:{addresses.internal}"
    bound = [f"{c.name}://{addresses.host}:{c.port}" for c in clients]
    advertised = [f"{c.name}://{c.advertised or f'{addresses.host}:{c.port}'}" for c in clients]
    protocols = [f"{c.name}:{c.protocol}" for c in clients]
    own = {f"listener.name.{c.name.lower()}.{key}": value for c in clients for key, value in c.properties.items()}
    return own | {
        "listeners": ",".join([*bound, internal, controller]),
        "advertised.listeners": ",".join([*advertised, internal]),
        "inter.broker.listener.name": "INTERNAL",
        "listener.security.protocol.map": ",".join([*protocols, "INTERNAL:PLAINTEXT", "CONTROLLER:PLAINTEXT"]),
    }


def ports_in(server: Path) -> dict[str, int]:
    """Return listener → port in the properties file of an earlier start; empty without one."""
    if not server.exists():
        return {}
    line = re.search(r"^listeners=(.*)$", server.read_text(encoding="ascii"), re.MULTILINE)
    found = re.findall(r"(\w+)://[^,]*:(\d+)", line[1]) if line else []
    return {name: int(port) for name, port in found}


def write_properties(path: Path, properties: Mapping[str, str]) -> None:
    """Write a Java properties file that only its owner can read, since it may hold passwords."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text("".join(f"{key}={_escaped(value)}\n" for key, value in properties.items()), encoding="ascii")


def _escaped(value: str) -> str:
    # Java reads \uXXXX as UTF-16, so a character outside the BMP is written as a surrogate pair.
    text = value.replace("\\", "\\\\").replace("\n", "\\n")
    units = text.encode("utf-16-be")
    codes = (int.from_bytes(units[i : i + 2], "big") for i in range(0, len(units), 2))
    return "".join(chr(code) if 32 <= code < 127 else f"\\u{code:04x}" for code in codes)
