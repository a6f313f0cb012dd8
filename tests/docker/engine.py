"""The container engine: the one that answers, else a dockerd of our own that is stopped at the end."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.docker.shell import CommandError, answers, docker, install
from worker.paths import cache_dir

# Sockets have a short longest path, so the run directory is not below the cache.
RUN = Path("/run/alphapulse-docker")
SOCKET = f"unix://{RUN}/docker.sock"
PIDFILE = RUN / "dockerd.pid"
START_SECONDS = 40.0
STOP_SECONDS = 40.0
KEPT_LAYERS = "4GB"


def home() -> Path:
    """Where images and the engine's log stay between runs."""
    return cache_dir() / "docker"


@contextmanager
def engine() -> Iterator[str]:
    """A container engine that answers; yields which one, in words. `DOCKER_HOST` points at it meanwhile.

    Raises:
        CommandError: none answers and none can be started here.
    """
    if answers("docker", "info"):
        yield "the engine that was running"
        return
    with _alone():
        _stop(_left_over())
        daemon = _start()
        before = os.environ.get("DOCKER_HOST")
        os.environ["DOCKER_HOST"] = SOCKET
        try:
            _await_answer(daemon)
            yield f"a dockerd started for this run (images kept in {home()})"
            _tidy()
        finally:
            _stop(daemon.pid)
            daemon.wait(timeout=5)
            os.environ.pop("DOCKER_HOST") if before is None else os.environ.update(DOCKER_HOST=before)


@contextmanager
def _alone() -> Iterator[None]:
    if os.geteuid() != 0:
        raise CommandError("no container engine answers `docker info`: start one, or run this as root")
    RUN.mkdir(mode=0o700, exist_ok=True)
    with (RUN / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError("another run of the container tests is using its engine; wait for it") from None
        yield


def _start() -> subprocess.Popen[bytes]:
    install("dockerd", "docker.io")
    home().mkdir(parents=True, exist_ok=True)
    command = ["dockerd", "--host", SOCKET, "--data-root", str(home() / "data")]
    command += ["--exec-root", str(RUN / "exec"), "--pidfile", str(PIDFILE)]
    if shutil.which("setpriv"):  # so the daemon ends even when this process is killed
        command = ["setpriv", "--pdeathsig", "TERM", "--", *command]
    with (home() / "dockerd.log").open("wb") as log:
        # A session of its own: Ctrl-C must reach the containers' clean-up here, not the daemon below it.
        return subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)


def _await_answer(daemon: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not answers("docker", "info"):
        if daemon.poll() is not None or time.monotonic() > deadline:
            tail = (home() / "dockerd.log").read_text(errors="replace").splitlines()[-8:]
            raise CommandError("dockerd did not come up; its log ends with\n" + "\n".join(tail))
        time.sleep(0.2)


def _tidy() -> None:
    """What a killed run left, and images of earlier builds, would fill the disk; recent layers stay for the next."""
    for kind in ("container", "network", "volume", "image"):
        docker(kind, "prune", "--force", timeout=60)
    docker("builder", "prune", "--force", f"--keep-storage={KEPT_LAYERS}", timeout=60)


def _left_over() -> int | None:
    """The daemon of a run that was killed before it could stop it, by the pid it wrote."""
    try:
        pid = int(PIDFILE.read_text())
        return pid if Path(f"/proc/{pid}/comm").read_text().strip() == "dockerd" else None
    except (OSError, ValueError):
        return None


def _stop(pid: int | None) -> None:
    if pid is None:
        return
    deadline = time.monotonic() + STOP_SECONDS
    try:
        os.kill(pid, signal.SIGTERM)
        while not _gone(pid):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.1)
    except ProcessLookupError:
        return


def _gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True
