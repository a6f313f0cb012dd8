"""The supervisor of `worker --processes N`: N member processes, restarted on request, stopped together."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

from worker.errors import Exit
from worker.settings import Settings
from worker.stream.shutdown import AGAIN, SIGNALS

log = logging.getLogger(__name__)
RESTART_BACKOFF = 1.0  # seconds, doubled with every restart of a process within a minute
MAX_BACKOFF = 30.0  # a crash loop must not use up the machine
CALM = 60.0
LOOK = 1.0  # seconds between two checks of the clock
WAITED_FOR = {*SIGNALS, signal.SIGCHLD}


class Child:
    """One member process and its recent restarts."""

    def __init__(self, index: int, settings: Settings, arguments: Sequence[str]) -> None:
        self.index = index
        self.restarts = 0
        self.due: float | None = None  # time of its restart, monotonic seconds; None while it runs
        self._settings, self._arguments = settings, arguments
        self.start()

    def start(self) -> None:
        """Start or restart. The process inherits the blocked signals and unblocks them once it can handle them."""
        self.due = None
        self.started = time.monotonic()
        self.process = subprocess.Popen([sys.executable, "-m", "worker", *self._arguments], env=self._environment())
        log.info("started process", extra={"index": self.index, "pid": self.process.pid})

    def start_later(self, status: int) -> None:
        """Schedule a restart, after a pause that grows with every restart."""
        if time.monotonic() - self.started > CALM:
            self.restarts = 0
        self.restarts += 1
        pause = min(RESTART_BACKOFF * 2 ** (self.restarts - 1), MAX_BACKOFF)
        self.due = time.monotonic() + pause
        log.warning("process ended, starting it again", extra={"index": self.index, "status": status, "seconds": pause})

    def wants_restart(self, status: int) -> bool:
        """Return whether to restart it: it requests that, was killed, or met no broker at a restart."""
        return status < 0 or status == Exit.TEMPORARY or (status == Exit.UNAVAILABLE and self.restarts > 0)

    def _environment(self) -> dict[str, str]:
        port = self._settings.ops.port
        given = {"ALPHAPULSE_OPS__PORT": str(port + self.index if port else 0)}
        if name := self._settings.processing.group_instance_id:
            given["ALPHAPULSE_PROCESSING__GROUP_INSTANCE_ID"] = f"{name}-{self.index}"
        return os.environ | given


def member_arguments(arguments: Sequence[str]) -> list[str]:
    """Return the command line of one member: ours without the options that a member must not get."""
    kept, skip = [], False
    for argument in arguments:
        name = argument.split("=")[0]
        if skip:
            skip = False
        elif name in ("--processes", "-n", "--ops-port"):
            skip = "=" not in argument
        else:
            kept.append(argument)
    return kept


class Supervisor:
    """The parent that starts, restarts and stops the members."""

    def __init__(self, settings: Settings, count: int, arguments: Sequence[str]) -> None:
        # From here on signals are pending until `run` takes them: none is lost, and none interrupts anything.
        signal.pthread_sigmask(signal.SIG_BLOCK, WAITED_FOR)
        self._code = int(Exit.OK)
        self._seconds = settings.processing.shutdown_timeout_ms / 1000
        self._stopped_at: float | None = None
        given = member_arguments(arguments)
        self._children = [Child(index, settings, given) for index in range(count)]

    def run(self) -> int:
        """Wait until all have ended and return the exit code."""
        while self._children:
            received = signal.sigtimedwait(WAITED_FOR, self._patience())
            if received is not None and received.si_signo in SIGNALS:
                self._on_signal(signal.Signals(received.si_signo))
            self._reap()
            self._start_due()
            if self._stopped_at is not None and time.monotonic() - self._stopped_at >= self._seconds:
                self._kill()
        return self._code

    def _patience(self) -> float:
        now = time.monotonic()
        return min([LOOK, *(max(child.due - now, 0.0) for child in self._children if child.due is not None)])

    def _on_signal(self, number: signal.Signals) -> None:
        if self._stopped_at is None:
            log.info("stopping", extra={"signal": number.name})
            self._stop()
        elif time.monotonic() - self._stopped_at >= AGAIN:
            self._tell_all(signal.SIGTERM)  # their second; a signal to the process group has reached them already

    def _stop(self) -> None:
        self._stopped_at = time.monotonic()
        self._tell_all(signal.SIGTERM)
        for child in [child for child in self._children if child.due is not None]:
            self._children.remove(child)
            self._ended_with(Exit.TEMPORARY)  # its last work may not be committed

    def _tell_all(self, number: signal.Signals) -> None:
        for child in self._children:
            if child.due is None:
                child.process.send_signal(number)

    def _reap(self) -> None:
        for child in list(self._children):
            if child.due is None and (status := child.process.poll()) is not None:
                self._on_end(child, status)

    def _on_end(self, child: Child, status: int) -> None:
        if self._stopped_at is None and child.wants_restart(status):
            child.start_later(status)
            return
        self._children.remove(child)
        self._ended_with(Exit.TEMPORARY if status < 0 else status)
        if self._stopped_at is None and status:
            log.error("process failed: stopping all", extra={"index": child.index, "status": status})
            self._stop()

    def _ended_with(self, code: int) -> None:
        """Keep the first failure's code, but let an interruption replace it."""
        self._code = code if code == Exit.INTERRUPTED else self._code or code

    def _start_due(self) -> None:
        now = time.monotonic()
        for child in self._children:
            if child.due is not None and child.due <= now:
                child.start()

    def _kill(self) -> None:
        for child in list(self._children):
            log.error("process does not end: killed", extra={"index": child.index, "pid": child.process.pid})
            child.process.kill()
            self._on_end(child, child.process.wait())


def supervise(settings: Settings, count: int, arguments: Sequence[str]) -> int:
    """Run `count` members until a permanent failure or a signal, and return the exit code.

    `arguments` are those of our own command line.
    """
    return Supervisor(settings, count, arguments).run()
