"""A process that can be stopped, frozen and killed without ever signalling a recycled pid."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

# Runs in the new process before Java replaces it: die with the parent thread, or now if it has ended already.
_BIND_TO_PARENT = """
import ctypes, os, signal, sys
ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGKILL)
if os.getppid() != int(sys.argv[1]): sys.exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""
# The daemon's parent is init: it outlives the command that started it, and nobody has to reap it.
_DETACH = """
import os, sys
pid = os.fork()
if pid: print(pid, flush=True); os._exit(0)
os.setsid()
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
os.dup2(2, 1)
os.execv(sys.argv[1], sys.argv[1:])
"""


class Process:
    """A handle on a running process (a pidfd), which never refers to another process."""

    def __init__(self, pid: int) -> None:
        """Open the handle.

        Raises:
            ProcessLookupError: there is no such process.
        """
        self.pid = pid
        self._fd = os.pidfd_open(pid)

    def wait(self, timeout_s: float) -> bool:
        """Wait until the process has ended; return False after `timeout_s` seconds."""
        poller = select.poll()
        poller.register(self._fd, select.POLLIN)
        return bool(poller.poll(timeout_s * 1000))

    @property
    def running(self) -> bool:
        return not self.wait(0)

    def send(self, signal_number: signal.Signals) -> None:
        """Send a signal; do nothing if the process has ended."""
        if self.running:
            signal.pidfd_send_signal(self._fd, signal_number)

    def freeze(self) -> None:
        """Send SIGSTOP, and wait until every thread has stopped: until then some may still answer."""
        self.send(signal.SIGSTOP)
        while self.running and not self._still():
            time.sleep(0.001)  # only a parent is notified of a stop, and we need not be the parent

    def _still(self) -> bool:
        try:
            threads = [_fields(task / "stat") for task in Path(f"/proc/{self.pid}/task").iterdir()]
        except FileNotFoundError:
            return True  # it has ended meanwhile
        return all(not fields or fields[0] in "TZX" for fields in threads)

    def close(self) -> None:
        os.close(self._fd)


def _fields(stat: Path) -> list[str]:
    """Return the fields of a process or thread after its name, which may hold spaces and brackets.

    The first is the state, the 20th the start time; empty if it has ended.
    """
    try:
        return stat.read_text(encoding="utf-8").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def identity(pid: int) -> str | None:
    """Return an identity that differs for a later process with the same pid; None if it has ended or is a zombie."""
    fields = _fields(Path(f"/proc/{pid}/stat"))
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    return None if not fields or fields[0] in "ZX" else f"{boot}/{fields[19]}"


def write_pid_file(path: Path, process: Process) -> None:
    """Record a process so that another program can find this very process again."""
    path.write_text(f"{process.pid} {identity(process.pid)}\n", encoding="utf-8")


def from_pid_file(path: Path) -> Process | None:
    """Return the recorded process; None if it has ended, even if its pid has been reused."""
    try:
        pid, known = path.read_text(encoding="utf-8").split()
        process = Process(int(pid))
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return None
    # The handle is opened first: from here on it can't refer to another process.
    if identity(process.pid) == known:
        return process
    process.close()
    return None


def spawn(command: Sequence[str], output: Path, environment: dict[str, str]) -> Process:
    """Start a child that the kernel kills when this process ends, however it ends."""
    started: list[Process | OSError] = []
    ready = threading.Event()
    wrapper = [sys.executable, "-I", "-S", "-c", _BIND_TO_PARENT, str(os.getpid()), *command]

    # The kernel binds the child to its parent *thread*, so the thread that starts the child waits for it.
    def parent() -> None:
        try:
            with output.open("ab") as file:
                child = subprocess.Popen(
                    wrapper, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=environment, start_new_session=True
                )
            started.append(Process(child.pid))
        except OSError as error:
            started.append(error)
            return
        finally:
            ready.set()
        child.wait()

    threading.Thread(target=parent, name="broker-parent", daemon=True).start()
    ready.wait()
    if isinstance(started[0], OSError):
        raise started[0]
    return started[0]


def spawn_detached(command: Sequence[str], output: Path, environment: dict[str, str]) -> Process:
    """Start a process that outlives this one."""
    wrapper = [sys.executable, "-I", "-S", "-c", _DETACH, *command]
    with output.open("ab") as file:
        done = subprocess.run(wrapper, stdout=subprocess.PIPE, stderr=file, env=environment, check=True)
    return Process(int(done.stdout))
