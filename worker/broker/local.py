"""A real Apache Kafka on this machine: one KRaft node in a child process."""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from worker.broker import java, process, storage
from worker.broker.config import ALONE, Addresses, Seat, ports_in, server_properties, write_properties
from worker.broker.listeners import Listener
from worker.broker.lock import PINNED, Release
from worker.broker.ports import free_port, free_ports, require_free
from worker.broker.process import Process
from worker.broker.readiness import wait_until_ready
from worker.errors import BrokerUnavailable

PID_FILE = "broker.pid"
_ANY = "0.0.0.0"
_STOP_S = 15.0
_TAIL_LINES = 15


class Broker:
    """One Kafka node, controlled by synchronous calls.

    By default it listens in plaintext on a random loopback port, keeps its data in a temporary folder that `close`
    removes, and dies with this process. `home` is a permanent folder instead; if used before, it keeps its port unless
    `port` is given. `detached` lets the broker outlive this process. `advertised` is the `host:port` that clients are
    told, and `listeners` are additional ones. `scram_users` (name → password) are created when the storage is
    formatted; `features` of the cluster (name → level) replace the newest levels. `properties` are Kafka server
    settings that override ours. `sustained` is for long load: it uses all of Java's compilers, which costs CPU at
    first. `seat` makes it a node of a cluster (`Cluster`). `launcher` precedes its command line and must exec it
    (`nsenter --net=...`). `release` replaces the pinned version of Kafka; `java_options` are added to Java's.

    Raises BrokerUnavailable (with the end of the broker's log) when it does not start, ConfigError when the jars or the
    Java runtime are missing or wrong, CannotCreate when its folder can't be used.
    """

    def __init__(
        self,
        *,
        home: Path | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        advertised: str | None = None,
        properties: Mapping[str, str] | None = None,
        listeners: Sequence[Listener] = (),
        scram_users: Mapping[str, str] | None = None,
        features: Mapping[str, int] | None = None,
        heap: str = "512m",
        detached: bool = False,
        sustained: bool = False,
        start_timeout_s: float = 60.0,
        seat: Seat | None = None,
        launcher: Sequence[str] = (),
        release: Release = PINNED,
        java_options: Sequence[str] = (),
    ) -> None:
        self._temporary = home is None
        self.home = home or Path(tempfile.mkdtemp(prefix="alphapulse-broker-"))
        self.log_path = self.home / "server.log"
        self._output = self.home / "server.out"
        self._host, self._heap, self._detached, self._sustained = host, heap, detached, sustained
        self._properties, self._scram_users = dict(properties or {}), dict(scram_users or {})
        self._features = dict(features or {})
        self._start_timeout_s = start_timeout_s
        self._seat, self._launcher, self._release = seat, tuple(launcher), release
        self._java_options = tuple(java_options)
        port = port or ports_in(self._server).get("PLAINTEXT", 0)
        clients = [Listener("PLAINTEXT", port=port, advertised=advertised), *listeners]
        self._clients = [_addressed(client, host) for client in clients]
        self._process: Process | None = None

    @property
    def bootstrap(self) -> str:
        """`host:port` of the plaintext listener."""
        return self.bootstrap_of("PLAINTEXT")

    def bootstrap_of(self, listener: str) -> str:
        """Return the `host:port` at which clients reach a listener."""
        client = self._client(listener)
        return client.advertised or f"{self._host}:{client.port}"

    def port_of(self, listener: str) -> int:
        """Return the port that a listener is bound to, whatever it advertises."""
        return self._client(listener).port

    @property
    def pid(self) -> int:
        """The pid of the running broker; raises BrokerUnavailable when it does not run."""
        return self._running().pid

    @property
    def running(self) -> bool:
        """Whether the broker's process exists, possibly paused."""
        return self._process is not None and self._process.running

    def start(self) -> Self:
        """Start on the data of the last run, if any, and return when the broker is ready; do nothing while it runs."""
        if self.running:
            return self
        self.prepare()
        self._spawn([*self._launcher, *self._command()])
        try:
            self._wait_until_ready()
        except BaseException:
            self.kill()
            raise
        return self

    def prepare(self) -> None:
        """Prepare the start: check the folder and the ports, and format new storage."""
        storage.prepare(self.home)
        if not self._launcher:  # a launcher may enter a namespace with its own ports
            for client in self._clients:
                require_free(client.port, self._host)
        self._write_properties()
        if not storage.is_formatted(self.home / "data"):
            cluster = self._seat.cluster if self._seat else None
            users, features = self._scram_users, self._features
            storage.format_storage(self._server, self.log_path, users, features, cluster, self._release)

    def attach(self) -> bool:
        """Take over the process that an earlier program left running on this folder; return whether one runs."""
        if not self.running:
            self._process = process.from_pid_file(self.home / PID_FILE)
        return self.running

    def stop(self, deadline_s: float = _STOP_S) -> None:
        """Stop the broker (SIGTERM), and kill it after `deadline_s` seconds; the data stay."""
        if self._process is None:
            return
        self._process.send(signal.SIGTERM)
        self._process.send(signal.SIGCONT)  # a paused process gets SIGTERM only when resumed
        if not self._process.wait(deadline_s):
            self._process.send(signal.SIGKILL)
        self._ended()

    def kill(self) -> None:
        """Kill the broker (SIGKILL), without a flush or a clean shutdown; the data stay."""
        if self._process is not None:
            self._process.send(signal.SIGKILL)
            self._ended()

    def pause(self) -> None:
        """Freeze the process (SIGSTOP): connections stay open, but get no answers."""
        self._running().freeze()

    def resume(self) -> None:
        """Resume a paused process (SIGCONT)."""
        self._running().send(signal.SIGCONT)

    def restart(self) -> None:
        """Stop, and start again on the same data and ports."""
        self.stop()
        self.start()

    def wait(self, timeout_s: float) -> bool:
        """Wait until the process has ended; return False after `timeout_s` seconds."""
        return self._process is None or self._process.wait(timeout_s)

    def close(self) -> None:
        """Stop, and remove a temporary folder."""
        if self._temporary:
            self.kill()
            shutil.rmtree(self.home, ignore_errors=True)
        else:
            self.stop()

    def log_tail(self) -> str:
        """Return the last lines of the broker's log, or of Java's output if there is no log."""
        source = self.log_path if self.log_path.exists() and self.log_path.stat().st_size else self._output
        lines = source.read_text(encoding="utf-8", errors="replace").splitlines() if source.exists() else []
        return "\n".join(lines[-_TAIL_LINES:])

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def _client(self, listener: str) -> Listener:
        return next(c for c in self._clients if c.name == listener)

    @property
    def _local_host(self) -> str:
        return "127.0.0.1" if self._host == _ANY else self._host

    def _running(self) -> Process:
        if self._process is None or not self._process.running:
            raise BrokerUnavailable("the local broker does not run", "Run `alphapulse broker start`")
        return self._process

    def _ended(self) -> None:
        assert self._process is not None
        self._process.wait(_STOP_S)
        self._process.close()
        self._process = None

    @property
    def _server(self) -> Path:
        return self.home / "server.properties"

    def _write_properties(self) -> None:
        data, seat = self.home / "data", self._seat
        if seat is None:
            # These two may change at each start: only this broker itself connects to them.
            internal, controller = free_ports(2, besides=[c.port for c in self._clients])
            addresses = Addresses(self._host, self._clients, internal, controller)
            properties = server_properties(addresses, data, self._properties)
        else:
            addresses = Addresses(self._host, self._clients, seat.internal, seat.controller, seat.private)
            node, controllers = seat.node, seat.controllers
            properties = server_properties(addresses, data, self._properties, node=node, controllers=controllers)
        write_properties(self._server, properties)

    def _command(self) -> list[str]:
        return java.command(
            "kafka.Kafka",
            str(self._server),
            heap=self._heap,
            log=self.log_path,
            sustained=self._sustained,
            release=self._release,
            options=self._java_options,
        )

    def _spawn(self, command: list[str]) -> None:
        spawn = process.spawn_detached if self._detached else process.spawn
        self._process = spawn(command, self._output, java.environment())
        process.write_pid_file(self.home / PID_FILE, self._process)

    def _wait_until_ready(self) -> None:
        port, limit_s = self._clients[0].port, self._start_timeout_s
        node = self._seat.node if self._seat else ALONE
        if wait_until_ready(self._local_host, port, limit_s, lambda: self.running, node):
            return
        what = f"was not ready within {limit_s:.0f} s" if self.running else "ended while starting"
        raise BrokerUnavailable(
            f"the local broker {what}", f"See the end of its log ({self.log_path}):\n{self.log_tail()}"
        )


def _addressed(client: Listener, host: str) -> Listener:
    """Return the listener with a port, and with an address that clients can use."""
    port = client.port or free_port(host)
    # Kafka refuses to advertise "any address".
    return replace(client, port=port, advertised=client.advertised or (f"localhost:{port}" if host == _ANY else None))
