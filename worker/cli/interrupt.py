"""Signal handling of a command, from its first import to its end; this module imports nothing slow.

While modules are imported, an exception would be printed, or swallowed by a library, so the process just ends. A
running command gets Python's `KeyboardInterrupt` for SIGINT and may clean up; SIGTERM has the system's default action.
"""

from __future__ import annotations

import os
import signal
import sys

TYPE_CHECKING = False  # type checkers treat it as true
if TYPE_CHECKING:
    from sys import UnraisableHookArgs

INTERRUPTED, DONE = 130, 0
AGAIN = 0.05  # seconds until an interrupt that a library has swallowed is sent again


def at_once() -> None:
    """Let signals end the process silently from here on; a server exits with 0, since it has begun nothing."""
    if _serves():
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _done)
    else:
        signal.signal(signal.SIGINT, _interrupted)


def while_running() -> None:
    """Let SIGINT interrupt a command; a server keeps its handlers, since it handles signals itself."""
    if signal.getsignal(signal.SIGINT) is _interrupted:
        sys.unraisablehook = _swallowed
        signal.signal(signal.SIGINT, signal.default_int_handler)


def when_ended() -> None:
    """End silently on SIGINT instead of with a traceback; a server ignores signals and keeps its exit code."""
    if _serves():
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
    else:
        signal.signal(signal.SIGINT, _interrupted)


def is_cause_of(error: BaseException) -> bool:
    """Return whether an interrupt caused this error, in place of which a library has raised its own."""
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        if isinstance(found, KeyboardInterrupt):
            return True
        seen.add(id(found))
        found = found.__cause__ or found.__context__
    return False


def _serves() -> bool:
    """Return whether the command is `worker`, or `risk` without one of its own commands."""
    own = sys.argv[2:3]
    return sys.argv[1:2] == ["worker"] or (sys.argv[1:2] == ["risk"] and (not own or own[0].startswith("-")))


def _done(number: int, frame: object) -> None:
    os._exit(DONE)


def _interrupted(number: int, frame: object) -> None:
    os._exit(INTERRUPTED)


def _swallowed(unraisable: UnraisableHookArgs) -> None:
    """Interrupt again after a callback of a compiler or a destructor, which can't raise, has ended."""
    if not issubclass(unraisable.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(unraisable)
        return
    import threading

    again = threading.Timer(AGAIN, os.kill, (os.getpid(), signal.SIGINT))
    again.daemon = True
    again.start()
