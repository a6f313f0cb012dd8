"""What a signal does to a command, at whatever moment it comes. Nothing that takes time is imported here.

While modules are imported an exception would be printed, or swallowed by code of libraries, so the process just ends. A
command that runs gets Python's own `KeyboardInterrupt` for SIGINT and may clean up; SIGTERM ends it as the system does.
"""

from __future__ import annotations

import os
import signal
import sys

TYPE_CHECKING = False  # type checkers take it for true
if TYPE_CHECKING:
    from sys import UnraisableHookArgs

INTERRUPTED, DONE = 130, 0
AGAIN = 0.05  # seconds until an interrupt that a library has swallowed is sent once more


def at_once() -> None:
    """Let signals end the process without a word from here on, a `worker` with 0: it has begun nothing."""
    if sys.argv[1:2] == ["worker"]:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _done)
    else:
        signal.signal(signal.SIGINT, _interrupted)


def while_running() -> None:
    """Let SIGINT interrupt a command. A worker goes on as it was: it takes signals by itself."""
    if signal.getsignal(signal.SIGINT) is _interrupted:
        sys.unraisablehook = _swallowed
        signal.signal(signal.SIGINT, signal.default_int_handler)


def when_ended() -> None:
    """The interpreter's own way out would print a traceback. A worker has an exit code of its own by now."""
    if sys.argv[1:2] == ["worker"]:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
    else:
        signal.signal(signal.SIGINT, _interrupted)


def is_cause_of(error: BaseException) -> bool:
    """Whether an interrupt has led to this error: a library has raised its own in its place."""
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        if isinstance(found, KeyboardInterrupt):
            return True
        seen.add(id(found))
        found = found.__cause__ or found.__context__
    return False


def _done(number: int, frame: object) -> None:
    os._exit(DONE)


def _interrupted(number: int, frame: object) -> None:
    os._exit(INTERRUPTED)


def _swallowed(unraisable: UnraisableHookArgs) -> None:
    """Callbacks of compilers and destructors can't raise: interrupt once more when they have ended."""
    if not issubclass(unraisable.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(unraisable)
        return
    import threading

    again = threading.Timer(AGAIN, os.kill, (os.getpid(), signal.SIGINT))
    again.daemon = True
    again.start()
