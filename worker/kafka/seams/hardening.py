"""All the seams that keep aiokafka's clients alive on a cluster that fails: every client of the program has them."""

from __future__ import annotations

import logging

from worker.kafka.seams import connections, joining, lookups, metadata, pacing, pinned, refreshing

log = logging.getLogger(__name__)
SEAMS = (connections, refreshing, metadata, lookups, joining, pacing)


def install() -> bool:
    """Put them in; False, and nothing is changed, with a version of aiokafka that they don't know."""
    if not pinned.known():
        log.warning("unknown version of aiokafka: its clients are not hardened against failing brokers")
        return False
    for seam in SEAMS:
        seam.install()
    return True
