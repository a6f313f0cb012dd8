"""The `server.properties` of a one-node broker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from worker.broker.listeners import Listener

# Kafka's internal topics and timings cut to the size of one node; anything here can be overridden by the caller.
ONE_NODE = {
    "auto.create.topics.enable": "false",
    "offsets.topic.num.partitions": "4",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    # After kill -9 the controller admits the broker again only when its old registration has run out (default 9 s).
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
}
_FIXED = {"process.roles": "broker,controller", "node.id": "1", "controller.listener.names": "CONTROLLER"}
_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Addresses:
    """Where a broker listens. `internal` and `controller` are for the broker itself and stay on loopback."""

    host: str
    clients: Sequence[Listener]
    internal: int
    controller: int


def server_properties(addresses: Addresses, data: Path | str, extra: Mapping[str, str]) -> dict[str, str]:
    """All settings of the server; `extra` wins over the defaults."""
    return _FIXED | _network(addresses) | {"log.dirs": str(data)} | ONE_NODE | dict(extra)


def _network(addresses: Addresses) -> dict[str, str]:
    clients = addresses.clients
    controller = f"{_LOOPBACK}:{addresses.controller}"
    # The broker reaches itself here (transaction markers, for one): the clients' address may be a proxy's.
    internal = f"INTERNAL://{_LOOPBACK}:{addresses.internal}"
    bound = [f"{c.name}://{addresses.host}:{c.port}" for c in clients]
    advertised = [f"{c.name}://{c.advertised or f'{addresses.host}:{c.port}'}" for c in clients]
    protocols = [f"{c.name}:{c.protocol}" for c in clients]
    own = {f"listener.name.{c.name.lower()}.{key}": value for c in clients for key, value in c.properties.items()}
    return own | {
        "controller.quorum.voters": f"1@{controller}",
        "listeners": ",".join([*bound, internal, f"CONTROLLER://{controller}"]),
        "advertised.listeners": ",".join([*advertised, internal]),
        "inter.broker.listener.name": "INTERNAL",
        "listener.security.protocol.map": ",".join([*protocols, "INTERNAL:PLAINTEXT", "CONTROLLER:PLAINTEXT"]),
    }


def write_properties(path: Path, properties: Mapping[str, str]) -> None:
    """Write a Java properties file that only its owner can read (it may hold passwords)."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text("".join(f"{key}={_escaped(value)}\n" for key, value in properties.items()), encoding="ascii")


def _escaped(value: str) -> str:
    # Java reads \uXXXX as UTF-16, so a character beyond the first plane is written as its two surrogates.
    text = value.replace("\\", "\\\\").replace("\n", "\\n")
    units = text.encode("utf-16-be")
    codes = (int.from_bytes(units[i : i + 2], "big") for i in range(0, len(units), 2))
    return "".join(chr(code) if 32 <= code < 127 else f"\\u{code:04x}" for code in codes)
