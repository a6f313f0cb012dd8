"""The daemon of `alphapulse broker start`: a broker or a cluster, one per user, found again by later commands."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from worker.broker.cluster import Cluster, node_home
from worker.broker.config import min_in_sync
from worker.broker.container import DockerBroker
from worker.broker.local import PID_FILE, Broker
from worker.broker.lock import KAFKA_VERSION
from worker.broker.process import from_pid_file
from worker.broker.readiness import is_ready
from worker.broker.storage import brokers_in
from worker.errors import ConfigError
from worker.files import created
from worker.paths import state_dir

PORT = 9092  # of a new broker, or of the first of several


@dataclass(frozen=True)
class Running:
    """A daemon as it was started; `container` is empty for processes, `pid` is 0 for a container.

    `pid` and `log` are the first broker's; `pids` are those of all brokers of a cluster.
    """

    bootstrap: str
    pid: int
    container: str
    version: str
    log: str
    pids: list[int] = field(default_factory=list)

    @property
    def brokers(self) -> int:
        """Number of brokers started."""
        return len(self.bootstrap.split(","))

    @property
    def answering(self) -> int:
        """Number of brokers that answer now."""
        pairs = (address.rpartition(":") for address in self.bootstrap.split(","))
        return sum(is_ready(host, int(port)) for host, _, port in pairs)

    def serves(self, answering: int) -> bool:
        """Return whether records can be written when so many brokers answer: two of three are needed."""
        return answering > self.brokers // 2 and answering >= min_in_sync(self.brokers)


def home() -> Path:
    """Return the folder with the daemon's data, logs and pid files."""
    return state_dir() / "broker"


def find() -> Running | None:
    """Return the running daemon, or None; a cluster runs as long as one of its brokers does."""
    try:
        known = Running(**json.loads(_record().read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    if known.container:
        return known if _container(known.container) is not None else None
    return known if _pids(known.brokers) & {known.pid, *known.pids} else None


def start(port: int | None, docker: bool, brokers: int | None = None) -> tuple[Running, bool]:
    """Start the daemon; return it, and whether this call has started it.

    `port` None takes that of the data folder, or 9092 for a new one; 0 takes any free one if there is no data.
    `brokers` None takes the number of the data folder, or one. Brokers of a running cluster that have ended are
    restarted.

    Raises:
        ConfigError: a daemon runs with another port or number of brokers, or the data is for another number.
    """
    with _exclusive():
        known = find()
        if known is not None:
            _refuse_another(known, port, brokers)
            if known.container or len(_pids(known.brokers)) == known.brokers:
                return known, False
        elif not docker:
            _stop_processes()
        running = _start_container(port) if docker else _start_processes(port, brokers)
        with created(_record(), "Set ALPHAPULSE_STATE_DIR to a folder that can be written"):
            part = _record().with_suffix(".part")
            part.write_text(json.dumps(asdict(running)), encoding="utf-8")
            os.replace(part, _record())
        return running, True


def stop() -> Running | None:
    """Stop the daemon, and return it; None if none ran. Data of processes stay, those of a container are removed."""
    with _exclusive():
        known = find()
        if known is not None and known.container:
            _container(known.container).remove(force=True, v=True)
        _stop_processes()
        _record().unlink(missing_ok=True)
        return known


def _refuse_another(known: Running, port: int | None, brokers: int | None) -> None:
    first = int(known.bootstrap.split(",")[0].rpartition(":")[2])
    what = "Kafka runs" if known.brokers == 1 else f"A cluster of {known.brokers} brokers runs"
    if brokers not in (None, known.brokers):
        wanted = f"with {brokers} brokers" if brokers != 1 else "as one broker"
        raise ConfigError(f"{what} already at {known.bootstrap}, not {wanted}", "Run `alphapulse broker stop` first")
    if port and port != first:
        raise ConfigError(
            f"{what} already at {known.bootstrap}, not on port {port}",
            "Use it there, or stop it first with `alphapulse broker stop`",
        )


def _record() -> Path:
    return home() / "broker.json"


def _start_processes(port: int | None, brokers: int | None) -> Running:
    made_for = brokers_in(home())
    if port is None:
        port = 0 if made_for else PORT
    count = brokers or made_for or 1
    if count == 1:
        broker = Broker(home=home(), port=port, detached=True).start()
        return Running(broker.bootstrap, broker.pid, "", KAFKA_VERSION, str(broker.log_path))
    cluster = Cluster(count, home=home(), port=port, detached=True)
    cluster.attach()
    cluster.start()
    pids = [node.pid for node in cluster]
    return Running(cluster.bootstrap, pids[0], "", KAFKA_VERSION, str(cluster[1].log_path), pids)


def _start_container(port: int | None) -> Running:
    broker = DockerBroker(port=PORT if port is None else port, detached=True).start()
    return Running(broker.bootstrap, 0, broker.container_id, broker.image, "")


def _container(identifier: str) -> Any:
    from docker.client import DockerClient
    from docker.errors import DockerException

    engine: Any = DockerClient
    try:
        container = engine.from_env().containers.get(identifier)
    except DockerException:  # removed, or the engine itself is gone
        return None
    return container if container.status in ("running", "paused") else None


def _pids(brokers: int) -> set[int]:
    """Return the pids of the broker processes that run in the daemon's folder."""
    homes = [home()] if brokers == 1 else [node_home(home(), n) for n in range(1, brokers + 1)]
    found = set()
    for folder in homes:
        if (process := from_pid_file(folder / PID_FILE)) is not None:
            found.add(process.pid)
            process.close()
    return found


def _stop_processes() -> None:
    """Stop the broker processes, even if their starter was killed before it wrote the record."""
    count = brokers_in(home())
    if not count or not _pids(count):
        return
    running = Broker(home=home()) if count == 1 else Cluster(count, home=home())
    if running.attach():
        running.stop()


@contextmanager
def _exclusive() -> Iterator[None]:
    lock = home() / "lock"
    with created(lock, "Set ALPHAPULSE_STATE_DIR to a folder that can be written"):
        home().mkdir(parents=True, exist_ok=True, mode=0o700)
        file = lock.open("w")
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
