"""CPU time of a client over its work, seen from outside: its whole process tree against what it has finished."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

TICKS = os.sysconf("SC_CLK_TCK")
STEADY_FROM = 0.25  # share of the work after which imports, kernels and just-in-time compilers count no more
LOOK_S = 0.1
STOP_S = 15.0


class Spent(NamedTuple):
    """`cpu` in seconds, user and system, of a tree and its reaped children; `rss_mb` its peak."""

    cpu: float
    rss_mb: float


class Sample(NamedTuple):
    """What was finished when so much CPU had been spent."""

    done: int
    cpu: float


class Rates(NamedTuple):
    """Records per CPU-second between 25 % and 100 % of them, and from process start; MB of memory; wall seconds."""

    steady: float
    total: float
    rss_mb: float
    wall_s: float
    records: int


class Client:
    """One process under measurement, in a session of its own; its output goes to a file."""

    def __init__(self, command: Sequence[str], log: Path, environment: dict[str, str] | None = None) -> None:
        self.log = log
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=environment, start_new_session=True
            )

    @property
    def spent(self) -> Spent:
        """So far."""
        return spent(self.process.pid)

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def tail(self, lines: int = 12) -> str:
        """The end of what it wrote."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def stop(self) -> None:
        """SIGTERM, and SIGKILL for its session when it takes too long."""
        if self.running:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Failed(Exception):
    """A client ended early or did not finish in time."""


def measure(clients: Sequence[Client], done: Callable[[], int], records: int, deadline_s: float) -> Rates:
    """Watch clients until `done()` reaches `records`.

    Raises:
        Failed: a client ended, or the deadline passed.
    """
    begun = time.monotonic()
    samples: list[Sample] = []
    rss = 0.0
    while not samples or samples[-1].done < records:
        finished, used = done(), [client.spent for client in clients]
        samples.append(Sample(min(finished, records), sum(one.cpu for one in used)))
        rss = max(rss, sum(one.rss_mb for one in used))
        for client in clients:
            if not client.running:
                raise Failed(f"ended with {client.process.returncode}:\n{client.tail()}")
        if time.monotonic() - begun > deadline_s:
            raise Failed(f"{samples[-1].done:,} of {records:,} in {deadline_s:.0f} s:\n{clients[0].tail()}")
        time.sleep(LOOK_S)  # offsets can't be waited for
    return Rates(steady(samples), records / samples[-1].cpu, rss, time.monotonic() - begun, records)


def steady(samples: Sequence[Sample]) -> float:
    """Records per CPU-second from the first sample at 25 % or more of the last one's records to the last one."""
    last = samples[-1]
    first = next(sample for sample in samples if sample.done >= last.done * STEADY_FROM)
    if first.done == last.done:  # all of it between two looks
        return last.done / last.cpu
    return (last.done - first.done) / max(last.cpu - first.cpu, 1 / TICKS)


def spent(pid: int) -> Spent:
    """Of a process and all below it."""
    parents = _parents()
    family, todo = [], [pid]
    while todo:
        one = todo.pop()
        family.append(one)
        todo += parents.get(one, [])
    cpu = sum(sum(_stat(one)[11:15]) for one in family) / TICKS  # utime, stime, cutime, cstime
    return Spent(cpu, sum(_peak_kib(one) for one in family) / 1024)


def _parents() -> dict[int, list[int]]:
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit() and (fields := _stat(int(name))):
            children.setdefault(fields[1], []).append(int(name))
    return children


def _stat(pid: int) -> list[int]:
    """The numbers of /proc/<pid>/stat after the name; its letter is 0. Empty when the process is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [0, *map(int, fields[1:])]


def _peak_kib(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)
