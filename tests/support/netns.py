"""A Kafka cluster in network namespaces: nodes can be cut from each other, from the clients, or from one other.

Each node has a namespace with one interface for clients and one for brokers and controllers; both lead to bridges in a
namespace between them, and only that one is linked to this machine. A namespace lives as long as the process that
holds it, which dies with this one: nothing is left behind, however a test ends.
"""

from __future__ import annotations

import ipaddress
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from worker.broker import Cluster
from worker.broker.cluster import Place
from worker.broker.process import spawn

CLIENTS, BROKERS = "clients", "brokers"  # the two networks, their bridges, and the interfaces of a node
_PORTS = {"port": 9092, "internal": 9093, "controller": 9094}
_BLOCK = ipaddress.IPv4Network("10.77.0.0/16")
_HOST = 254
_GONE_S = 10.0


def unusable() -> str | None:
    """Why this machine has no network namespaces for a test; None when it has."""
    if missing := [name for name in ("ip", "nsenter", "unshare") if shutil.which(name) is None]:
        return f"needs {', '.join(missing)}"
    done = subprocess.run(["unshare", "--net", "true"], capture_output=True, text=True, check=False)
    return f"needs the right to make network namespaces: {done.stderr.strip()}" if done.returncode else None


class Namespace:
    """One network namespace, kept by a process of its own."""

    def __init__(self, log: Path) -> None:
        mine = os.stat("/proc/self/ns/net").st_ino
        # Its first output is the sign that it stands in a namespace of its own.
        sleeper = "import os, signal; print(os.stat('/proc/self/ns/net').st_ino, flush=True); signal.pause()"
        output = log.with_suffix(".ns")
        holder = [_path("unshare"), "--net", sys.executable, "-I", "-S", "-c", sleeper]
        self._holder = spawn(holder, output, dict(os.environ))
        while not (said := output.read_text()).endswith("\n"):
            if self._holder.wait(0.005):
                raise RuntimeError(f"no network namespace: {said}")
        assert int(said) != mine
        self.pid = self._holder.pid
        self.ip("link", "set", "lo", "up")

    @property
    def launcher(self) -> tuple[str, ...]:
        """What goes before a command line to run it here."""
        return (_path("nsenter"), f"--net=/proc/{self.pid}/ns/net", "--")

    def ip(self, *arguments: str) -> str:
        """Run the `ip` command here."""
        return _run(*self.launcher, _path("ip"), *arguments)

    def tries(self, *arguments: str) -> bool:
        """Whether the `ip` command succeeds here."""
        command = (*self.launcher, _path("ip"), *arguments)
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def close(self) -> None:
        """End the holder; the kernel removes the namespace with its last process."""
        self._holder.send(signal.SIGKILL)
        self._holder.wait(_GONE_S)
        self._holder.close()


class Network:
    """The namespaces of `nodes` nodes, and what connects them; addresses that no route of this machine leads to."""

    def __init__(self, nodes: int, folder: Path) -> None:
        self.nodes = nodes
        clients, brokers = _unused_networks()
        self._nets = {CLIENTS: clients, BROKERS: brokers}
        self.hub = Namespace(folder / "hub")
        self.link = f"ap{self.hub.pid}"  # at most 15 characters; gone with the namespace at its other end
        self._spaces = [Namespace(folder / f"space-{n}") for n in range(1, nodes + 1)]
        for name in self._nets:
            self.hub.ip("link", "add", name, "type", "bridge")
            self.hub.ip("link", "set", name, "up")
        self._link_this_machine()
        for n in range(1, nodes + 1):
            for name in self._nets:
                self._link(n, name)

    def space(self, node: int) -> Namespace:
        """The namespace of a node."""
        return self._spaces[node - 1]

    def address(self, node: int, network: str) -> str:
        """The address of a node in one of the two networks."""
        return str(self._nets[network][node])

    def places(self) -> list[Place]:
        """Where the nodes of a cluster listen."""
        return [
            Place(
                host=self.address(n, CLIENTS),
                private=self.address(n, BROKERS),
                launcher=self.space(n).launcher,
                **_PORTS,
            )
            for n in range(1, self.nodes + 1)
        ]

    def switch(self, node: int, network: str, on: bool) -> None:
        """Connect a node to one of the networks, or cut it off: packets vanish, connections stay open."""
        self.hub.ip("link", "set", f"{network}-{node}", "up" if on else "down")

    def blackhole(self, one: int, other: int, on: bool) -> None:
        """Let packets between two nodes vanish in both directions, or no longer; both still see all others."""
        for here, there in ((one, other), (other, one)):
            route = ("route", "add" if on else "del", "blackhole", f"{self.address(there, BROKERS)}/32")
            self.space(here).ip(*route)

    def reaches(self, one: int, other: int) -> bool:
        """Whether a broker's packets would get from one node to another."""
        route = ("route", "get", self.address(other, BROKERS))
        return self.space(one).tries(*route)

    @property
    def linked(self) -> bool:
        """Whether this machine still has an interface to the network."""
        return (Path("/sys/class/net") / self.link).exists()

    def close(self) -> None:
        """Remove all of it, and return when it is gone."""
        for space in (*self._spaces, self.hub):
            space.close()
        end = time.monotonic() + _GONE_S
        while self.linked and time.monotonic() < end:
            time.sleep(0.01)  # the kernel takes namespaces away behind our back

    def _link(self, node: int, network: str) -> None:
        space, port = self.space(node), f"{network}-{node}"
        self.hub.ip("link", "add", port, "type", "veth", "peer", "name", network, "netns", str(space.pid))
        self.hub.ip("link", "set", port, "master", network, "up")
        space.ip("addr", "add", f"{self.address(node, network)}/24", "dev", network)
        space.ip("link", "set", network, "up")

    def _link_this_machine(self) -> None:
        ip, hub, net = _path("ip"), str(self.hub.pid), self._nets[CLIENTS]
        _run(ip, "link", "add", self.link, "type", "veth", "peer", "name", "outside", "netns", hub)
        self.hub.ip("link", "set", "outside", "master", CLIENTS, "up")
        _run(ip, "addr", "add", f"{net[_HOST]}/24", "dev", self.link)
        _run(ip, "link", "set", self.link, "up")


class SplitCluster(Cluster):
    """A cluster whose network can be cut. Cuts last until they are healed; a test leaves it whole."""

    def __init__(
        self,
        brokers: int = 3,
        *,
        properties: Mapping[str, str] | None = None,
        sustained: bool = False,
        start_timeout_s: float = 90.0,
    ) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="alphapulse-net-"))
        self.network = Network(brokers, self._folder)
        self._cuts: set[tuple[str, int]] = set()
        self._holes: set[tuple[int, int]] = set()
        super().__init__(
            brokers,
            places=self.network.places(),
            properties=properties,
            sustained=sustained,
            start_timeout_s=start_timeout_s,
        )

    def cut(self, node: int) -> None:
        """Cut a node from all other brokers and controllers; clients still reach it."""
        self._cut(BROKERS, node)

    def cut_clients(self, node: int) -> None:
        """Cut a node from all clients; the other brokers still reach it."""
        self._cut(CLIENTS, node)

    def cut_between(self, one: int, other: int) -> None:
        """Cut two nodes from each other only."""
        self.network.blackhole(one, other, on=True)
        self._holes.add((one, other))

    def heal(self, node: int | None = None) -> None:
        """Undo the cuts of a node, of all without a number."""
        for network, cut in [c for c in self._cuts if node in (None, c[1])]:
            self.network.switch(cut, network, on=True)
            self._cuts.discard((network, cut))
        for pair in [pair for pair in self._holes if node is None or node in pair]:
            self.network.blackhole(*pair, on=False)
            self._holes.discard(pair)

    def close(self) -> None:
        """Stop the nodes; remove their data and the network."""
        try:
            super().close()
        finally:
            self.network.close()
            shutil.rmtree(self._folder, ignore_errors=True)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def _cut(self, network: str, node: int) -> None:
        self.network.switch(node, network, on=False)
        self._cuts.add((network, node))


def _unused_networks() -> tuple[ipaddress.IPv4Network, ipaddress.IPv4Network]:
    """Two networks that no address or route of this machine overlaps: two runs at once get different ones."""
    routes = json.loads(_run(_path("ip"), "-json", "-4", "route", "show", "table", "all"))
    known = [ipaddress.IPv4Network(r["dst"], strict=False) for r in routes if r["dst"] != "default"]
    pairs = list(_BLOCK.subnets(new_prefix=23))
    first = os.getpid() % len(pairs)
    for pair in pairs[first:] + pairs[:first]:
        if not any(pair.overlaps(network) for network in known):
            clients, brokers = pair.subnets(new_prefix=24)
            return clients, brokers
    raise RuntimeError(f"no free network in {_BLOCK}")


def _path(program: str) -> str:
    found = shutil.which(program)
    assert found is not None, program
    return found


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout
