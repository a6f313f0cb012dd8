"""Failpoints: steps of the cycle at which the fault suite signals the process; no-ops without its variable."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from itertools import count

VARIABLE = "ALPHAPULSE_TEST_CRASH"  # <point>:<n>[:<signal name>], e.g. committed:3 or fenced:1:SIGTERM

# In the order in which a member passes them.
POINTS = (
    "before_fence",
    "fenced",
    "offset_read",
    "restoring",
    "replaying",
    "poll_returned",
    "saving",
    "begun",
    "first_sent",
    "acknowledged",
    "offsets_sent",
    "committed",
    "revoked",
    "draining",
)


def armed(text: str) -> Callable[[str], None]:
    """Return a hook that sends this process a signal, by default SIGKILL, at the n-th pass of one point."""
    point, number, *rest = text.split(":")
    passes, last = count(1), int(number)
    kind = signal.Signals[rest[0]] if rest else signal.SIGKILL

    def hook(name: str) -> None:
        if name == point and next(passes) == last:
            os.kill(os.getpid(), kind)

    return hook


def _pass(name: str) -> None:
    return


failpoint: Callable[[str], None] = armed(os.environ[VARIABLE]) if VARIABLE in os.environ else _pass
