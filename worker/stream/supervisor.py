"""`worker --processes N`: N member processes, restarted when they ask for it, stopped together."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time

from worker.errors import Exit
from worker.settings import Settings

log = logging.getLogger(__name__)
RESTART_BACKOFF = 1.0  # seconds, doubled with every restart of a process within a minute
CALM = 60.0


class Child:
    """One member process and how often it came back lately."""

    def __init__(self, index: int, settings: Settings) -> None:
        self.index = index
        self.restarts = 0
        self._settings = settings
        self.start()

    def start(self) -> None:
        """Start (again)."""
        self.started = time.monotonic()
        self.process = subprocess.Popen([sys.executable, "-m", "worker", *sys.argv[1:]], env=self._environment())
        log.info("started process", extra={"index": self.index, "pid": self.process.pid})

    def _environment(self) -> dict[str, str]:
        port = self._settings.ops.port
        given = {"ALPHAPULSE_OPS__PORT": str(port + self.index if port else 0)}
        if name := self._settings.processing.group_instance_id:
            given["ALPHAPULSE_PROCESSING__GROUP_INSTANCE_ID"] = f"{name}-{self.index}"
        return os.environ | given


def _member_arguments(arguments: list[str]) -> list[str]:
    """The command line of one member: ours without the options that a member must not get."""
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


def supervise(settings: Settings, count: int) -> int:
    """Run `count` members until one fails for good or a signal comes; returns the exit code."""
    sys.argv[1:] = _member_arguments(sys.argv[1:])
    stopping = False

    def stop(number: int, frame: object) -> None:
        nonlocal stopping
        stopping = True
        for child in children:
            child.process.send_signal(signal.SIGTERM)

    children: list[Child] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    children += [Child(index, settings) for index in range(count)]
    code = int(Exit.OK)
    while children:
        pid, status = os.wait()
        child = next(c for c in children if c.process.pid == pid)
        code = _ended(child, children, os.waitstatus_to_exitcode(status), stopping, code)
        if code and not stopping:
            stop(signal.SIGTERM, None)
    return code


def _ended(child: Child, children: list[Child], status: int, stopping: bool, code: int) -> int:
    child.process.returncode = status
    if not stopping and (status == Exit.TEMPORARY or status < 0):
        if time.monotonic() - child.started > CALM:
            child.restarts = 0
        child.restarts += 1
        log.warning("process ended, starting it again", extra={"index": child.index, "status": status})
        time.sleep(min(RESTART_BACKOFF * 2 ** (child.restarts - 1), 30.0))  # a crash loop must not eat the machine
        child.start()
        return code
    children.remove(child)
    return code or (status if status >= 0 else 128 - status)
