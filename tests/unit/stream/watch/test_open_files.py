"""The limit of open files of a worker, in a process of its own: it can't be raised again."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

PROGRAM = """
import json, logging, resource, sys
from worker.settings import ProcessingSettings, Settings
from worker.stream.watch.open_files import allow_connections
soft, hard, partitions, guarantee = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
said = []
logging.getLogger().addHandler(type("Kept", (logging.Handler,), {"emit": lambda self, record: said.append(record)})())
allow_connections(Settings(processing=ProcessingSettings(guarantee=guarantee)), partitions)
print(json.dumps([*resource.getrlimit(resource.RLIMIT_NOFILE), [[each.limit, each.needed] for each in said]]))
"""


@pytest.mark.parametrize(
    ("soft", "hard", "partitions", "guarantee", "expected"),
    [
        (256, 4096, 4, "exactly_once", [256, 4096, []]),
        (256, 4096, 500, "exactly_once", [2128, 4096, []]),
        (256, 1500, 500, "exactly_once", [1500, 1500, []]),
        (256, 1024, 500, "exactly_once", [1024, 1024, [[1024, 1128]]]),
        (256, 1024, 500, "at_least_once", [256, 1024, []]),
    ],
)
def test_the_limit_fits_all_partitions(
    soft: int, hard: int, partitions: int, guarantee: str, expected: list[object]
) -> None:
    words = map(str, (soft, hard, partitions, guarantee))
    done = subprocess.run([sys.executable, "-c", PROGRAM, *words], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == expected
