"""Rate limit for repeated log lines while brokers are away: the first, then one per half minute with a count."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Hashable

SECONDS = 30.0  # between two lines of one kind
LIBRARY = "aiokafka"
CONNECTION = "the brokers are not reachable as they should be"
# Messages of the client library while a broker is away or moves: one state in many wordings.
_CONNECTION = (
    "Unable connect",
    "Unable to request metadata",
    "Unable to update metadata",
    "Failed fetch",
    "FindCoordinator Request failed",
    "Group Coordinator Request failed",
    "Marking the coordinator dead",
    "Error sending",
    "Heartbeat",
    "LeaveGroup request failed",
    "Could not send",
    "Got error produce response",
    "Topic %s is not available",
    "Topic %s not found",
    "No partition metadata",
    "No broker metadata",
    "Error fetching metadata",
)
# Our own messages that every retry repeats.
_RETRIES = frozenset(
    {"cannot open", "control records can't be read", "membership lost", "leaving and rejoining the group"}
)


class Repeats(logging.Filter):
    """A filter that passes the first line of a kind, then one per SECONDS, with the suppressed count in `repeated`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._told: dict[Hashable, float] = {}
        self._held: dict[Hashable, int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return False for a line to suppress."""
        kind = _kind(record)
        if kind is None:
            return True
        now = self._clock()
        if now - self._told.get(kind, -SECONDS) < SECONDS:
            self._held[kind] = self._held.get(kind, 0) + 1
            return False
        self._told[kind] = now
        if held := self._held.pop(kind, 0):
            record.repeated = held
        return True


def _kind(record: logging.LogRecord) -> Hashable | None:
    """Return the key that groups repeated lines; None for a line that always passes."""
    if not record.name.startswith("worker"):
        text = str(record.msg)
        return CONNECTION if _of_library(record) and text.startswith(_CONNECTION) else (record.name, text)
    if record.msg in _RETRIES:
        return record.msg, getattr(record, "partition", None)
    return None


class Lowered(logging.Filter):
    """A filter that downgrades errors of the client library to warnings, since the library retries by itself.

    Unexpected errors keep their level and traceback.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Return True for every line."""
        if _of_library(record) and record.levelno == logging.ERROR and not record.exc_info:
            record.levelno, record.levelname = logging.WARNING, logging.getLevelName(logging.WARNING)
            if str(record.msg).startswith(_CONNECTION):
                record.cause = record.getMessage()
                record.msg, record.args = CONNECTION, None
        return True


def _of_library(record: logging.LogRecord) -> bool:
    return record.name.split(".")[0] == LIBRARY
