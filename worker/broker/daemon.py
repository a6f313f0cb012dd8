"""The broker of `alphapulse broker start`: at most one a user, found again by every later command."""

from __future__ import annotations

import fcntl
import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from worker.broker.container import DockerBroker
from worker.broker.local import PID_FILE, Broker
from worker.broker.lock import KAFKA_VERSION
from worker.broker.process import Process, from_pid_file
from worker.broker.readiness import is_ready
from worker.paths import state_dir

_STOP_S = 15.0


@dataclass(frozen=True)
class Running:
    """A broker that was started as a daemon; `container` is empty for a process, `pid` is 0 for a container."""

    bootstrap: str
    pid: int
    container: str
    version: str
    log: str

    @property
    def serving(self) -> bool:
        """Whether it answers now."""
        host, _, port = self.bootstrap.rpartition(":")
        return is_ready(host, int(port))


def home() -> Path:
    """The folder with the daemon's data, log and pid file."""
    return state_dir() / "broker"


def find() -> Running | None:
    """The running daemon, if there is one."""
    try:
        known = Running(**json.loads(_record().read_text()))
    except FileNotFoundError:
        return None
    if known.container:
        return known if _container(known.container) is not None else None
    process = from_pid_file(home() / PID_FILE)
    return known if process is not None and process.pid == known.pid else None


def start(port: int, docker: bool) -> tuple[Running, bool]:
    """The daemon, and whether it was this call that started it. `port` is for a new one; 0 takes any free port."""
    with _exclusive():
        if (known := find()) is not None:
            return known, False
        _end_orphan()
        running = _start_container(port) if docker else _start_process(port)
        _record().write_text(json.dumps(asdict(running)))
        return running, True


def stop() -> Running | None:
    """End the daemon; None when there was none. A process keeps its data, a container takes them with it."""
    with _exclusive():
        known = find()
        if known is not None and known.container:
            _container(known.container).remove(force=True, v=True)
        _end_orphan()
        _record().unlink(missing_ok=True)
        return known


def _record() -> Path:
    return home() / "broker.json"


def _start_process(port: int) -> Running:
    broker = Broker(home=home(), port=port, detached=True).start()
    return Running(broker.bootstrap, broker.pid, "", KAFKA_VERSION, str(broker.log_path))


def _start_container(port: int) -> Running:
    broker = DockerBroker(port=port, detached=True).start()
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


def _end_orphan() -> None:
    """End the broker process, also one whose starter was killed before it could write the record."""
    process = from_pid_file(home() / PID_FILE)
    if process is None:
        return
    _end(process)
    (home() / PID_FILE).unlink()


def _end(process: Process) -> None:
    process.send(signal.SIGTERM)
    process.send(signal.SIGCONT)
    if not process.wait(_STOP_S):
        process.send(signal.SIGKILL)
        process.wait(_STOP_S)
    process.close()


@contextmanager
def _exclusive() -> Iterator[None]:
    home().mkdir(parents=True, exist_ok=True, mode=0o700)
    with (home() / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
