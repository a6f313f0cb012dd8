"""Worker processes of one group under test: started, stopped, frozen, killed and asked for their state."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.support.outputs import Progress
from worker.settings import Settings
from worker.settings.names import variable

STEP = 0.05  # seconds between two looks at something that offers no way to wait
START = 120.0
PAGE = os.sysconf("SC_PAGE_SIZE")
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
SECTIONS = (
    "KAFKA",
    "TOPICS",
    "PROCESSING",
    "STATE",
    "CONTROL",
    "OPS",
    "MODELS",
    "RISK",
    "GATEWAY",
    "ALERTS",
    "ARCHIVE",
    "ENGINE",
)
OWN_VARIABLES = tuple(f"ALPHAPULSE_{section}__" for section in SECTIONS)


class NotInTime(AssertionError):
    """A condition did not come true within its time."""


async def until(holds: Callable[[], Awaitable[bool]], seconds: float, what: str) -> float:
    """Wait for a condition; returns the seconds it took. Raises NotInTime when it does not come true."""
    begun = time.monotonic()
    while not await holds():
        if time.monotonic() - begun >= seconds:
            raise NotInTime(f"not within {seconds:g} s: {what}")
        await asyncio.sleep(STEP)
    return time.monotonic() - begun


def environment(settings: Settings, **extra: str) -> dict[str, str]:
    """This process's environment with `settings` as ALPHAPULSE_* variables, as far as they were set."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OWN_VARIABLES)}
    given = settings.model_dump(mode="json", exclude_unset=True)
    return kept | dict(_variables((), given)) | extra


def _variables(path: tuple[str, ...], value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for part, inner in value.items():
            yield from _variables((*path, part), inner)
    elif value is not None:
        yield variable(path), json.dumps(value) if isinstance(value, list) else str(value)


class WorkerProcess:
    """One `python -m worker worker`, or `python -m <program> <command>`, in a process group of its own; its log, and
    that of its members, is kept in a file."""

    def __init__(
        self,
        name: str,
        env: dict[str, str],
        log: Path,
        program: Sequence[str] = ("worker",),
        arguments: Sequence[str] = (),
        command: str = "worker",
    ) -> None:
        self.name = name
        self._log = log
        self._port: int | None = None
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *program, command, *arguments],
                env=env | {"ALPHAPULSE_OPS__PORT": "0", "ALPHAPULSE_LOG__FORMAT": "json"},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )

    @property
    def text(self) -> str:
        """Everything it wrote to stdout and stderr."""
        return self._log.read_text(errors="replace")

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The log lines."""
        return [json.loads(line) for line in self.text.splitlines() if line.startswith("{") and line.endswith("}")]

    def events(self, event: str) -> list[dict[str, Any]]:
        """The log lines with this `event`."""
        return [line for line in self.lines if line["event"] == event]

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    @property
    def stopped(self) -> bool:
        """Whether SIGSTOP holds it."""
        return Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"

    @property
    def memory(self) -> tuple[int, int]:
        """(address space, resident memory) in bytes."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()
        return int(pages[0]) * PAGE, int(pages[1]) * PAGE

    @property
    def cpu_seconds(self) -> float:
        """User and system time."""
        user, system = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / TICKS_A_SECOND

    async def probe(self, path: str) -> tuple[int, str]:
        """HTTP status and body; (0, "") while nobody listens. The port is the one that the log names: a port chosen
        here may be taken by another process before the worker listens."""
        if self._port is None:
            self._port = next((line["port"] for line in self.events("probes")), None)
        return (0, "") if self._port is None else await asyncio.to_thread(_get, f"http://127.0.0.1:{self._port}{path}")

    async def metric(self, name: str) -> float | None:
        """Value of a metric without labels."""
        _, body = await self.probe("/metrics")
        found = re.search(rf"^alphapulse_{name} (\S+)$", body, re.MULTILINE)
        return float(found[1]) if found else None

    async def ready(self, partitions: int | None = None, seconds: float = START) -> float:
        """Wait for /readyz to answer 200 (and for this number of partitions); returns the seconds it took."""

        async def holds() -> bool:
            assert self.running, f"{self.name} ended with {self.process.poll()}:\n{self.text}"
            status, _ = await self.probe("/readyz")
            return status == 200 and (partitions is None or await self.metric("assigned_partitions") == partitions)

        try:
            return await until(holds, seconds, f"{self.name} ready with {partitions} partitions")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.text}") from None

    def send(self, number: signal.Signals, group: bool = False) -> None:
        """Send a signal to the process, or to it and its members, as a terminal or systemd does."""
        if group:
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)

    async def exit_code(self, seconds: float) -> int:
        """Wait for its end."""
        try:
            return await asyncio.to_thread(self.process.wait, seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} did not end within {seconds:g} s:\n{self.text}") from None

    def kill(self) -> None:
        """kill -9, its members too, and reap; nothing happens when they have ended."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def _get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
    except OSError:
        return 0, ""


class Fleet:
    """The workers of one group on one set of topics. Leaving the block kills what still runs."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self.workers: list[WorkerProcess] = []
        self._folder = folder
        self.progress = Progress(settings)

    def start(
        self,
        name: str,
        program: Sequence[str] = ("worker",),
        arguments: Sequence[str] = (),
        command: str = "worker",
        **extra: str,
    ) -> WorkerProcess:
        """Start a worker; `extra` are environment variables, `program` the module to run and its first arguments,
        `arguments` those of `command`."""
        log = self._folder / f"{self.settings.processing.group}-{name}.log"
        env = environment(self.settings, **extra)
        self.workers.append(WorkerProcess(name, env, log, program, arguments, command))
        return self.workers[-1]

    async def started(self, name: str, program: Sequence[str] = ("worker",), **extra: str) -> WorkerProcess:
        """Start a worker and wait until it is ready."""
        worker = self.start(name, program, **extra)
        await worker.ready()
        return worker

    async def committed(self, offsets: float, seconds: float, what: str) -> None:
        """Wait until more than so many offsets are committed, in all partitions together."""

        async def holds() -> bool:
            return sum(await self.progress.committed()) > offsets

        await until(holds, seconds, what)

    async def caught_up(self, seconds: float = 60.0) -> None:
        """Wait until the group's offset is the end of the input."""

        async def holds() -> bool:
            ended = [w for w in self.workers if w.process.poll() not in (None, 0, -signal.SIGKILL)]
            assert not ended, f"{ended[0].name} ended with {ended[0].process.returncode}:\n{ended[0].text}"
            return sum(await self.progress.lag()) == 0

        try:
            await until(holds, seconds, f"group at the end of the input, lag {await self.progress.lag()}")
        except AssertionError as error:
            raise AssertionError(f"{error}; lag now {await self.progress.lag()}\n{self.logs()}") from None

    @contextmanager
    def held(self) -> Iterator[None]:
        """All workers that run stand still within the block; those that a test froze stay frozen after it."""
        held = [worker for worker in self.workers if worker.running and not worker.stopped]
        try:
            for worker in held:
                worker.send(signal.SIGSTOP)
            yield
        finally:
            for worker in held:
                worker.send(signal.SIGCONT)

    async def stop(self, seconds: float = 30.0) -> None:
        """SIGTERM to all that run; each must end with 0."""
        running = [worker for worker in self.workers if worker.running]
        for worker in running:
            worker.send(signal.SIGTERM)
        for worker in running:
            code = await worker.exit_code(seconds)
            assert code == 0, f"{worker.name} ended with {code}:\n{worker.text}"

    def logs(self) -> str:
        """All logs, for a failure's message."""
        return "\n".join(f"--- {worker.name} ({worker.process.poll()})\n{worker.text}" for worker in self.workers)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        if error is not None:
            print(self.logs())
        for worker in self.workers:
            worker.kill()
        self.progress.close()


def said(worker: WorkerProcess) -> str:
    """What the worker told the user, after checking that it is one sentence and its fix, without a traceback."""
    plain = [line for line in worker.text.splitlines() if not line.startswith("{")]
    assert "Traceback" not in worker.text, worker.text
    assert len(plain) == 2, worker.text
    assert re.fullmatch(r"error: .+\.", plain[0]), worker.text
    assert plain[1].startswith("  fix: "), worker.text
    return "\n".join(plain)
