"""Runs the worker's image the way it is meant to run: nothing writable but /tmp, no privileges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.docker.shell import docker

HARDENED = ("--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--security-opt=no-new-privileges")


def once(image: str, *command: str, entrypoint: str | None = None, timeout: float = 60) -> str:
    """What `command` prints in a container without a network, which is gone afterwards."""
    entry = [f"--entrypoint={entrypoint}"] if entrypoint else []
    return docker("run", "--rm", "--network=none", *HARDENED, *entry, image, *command, timeout=timeout)


@contextmanager
def service(image: str, *command: str, env: Mapping[str, str]) -> Iterator[str]:
    """The id of a container on the host's network that runs `command`; it is removed at the end."""
    given = [f"--env={name}={value}" for name, value in env.items()]
    container = docker("run", "--detach", "--network=host", *HARDENED, *given, image, *command)
    try:
        yield container
    finally:
        docker("rm", "--force", "--volumes", container)


def stop(container: str, seconds: int) -> int:
    """Send SIGTERM, SIGKILL after `seconds`; returns the exit status (137 after SIGKILL)."""
    docker("stop", f"--time={seconds}", container, timeout=seconds + 20)
    return int(docker("inspect", "--format={{.State.ExitCode}}", container))


def running(container: str) -> bool:
    """Whether the container's program still runs."""
    return docker("inspect", "--format={{.State.Running}}", container) == "true"
