"""The way out: one deadline from the first signal on, whatever brokers and client library do."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from typing import NoReturn

from worker.errors import Exit, TryAgain
from worker.kafka.deadline import Deadline

log = logging.getLogger(__name__)
SIGNALS = (signal.SIGTERM, signal.SIGINT)
AGAIN = 1.0  # seconds after the first signal in which a further one is its echo: a process gets it itself and
# by its group, and from its supervisor as well
MARGIN = 0.05  # share of the time that is kept for ending the process
MAX_MARGIN = 0.5  # seconds


class Shutdown:
    """Whether the process is asked to stop, and by when it must have ended."""

    def __init__(self, seconds: float) -> None:
        """`seconds` from the first signal to the end of the process."""
        self.asked = asyncio.Event()
        self.code = Exit.TEMPORARY  # to end with at the deadline
        self._seconds, self._margin = seconds, min(seconds * MARGIN, MAX_MARGIN)
        self._deadline: Deadline | None = None
        self._begun = 0.0

    def install(self) -> None:
        """Take signals from here on."""
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, self.on_signal, number)

    def on_signal(self, number: int) -> None:
        """The first asks; one that comes later than its echo ends the process at once."""
        if not self.asked.is_set():
            log.info("stopping", extra={"signal": signal.Signals(number).name})
            self.asked.set()
            self.begin()
        elif time.monotonic() - self._begun >= AGAIN:
            log.warning("a second signal: ended at once", extra={"signal": signal.Signals(number).name})
            end_process(Exit.INTERRUPTED)

    def begin(self) -> Deadline:
        """The deadline of the way out, which begins now unless it has begun."""
        if self._deadline is None:
            self._begun = time.monotonic()
            self._deadline = Deadline(self._seconds - 2 * self._margin)
            watch = threading.Timer(self._seconds - self._margin, self._too_late)
            watch.daemon = True
            watch.start()
        return self._deadline

    def of_membership(self) -> Deadline:
        """The deadline of leaving the group: that of the process once it has begun, else one of its own."""
        return self._deadline or Deadline(self._seconds - 2 * self._margin)

    def _too_late(self) -> None:
        # In a thread: the event loop may be what stands still. The log may be, too, when nobody reads it.
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


def not_committed() -> TryAgain:
    """The error of a worker that had to stop in the middle."""
    return TryAgain(
        "stopped before all was committed",
        "Nothing is lost: the next worker goes on from the committed offset",
    )


def leave_at_once() -> None:
    """Before the group is joined there is nothing to drain, and compiling blocks the loop: a signal just ends it.

    An exception would not do: the compiler's callbacks swallow it. A supervisor starts its members with the signals
    blocked; what came meanwhile comes now.
    """
    for number in SIGNALS:
        signal.signal(number, _leave)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {*SIGNALS, signal.SIGCHLD})


def _leave(number: int, frame: object) -> None:
    with suppress(RuntimeError):  # the signal may have come while a line was being written
        log.info("stopped before joining", extra={"signal": signal.Signals(number).name})
    os._exit(Exit.OK)


def end_process(code: int) -> NoReturn:
    """End now, whatever tasks and threads of the client library still wait."""
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)
