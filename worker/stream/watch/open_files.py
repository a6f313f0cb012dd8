"""The limit of open files: under exactly_once each partition has connections of its own."""

from __future__ import annotations

import logging
import resource
import sys

from worker.settings import Settings

FEWEST, MOST = 2, 4  # connections of a partition's producer: its coordinator, and the leaders of what it writes
OTHERS = 128  # everything else that a worker opens

log = logging.getLogger(__name__)


def allow_connections(settings: Settings, partitions: int) -> None:
    """Raise the soft limit so far that one worker can have all partitions; warn where the hard limit forbids that."""
    if settings.processing.guarantee != "exactly_once":
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = min(max(_number(soft), OTHERS + MOST * partitions), _number(hard))
    if allowed > _number(soft):
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed < OTHERS + FEWEST * partitions:
        log.warning(
            "the limit of open files is too low for all partitions in one worker",
            extra={"limit": allowed, "needed": OTHERS + FEWEST * partitions, "partitions": partitions},
        )


def _number(limit: int) -> int:
    return sys.maxsize if limit == resource.RLIM_INFINITY else limit
