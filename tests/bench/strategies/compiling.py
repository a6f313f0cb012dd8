"""What it costs to compile a strategy that this machine has not seen."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile

from tests.bench.strategies.cases import RULES

ROUNDS = 3
PROGRAM = """
import sys
import time
from pathlib import Path

from worker.strategy.describing.source import from_file
from worker.strategy.loading import load

begun = time.process_time()
load(from_file(Path(sys.argv[1])), {})
print(time.process_time() - begun)
"""


def compile_s() -> float:
    """CPU seconds from the file of the example to its machine code, each time in a new process with an empty cache."""
    return statistics.median(_once() for _ in range(ROUNDS))


def _once() -> float:
    with tempfile.TemporaryDirectory() as cache:
        command = [sys.executable, "-c", PROGRAM, str(RULES / "breakout.py")]
        given = os.environ | {"ALPHAPULSE_CACHE_DIR": cache}
        done = subprocess.run(command, env=given, stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout)
