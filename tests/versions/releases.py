"""The releases of Kafka that are tried, newest patch of each: `python -m tests.versions.releases` pins their jars."""

from __future__ import annotations

import sys
from pathlib import Path

from worker.broker.lock import PINNED, Release, write_lock

HERE = Path(__file__).parent
LOG4J = "ch.qos.reload4j:reload4j:1.2.26"
OTHERS = ("4.1.2", "4.0.2", "3.9.2", "3.7.2", "3.5.2", "3.3.2")


def release_of(version: str) -> Release:
    """A release with its lock file in this folder."""
    kafka, lock = f"org.apache.kafka:kafka_2.13:{version}", HERE / "locks" / f"kafka-{version}.lock"
    if version.startswith("3."):
        roots = (kafka, LOG4J, "org.slf4j:slf4j-reload4j:1.7.36")
        return Release(version, lock, roots, "log4j.configuration", HERE / "log4j.properties")
    return Release(version, lock, (kafka, PINNED.roots[1]), PINNED.logging_property, PINNED.logging_file)


RELEASES = (PINNED, *map(release_of, OTHERS))


def main() -> None:
    """Write the lock files of the versions on the command line, else of all but the pinned one."""
    for version in sys.argv[1:] or OTHERS:
        write_lock(release_of(version), "tests.versions.releases")


if __name__ == "__main__":
    main()
