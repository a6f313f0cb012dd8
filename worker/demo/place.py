"""The place of the demo, all removed at the end: a folder for logs, compiled kernels, its own or a given broker."""

from __future__ import annotations

import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from worker.broker import Broker, daemon
from worker.broker.lock import KAFKA_VERSION
from worker.broker.ports import is_free
from worker.demo.screen import Screen
from worker.demo.steps import Steps
from worker.errors import AlphapulseError
from worker.settings import Settings, load_settings

PARTITIONS = 6
# A dead worker is noticed after the session timeout; Kafka's lower limit is 6 s.
TIMES = {"session_timeout_ms": 6_000, "heartbeat_interval_ms": 1_500}
EVERY = 1.0  # seconds between looks at what is being compiled


class Options(NamedTuple):
    """What the command line says."""

    symbols: int = 240
    seconds: float = 18.0
    rate: float = 4_000.0
    bootstrap: str | None = None
    keep: bool = False


class Place(NamedTuple):
    """A broker and the names to use there."""

    settings: Settings
    daemon: bool  # `alphapulse broker stop` ends the broker
    shared: bool  # others use the broker too: our topics are deleted at the end


@contextmanager
def folder() -> Iterator[Path]:
    """Make a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="alphapulse-demo-") as name:
        yield Path(name)


class Engine:
    """`alphapulse warmup` beside the start of the broker: loads the kernels, or compiles them on a new machine."""

    def __init__(self, logs: Path) -> None:
        self._log = logs / "warmup.log"
        with self._log.open("wb") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "worker", "warmup"],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def wait(self, screen: Screen) -> bool:
        """Wait for the kernels, and return whether they had to be compiled.

        Raises:
            AlphapulseError: with the end of what it printed.
        """
        compiled = False
        with self._log.open(encoding="utf-8", errors="replace") as told:
            while (code := self._ended(EVERY)) is None:
                for line in iter(told.readline, ""):
                    if line.startswith("compiled "):
                        compiled = True
                        screen.say(f"     {line.strip()}")
        if code:
            tail = "\n".join(self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:])
            raise AlphapulseError("the engine can't be loaded", f"the end of what it printed:\n{tail}")
        return compiled

    def _ended(self, seconds: float) -> int | None:
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def close(self) -> None:
        """End it if it still runs."""
        self._process.kill()
        self._process.wait()


def find_place(options: Options, steps: Steps, stack: ExitStack) -> Place:
    """Use the given broker or start one; what is started is ended by `stack`."""
    if options.bootstrap is not None:
        name = f"demo-{secrets.token_hex(3)}"
        settings = _settings(options.bootstrap, name, f"{name}.")
        return Place(settings, daemon=False, shared=True)
    with steps.step("start a real Kafka on this machine") as step:
        if options.keep:
            bootstrap, is_new = _keep_running(stack)
        else:
            bootstrap, is_new = stack.enter_context(Broker()).bootstrap, True
        step.text = f"Kafka {KAFKA_VERSION} {'runs' if is_new else 'runs already'} at {bootstrap}"
    # A kept broker keeps its data: whatever earlier demos left there has other names.
    name = f"demo-{secrets.token_hex(3)}" if options.keep else ""
    settings = _settings(bootstrap, name or "alphapulse", f"{name}." if name else "", security_protocol="PLAINTEXT")
    return Place(settings, daemon=options.keep, shared=not is_new)


def _keep_running(stack: ExitStack) -> tuple[str, bool]:
    running, is_new = daemon.start(None if is_free(daemon.PORT) else 0, docker=False)
    if is_new:
        stack.push(_stop_after_failure)
    return running.bootstrap, is_new


def _stop_after_failure(kind: type[BaseException] | None, *_: object) -> None:
    if kind is not None:
        daemon.stop()


def _settings(bootstrap: str, group: str, prefix: str, **kafka: Any) -> Settings:
    return load_settings(
        {
            "kafka": {"bootstrap_servers": bootstrap, **kafka},
            "topics": {"prefix": prefix, "partitions": PARTITIONS},
            "processing": {"group": group, "guarantee": "exactly_once", **TIMES},
        }
    )
