"""Record the archive of a start of the local broker: `python -m worker.broker.record FILE`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from worker.broker.archive import ARCHIVE
from worker.broker.local import Broker
from worker.errors import BrokerUnavailable

# Classes only: Java 25 warns at each start of machine code in an archive that it can't use.
_CLASSES_ONLY = ("-XX:+UnlockDiagnosticVMOptions", "-XX:-AOTAdapterCaching", "-XX:-AOTStubCaching")
_END_S = 120.0  # Java writes the archive when the broker ends


def record(path: Path) -> None:
    """Start a broker and stop it, and write the archive of its start (JEP 514) to `path`.

    Raises:
        BrokerUnavailable: Java wrote no archive.
    """
    os.environ.pop(ARCHIVE, None)
    path.parent.mkdir(parents=True, exist_ok=True)
    written = path.with_name(f"{path.name}.part")
    with Broker(java_options=(f"-XX:AOTCacheOutput={written}", *_CLASSES_ONLY)) as broker:
        broker.stop(_END_S)
        if not written.is_file():
            raise BrokerUnavailable("Java has written no archive of the start", f"See its log:\n{broker.log_tail()}")
    os.replace(written, path)


if __name__ == "__main__":
    record(Path(sys.argv[1]).absolute())
