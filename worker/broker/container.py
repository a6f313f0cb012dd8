"""The same broker in a container, for machines with a container engine and without Java."""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from worker.broker.config import Addresses, server_properties
from worker.broker.listeners import Listener
from worker.broker.lock import KAFKA_VERSION
from worker.broker.ports import free_port, require_free
from worker.broker.readiness import wait_until_ready
from worker.errors import BrokerUnavailable, ConfigError
from worker.extras import install

IMAGE_VARIABLE = "ALPHAPULSE_KAFKA_IMAGE"
DEFAULT_IMAGE = f"apache/kafka:{KAFKA_VERSION}"
_CLIENT_PORT = 9092
_DATA = "/tmp/kafka-data"  # inside the container, so it lives as long as the container
_LOOPBACK = "127.0.0.1"
_TAIL_LINES = 15


class DockerBroker:
    """One Kafka node in a container, with the methods of `Broker`; its data live as long as the container.

    `image` (or `ALPHAPULSE_KAFKA_IMAGE`) is the official `apache/kafka`, configured by its `KAFKA_*` variables, or one
    whose entry point is `alphapulse broker run --host 0.0.0.0 --port 9092`, configured by `ALPHAPULSE_BROKER_*`.
    `detached` lets the container outlive this process.
    """

    def __init__(
        self,
        *,
        image: str | None = None,
        port: int = 0,
        properties: Mapping[str, str] | None = None,
        detached: bool = False,
        start_timeout_s: float = 120.0,
    ) -> None:
        self.image = image or os.environ.get(IMAGE_VARIABLE) or DEFAULT_IMAGE
        self._port = port or free_port()
        self._properties = dict(properties or {})
        self._detached, self._start_timeout_s = detached, start_timeout_s
        self._container: Any = None

    @property
    def bootstrap(self) -> str:
        """`host:port` of the plaintext listener, published on this machine's loopback."""
        return f"{_LOOPBACK}:{self._port}"

    @property
    def container_id(self) -> str:
        """The engine's id of the container."""
        return str(self._existing().id)

    @property
    def running(self) -> bool:
        """Whether the container runs or is paused."""
        if self._container is None:
            return False
        self._container.reload()
        return self._container.status in ("running", "paused")

    def start(self) -> Self:
        """Create the container, or start the stopped one, and return when the broker is ready."""
        if self.running:
            return self
        require_free(self._port)
        if self._container is None:
            self._container = self._create()
        else:
            self._container.start()
        if not wait_until_ready(_LOOPBACK, self._port, self._start_timeout_s, lambda: self.running):
            tail = self.log_tail()
            self.close()
            raise BrokerUnavailable(f"the broker in {self.image} did not start", f"See the end of its log:\n{tail}")
        return self

    def stop(self, deadline_s: float = 15.0) -> None:
        """Stop the broker, and kill it after `deadline_s` seconds; the data stay in the container."""
        if self.running:
            self._unfreeze()
            self._container.stop(timeout=int(deadline_s))

    def kill(self) -> None:
        """Kill the broker (SIGKILL); the data stay in the container."""
        if self.running:
            self._unfreeze()
            self._container.kill()
            self._container.wait()

    def pause(self) -> None:
        """Freeze all processes of the container."""
        self._existing().pause()

    def resume(self) -> None:
        """Resume a paused container."""
        self._existing().unpause()

    def restart(self) -> None:
        """Stop, and start again on the same data and port."""
        self.stop()
        self.start()

    def close(self) -> None:
        """Remove the container and its data."""
        if self._container is not None:
            self._container.remove(force=True, v=True)
            self._container = None

    def log_tail(self) -> str:
        """Return the last lines of the container's log."""
        return str(self._existing().logs(tail=_TAIL_LINES).decode(errors="replace"))

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def _existing(self) -> Any:
        if self._container is None:
            raise BrokerUnavailable("the broker's container does not exist", "Start it first")
        return self._container

    def _unfreeze(self) -> None:
        if self._container.status == "paused":
            self._container.unpause()

    def _create(self) -> Any:
        try:
            from docker.errors import DockerException
            from testcontainers.core.config import testcontainers_config
            from testcontainers.core.container import DockerContainer
        except ImportError:
            raise ConfigError("the container support is not installed", install("docker")) from None
        if self._detached:
            testcontainers_config.ryuk_disabled = True  # the reaper would remove the container when this process ends
        published: Any = (_LOOPBACK, self._port)  # only on the loopback interface
        try:
            wanted = DockerContainer(self.image)
            wanted.ports[f"{_CLIENT_PORT}/tcp"] = published  # with_bind_ports accepts no address
            return wanted.with_envs(**self._environment()).start().get_wrapped_container()
        except DockerException as error:
            raise BrokerUnavailable(
                f"no container could be started from {self.image} ({type(error).__name__})",
                f"Check that a container engine runs and has the image, or set another one with {IMAGE_VARIABLE}",
            ) from error

    def _environment(self) -> dict[str, str]:
        client = Listener("PLAINTEXT", port=_CLIENT_PORT, advertised=self.bootstrap)
        addresses = Addresses("0.0.0.0", [client], internal=19_092, controller=19_093)
        settings = server_properties(addresses, _DATA, self._properties)
        return {kafka_variable(key): value for key, value in settings.items()} | {
            "ALPHAPULSE_BROKER_HOME": _DATA,
            "ALPHAPULSE_BROKER_ADVERTISED": self.bootstrap,
            "ALPHAPULSE_BROKER_PROPERTIES": " ".join(f"{key}={value}" for key, value in self._properties.items()),
        }


def kafka_variable(key: str) -> str:
    """Return the environment variable that sets `key` in the official image."""
    return "KAFKA_" + key.replace("_", "___").replace("-", "__").replace(".", "_").upper()
