"""All seams that keep aiokafka's clients alive on a failing cluster, for every client of the program."""

from __future__ import annotations

import logging

from worker.kafka.seams import connections, joining, lookups, metadata, pacing, pinned, refreshing

log = logging.getLogger(__name__)
SEAMS = (connections, refreshing, metadata, lookups, joining, pacing)


def install() -> bool:
    """Install them; return False, and change nothing, for an unknown version of aiokafka."""
    if not pinned.known():
        log.warning("unknown version of aiokafka: its clients are not hardened against failing brokers")
        return False
    for seam in SEAMS:
        seam.install()
    return True
