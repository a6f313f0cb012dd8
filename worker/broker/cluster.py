"""A cluster of Kafka nodes on this machine, each a broker and controller, that can fail like a real one."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from worker.broker import storage
from worker.broker.config import Seat, ports_in
from worker.broker.local import Broker
from worker.broker.lock import PINNED, Release
from worker.broker.ports import free_ports
from worker.broker.readiness import known_brokers, wait_until
from worker.errors import BrokerUnavailable

_LOOPBACK = "127.0.0.1"
_LISTENERS = ("PLAINTEXT", "INTERNAL", "CONTROLLER")
_HEAP = "320m"


@dataclass(frozen=True)
class Place:
    """A node's addresses: `host:port` for clients, `private` for the other nodes.

    `launcher` precedes the node's command line, for example to enter a network namespace.
    """

    port: int
    internal: int
    controller: int
    host: str = _LOOPBACK
    private: str = _LOOPBACK
    launcher: Sequence[str] = ()


class Cluster:
    """Kafka nodes 1, 2, 3 … controlled by synchronous calls; each is a `Broker` (`cluster[2].kill()`).

    With three nodes, topics have three replicas, and a record is acknowledged when two have it: one node may be down,
    but with two down nothing is written. `home` keeps the data and the ports of all nodes; without it they are in a
    temporary folder that `close` removes. `port` is the first node's, and the others get the next ones; 0 takes those
    of `home`, or any free ones. `places` gives the nodes other addresses. The rest is as in `Broker`.

    Raises what `Broker` raises, and ConfigError when `home` holds the data of another number of brokers.
    """

    def __init__(
        self,
        brokers: int = 3,
        *,
        home: Path | None = None,
        host: str = _LOOPBACK,
        port: int = 0,
        places: Sequence[Place] | None = None,
        properties: Mapping[str, str] | None = None,
        heap: str = _HEAP,
        detached: bool = False,
        sustained: bool = False,
        start_timeout_s: float = 90.0,
        release: Release = PINNED,
    ) -> None:
        self._temporary = home is None
        self.home = home or Path(tempfile.mkdtemp(prefix="alphapulse-cluster-"))
        self._start_timeout_s = start_timeout_s
        storage.prepare(self.home, brokers)
        self.cluster_id = _kept_id(self.home, brokers)
        self._places = tuple(places or _on_this_machine(self.home, brokers, host, port))
        controllers = {n: f"{place.private}:{place.controller}" for n, place in enumerate(self._places, 1)}
        self.nodes = tuple(
            Broker(
                home=node_home(self.home, n),
                host=place.host,
                port=place.port,
                properties=properties,
                heap=heap,
                detached=detached,
                sustained=sustained,
                start_timeout_s=start_timeout_s,
                seat=Seat(n, self.cluster_id, controllers, place.internal, place.controller, place.private),
                launcher=place.launcher,
                release=release,
            )
            for n, place in enumerate(self._places, 1)
        )

    def __getitem__(self, node: int) -> Broker:
        """Return the node with this id; the first is 1."""
        if not 1 <= node <= len(self.nodes):
            raise IndexError(node)
        return self.nodes[node - 1]

    def __iter__(self) -> Iterator[Broker]:
        return iter(self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)

    @property
    def bootstrap(self) -> str:
        """`host:port` of all nodes, separated by commas."""
        return ",".join(node.bootstrap for node in self.nodes)

    @property
    def running(self) -> bool:
        """Whether any node's process exists."""
        return any(node.running for node in self.nodes)

    def start(self) -> Self:
        """Start the nodes that don't run, and return when each knows all."""
        before = [node.running for node in self.nodes]
        try:
            self._each(Broker.prepare, [node for node in self.nodes if not node.running])
            self._each(Broker.start, self.nodes)
            self._wait_until_complete()
        except BaseException:
            self._each(Broker.kill, [node for node, ran in zip(self.nodes, before, strict=True) if not ran])
            raise
        return self

    def attach(self) -> bool:
        """Take over the processes that an earlier program left running on this folder; return whether any runs."""
        found = [node.attach() for node in self.nodes]  # a list, so that every node is attached
        return any(found)

    def stop(self, deadline_s: float = 15.0) -> None:
        """Stop all nodes (SIGTERM), and kill those that run after `deadline_s` seconds; the data stay."""
        # Concurrently: the last one alone would wait for a quorum to hand its leaderships to.
        self._each(lambda node: node.stop(deadline_s), self.nodes)

    def kill(self) -> None:
        """Kill all nodes (SIGKILL); the data stay."""
        self._each(Broker.kill, self.nodes)

    def restart(self) -> None:
        """Stop all nodes, and start them again on the same data and ports."""
        self.stop()
        self.start()

    def wait(self, timeout_s: float) -> bool:
        """Wait until all processes have ended; return False after `timeout_s` seconds."""
        return wait_until(lambda: not self.running, timeout_s, lambda: True)

    def close(self) -> None:
        """Stop, and remove a temporary folder."""
        if self._temporary:
            self.kill()
            shutil.rmtree(self.home, ignore_errors=True)
        else:
            self.stop()

    def log_tail(self) -> str:
        """Return the last lines of each node's log."""
        return "\n".join(f"node {n}:\n{node.log_tail()}" for n, node in enumerate(self.nodes, 1))

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def wait_until_complete(self, timeout_s: float) -> bool:
        """Wait until each node lists all nodes; return False after `timeout_s` seconds."""
        everyone = frozenset(range(1, len(self.nodes) + 1))
        return wait_until(lambda: all(_knows(node) == everyone for node in self.nodes), timeout_s, lambda: self.running)

    def _wait_until_complete(self) -> None:
        if not self.wait_until_complete(self._start_timeout_s):
            raise BrokerUnavailable(
                f"the local brokers did not find each other within {self._start_timeout_s:.0f} s",
                f"See the ends of their logs ({self.home}):\n{self.log_tail()}",
            )

    def _each(self, act: Callable[[Broker], object], nodes: Sequence[Broker]) -> None:
        """Call `act` for all nodes concurrently: the first two become ready only together."""
        with ThreadPoolExecutor(len(self.nodes)) as pool:
            for done in [pool.submit(act, node) for node in nodes]:
                done.result()


def node_home(home: Path, node: int) -> Path:
    """Return the folder of one node inside its cluster's."""
    return home / f"node-{node}"


def _knows(node: Broker) -> frozenset[int]:
    host, _, port = node.bootstrap.rpartition(":")
    return known_brokers(host, int(port))


def _kept_id(home: Path, brokers: int) -> str:
    """Return the cluster id of the folder; a new folder gets a new one, before any node has data."""
    path = home / storage.CLUSTER_FILE
    if path.exists():  # and readable: `brokers_in` has read it
        return str(json.loads(path.read_text(encoding="utf-8"))["id"])
    new = {"id": storage.new_cluster_id(), "brokers": brokers}
    part = path.with_suffix(".part")
    part.write_text(json.dumps(new), encoding="utf-8")
    os.replace(part, path)
    return str(new["id"])


def _on_this_machine(home: Path, brokers: int, host: str, port: int) -> list[Place]:
    """Return the addresses of an earlier start in this folder; `port`, unless 0, replaces the ports for clients."""
    kept = [ports_in(node_home(home, n) / "server.properties") for n in range(1, brokers + 1)]
    taken = {number for ports in kept for number in ports.values()} | set(range(port, port + brokers))
    free = iter(free_ports(len(_LISTENERS) * brokers, besides=taken))
    places = []
    for n, known in enumerate(kept):
        client, internal, controller = (known.get(name) or next(free) for name in _LISTENERS)
        places.append(Place(port + n if port else client, internal, controller, host))
    return places
