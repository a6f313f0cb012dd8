"""The archive of a start of Kafka: with its loaded and linked classes a later start takes half the time.

`ALPHAPULSE_BROKER_ARCHIVE` names it. Java checks that an archive is of its own version and of the same jars, and
ignores it otherwise.
"""

from __future__ import annotations

import os
from pathlib import Path

ARCHIVE = "ALPHAPULSE_BROKER_ARCHIVE"


def flags() -> tuple[str, ...]:
    """Return Java's options for the archive that the environment names; none if there is no such file."""
    path = os.environ.get(ARCHIVE)
    return (f"-XX:AOTCache={path}",) if path and Path(path).is_file() else ()
