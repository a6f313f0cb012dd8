"""The side of the parent: a child that plays, heard to its end or ended at its deadline."""

from __future__ import annotations

import os
import re
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import msgspec

from worker.strategy.checking.child import ENGINE, PLACE, STACK, Event, limit
from worker.strategy.checking.playing.market import utc
from worker.strategy.checking.report import Fault

FIRST_COMPILATION = 900.0  # seconds for the engine, which is compiled once
GRACE = 5.0  # seconds beyond its deadline, after which a child that has not ended itself is killed
BOUND, ENDS = "Give each loop a bound: a worker would hang", "A worker would end as well, and the next one after it"
MOST_TOLD = 200  # characters of what a child has printed last


class Child:
    """A child for the job in a folder; it is given `deadline` seconds a check."""

    def __init__(self, folder: Path, deadline: float, heard: Callable[[Event], None]) -> None:
        self._folder, self._deadline, self._heard = folder, deadline, heard
        self._doing: str | None = ENGINE  # None = between two checks
        self._late = False

    def run(self, environment: dict[str, str], at: Path, file: Path | None) -> tuple[str, Fault] | None:
        """Run it; return the check that it did not come out of, and why. None where it came to its end.

        `file` is the strategy's, for the line.
        """
        reading, writing = os.pipe()
        command = [sys.executable, "-P", "-m", "worker.strategy.checking.child", str(self._folder), str(writing)]
        with tempfile.TemporaryFile() as printed, os.fdopen(reading, "rb", buffering=0) as pipe:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=printed,
                pass_fds=[writing],
                env=os.environ | environment,
                cwd=at,
            )
            os.close(writing)
            try:
                self._listen(pipe)
            finally:
                child.kill()
                code = child.wait()
            if self._doing is None:
                return None
            printed.seek(0)
            return self._doing, self._why(code, printed.read().decode(errors="replace"), file)

    def _listen(self, pipe: IO[bytes]) -> None:
        rest, due = b"", time.monotonic() + FIRST_COMPILATION
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            while selector.select(max(due - time.monotonic(), 0.0)):
                chunk = os.read(pipe.fileno(), 1 << 16)
                if not chunk:
                    return
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    event = msgspec.json.decode(line, type=Event)
                    self._doing = event.begun
                    self._heard(event)
                    due = time.monotonic() + self._limit()
        self._late = True

    def _limit(self) -> float:
        if self._doing in (ENGINE, None):
            return FIRST_COMPILATION
        return limit(self._doing or "", self._deadline) + GRACE

    def _why(self, code: int, printed: str, file: Path | None) -> Fault:
        stack = _text(self._folder / STACK)
        symbol, _, ts = _text(self._folder / PLACE).strip().rpartition(" ")
        where = f", at the bar of {symbol} at {utc(int(ts))}" if symbol else ""
        line = None if file is None else _line(stack, file)
        if self._late or stack.startswith("Timeout"):
            seconds = limit(self._doing or "", self._deadline)
            return Fault(f"it did not end within {seconds:g} s{where}", line, BOUND)
        if stack:
            what = stack.partition("\n")[0].removeprefix("Fatal Python error: ")
            return Fault(f"it ended its process{where}: {what}", line, ENDS)
        last = " ".join(printed.split())[-MOST_TOLD:]
        return Fault(f"it ended its process with code {code}{where}: {last}".rstrip(": "), line, ENDS)


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""


def _line(stack: str, file: Path) -> int | None:
    found: Any = re.search(rf'File "{re.escape(str(file.resolve()))}", line (\d+)', stack)
    return int(found[1]) if found else None
