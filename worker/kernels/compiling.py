"""All kernels compiled at once by a few processes, which share them through the cache."""

from __future__ import annotations

import fcntl
import os
import queue
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Lock
from typing import IO

from worker.engine.compiled.cache import KernelCache
from worker.engine.kernel import CACHE, ROOT
from worker.errors import AlphapulseError, TryAgain
from worker.kernels.names import KERNEL, PART, PARTS
from worker.kernels.state import complete, mark

Process = subprocess.Popen[str]
Child = tuple[Process, IO[bytes]]
CHILD = (sys.executable, "-m", "worker.kernels.child")
PROCESSES = 2  # the longest part is as long as all others


def compile_all(tell: Callable[[int], None], cache: KernelCache = CACHE, processes: int | None = None) -> int:
    """Compile what is missing and return the number of kernels; `tell` gets that number meanwhile.

    Without a folder to share, nothing is done. Two callers wait for each other.

    Raises:
        TryAgain: a process failed or was killed; what the others compiled is kept.
    """
    if cache.folder is None or complete(cache):
        return 0
    with _alone(cache.folder):
        if complete(cache):
            return 0
        count = _Compilation(tell).run(processes or min(PROCESSES, len(os.sched_getaffinity(0))))
        mark(cache.folder).touch()
        return count


class _Compilation:
    """Processes that compile part after part."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        self._tell, self._count, self._counting = tell, 0, Lock()
        self._parts: queue.SimpleQueue[str] = queue.SimpleQueue()
        for part in PARTS:
            self._parts.put(part)

    def run(self, processes: int) -> int:
        """Compile everything and return the number of kernels."""
        with ThreadPoolExecutor(processes) as pool, _children(processes) as children:
            done, _ = wait([pool.submit(self._work, *child) for child in children], return_when=FIRST_EXCEPTION)
            for each in done:
                each.result()
        return self._count

    def _work(self, child: Process, errors: IO[bytes]) -> None:
        assert child.stdin is not None
        while True:
            try:
                part = self._parts.get_nowait()
            except queue.Empty:
                return
            try:
                child.stdin.write(f"{part}\n")
                child.stdin.flush()
                self._follow(child)
            except (BrokenPipeError, EOFError):
                raise _failed(part, child.wait(), errors) from None

    def _follow(self, child: Process) -> None:
        assert child.stdout is not None
        for line in child.stdout:
            if line.strip() == PART:
                return
            if line.strip() == KERNEL:
                with self._counting:
                    self._count += 1
                    self._tell(self._count)
        raise EOFError


@contextmanager
def _children(processes: int) -> Iterator[list[Child]]:
    """Start processes, each with a file of what it says on stderr; at the end none is left."""
    with ExitStack() as stack:
        children = list[Child]()
        for _ in range(processes):
            errors = stack.enter_context(tempfile.TemporaryFile())
            child = subprocess.Popen(
                CHILD, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, env=_environment()
            )
            stack.callback(_end, child)
            children.append((child, errors))
        yield children


def _end(child: Process) -> None:
    child.kill()
    child.communicate()


def _environment() -> dict[str, str]:
    """Return this process's environment with the sources that it runs, wherever it was started."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return os.environ | {"PYTHONPATH": path}


def _failed(part: str, code: int, errors: IO[bytes]) -> AlphapulseError:
    """Return the failure of a process, with the last line that it said."""
    errors.seek(0)
    lines = errors.read().decode(errors="replace").strip().splitlines()
    how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
    why = f" ({lines[-1][:200]})" if lines else ""
    fix = "Run it again: it goes on where it stopped. Two processes need 1.5 GB of memory"
    return TryAgain(f"a process that compiles the engine's part {part} {how}{why}", fix)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other process compiles into a folder."""
    with (folder / ".compiling").open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
