"""One process of the demo, a worker or another role: started, watched through its log and probes, killed."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from worker.broker.process import Process, spawn

_CONSUMED = re.compile(rb"^alphapulse_records_consumed_total\{[^}]*\} (\S+)$", re.MULTILINE)
_PROBE_TIMEOUT = 2.0


class Member:
    """A real `alphapulse worker`, or another program, that the kernel ends when this process ends."""

    def __init__(
        self,
        name: str,
        arguments: list[str],
        environment: dict[str, str],
        folder: Path,
        program: Sequence[str] = ("worker", "worker"),
    ) -> None:
        self.name = name
        self.state = "starting"  # running, killed or stopped
        self.partitions: tuple[int, ...] = ()
        self.processed = 0
        self.ready = False
        self._log = folder / f"{name}.log"
        self._read = 0
        self.port = 0  # of its probes; 0 until it listens
        self.url = ""  # of the pages, of a gateway that listens
        self._closed = False
        line = [sys.executable, "-m", *program, *arguments]
        self._process: Process = spawn(line, self._log, environment)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it is meant to run."""
        return self.state in ("starting", "running")

    @property
    def ended(self) -> bool:
        """Whether the process is gone."""
        return not self._process.running

    def log_tail(self, lines: int = 5) -> str:
        """Return the last lines of its log."""
        return "\n".join(self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])

    async def look(self) -> None:
        """Read what is new in its log, and ask its probes."""
        self._follow_log()
        if not self.port or not self.alive:
            return
        metrics, ready = await asyncio.gather(_get(self.port, "/metrics"), _get(self.port, "/readyz"))
        self.ready = b" 200 " in ready[:16]
        counts = [float(text) for text in _CONSUMED.findall(metrics)]
        self.processed = max(self.processed, int(sum(counts)))

    def _follow_log(self) -> None:
        with self._log.open("rb") as file:
            file.seek(self._read)
            whole, _, _ = file.read().rpartition(b"\n")
        self._read += len(whole) + 1 if whole else 0
        for line in whole.splitlines():
            self._note(line)

    def _note(self, line: bytes) -> None:
        try:
            entry: dict[str, Any] = json.loads(line)
        except ValueError:
            return  # not ours: what the interpreter or a library printed
        match entry.get("event"):
            case "probes":
                self.port = int(entry["port"])
            case "gateway":
                self.url = entry["url"]
            case "assigned" if self.alive:
                self.state = "running"
                self.partitions = tuple(entry.get("partitions", ()))  # the monitor names none

    def kill(self) -> None:
        """Send SIGKILL: nothing is finished or committed."""
        self._end("killed", signal.SIGKILL)

    def ask_to_stop(self) -> None:
        """Send SIGTERM: it finishes the batch in hand, commits and leaves the group."""
        self._end("stopped", signal.SIGTERM)

    def _end(self, state: str, number: signal.Signals) -> None:
        if self.alive:
            self.state = state
        self._process.send(number)

    def wait(self, seconds: float) -> bool:
        """Return whether it ends within that time."""
        return self._process.wait(seconds)

    def close(self) -> None:
        """Make sure that it is gone. May be called again."""
        if self._closed:
            return
        self._closed = True
        self._process.send(signal.SIGKILL)
        self._process.wait(5.0)
        self._process.close()


async def _get(port: int, path: str) -> bytes:
    """Return the answer with its head; nothing if the worker does not answer (it may be being killed)."""
    try:
        async with asyncio.timeout(_PROBE_TIMEOUT):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
                return await reader.read()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return b""
