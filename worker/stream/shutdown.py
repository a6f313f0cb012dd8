"""The shutdown: one deadline from the first signal, whatever brokers and client library do."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, NoReturn

from worker.errors import Exit, TryAgain
from worker.kafka.deadline import Deadline, within

log = logging.getLogger(__name__)
SIGNALS = (signal.SIGTERM, signal.SIGINT)
AGAIN = 1.0  # seconds after the first signal in which another is its echo: a process may get it directly, by its
# process group and from its supervisor
MARGIN = 0.05  # share of the time reserved for ending the process
MAX_MARGIN = 0.5  # seconds


class Shutdown:
    """The request to stop the process, and its deadline."""

    def __init__(self, seconds: float) -> None:
        """Allow `seconds` from the first signal to the end of the process."""
        self.asked = asyncio.Event()
        self.code = Exit.TEMPORARY  # exit code at the deadline
        self._seconds, self._margin = seconds, min(seconds * MARGIN, MAX_MARGIN)
        self._deadline: Deadline | None = None
        self._begun = 0.0

    def install(self) -> None:
        """Install the signal handlers."""
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, self.on_signal, number)

    def on_signal(self, number: int) -> None:
        """Request a stop at the first signal; end the process at once at a later one that is no echo."""
        if not self.asked.is_set():
            log.info("stopping", extra={"signal": signal.Signals(number).name})
            self.asked.set()
            self.begin()
        elif time.monotonic() - self._begun >= AGAIN:
            log.warning("a second signal: ended at once", extra={"signal": signal.Signals(number).name})
            end_process(Exit.INTERRUPTED)

    def begin(self) -> Deadline:
        """Begin the shutdown, unless it has begun, and return its deadline."""
        if self._deadline is None:
            self._begun = time.monotonic()
            self._deadline = Deadline(self._seconds - 2 * self._margin)
            watch = threading.Timer(self._seconds - self._margin, self._too_late)
            watch.daemon = True
            watch.start()
        return self._deadline

    def of_membership(self) -> Deadline:
        """Return the deadline for leaving the group: the shutdown's if it has begun, else a separate one."""
        return self._deadline or Deadline(self._seconds - 2 * self._margin)

    def _too_late(self) -> None:
        # In a thread: the event loop may be blocked. The log may be blocked, too, if nobody reads it.
        teller = threading.Thread(target=self._tell, daemon=True)
        teller.start()
        teller.join(self._margin / 2)
        os._exit(self.code)

    def _tell(self) -> None:
        log.error("shutdown_timeout_ms has passed: ended at once", extra={"exit_code": int(self.code)})
        if self.code == Exit.TEMPORARY:
            error = not_committed()
            sys.stderr.write(f"error: {error.message}.\n  fix: {error.fix}\n")
        sys.stderr.flush()


async def unless_asked(joining: Coroutine[Any, Any, None], asked: asyncio.Event) -> bool:
    """Await a join; return False if the stop is `asked` first, as joining waits through a whole rebalance."""
    task, stop = asyncio.ensure_future(joining), asyncio.ensure_future(asked.wait())
    await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if not task.done():
        await within(0.0, task)
        return False
    task.result()
    return True


def not_committed() -> TryAgain:
    """Return the error of a worker that stopped before all was committed."""
    return TryAgain(
        "stopped before all was committed",
        "Nothing is lost: the next worker goes on from the committed offset",
    )


def leave_at_once() -> None:
    """Let signals end the process: before the join there is nothing to drain, and compiling blocks the loop.

    An exception would not work: the compiler's callbacks swallow it. A supervisor starts its members with the signals
    blocked; pending ones are delivered now.
    """
    for number in SIGNALS:
        signal.signal(number, _leave)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {*SIGNALS, signal.SIGCHLD})


def _leave(number: int, frame: object) -> None:
    with suppress(RuntimeError):  # the signal may interrupt the writing of a line
        log.info("stopped before joining", extra={"signal": signal.Signals(number).name})
    os._exit(Exit.OK)


def end_process(code: int) -> NoReturn:
    """End now, even if tasks and threads of the client library still wait."""
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)
