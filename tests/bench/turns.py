"""Turns of the gate in a process of its own, of whatever tree is first in PYTHONPATH: one for each line on stdin.

It is run as a file, so that a baseline that is older than it can take part. All that it uses of a tree is its own
`tests.bench.gate`: whatever that imports may have other names today.
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any

import numpy as np


def main() -> None:
    """Say how many records a turn takes; then answer each line with the CPU seconds of a turn."""
    gate: Any = importlib.import_module("tests.bench.gate")
    symbols, bars = map(int, sys.argv[1:])
    job = gate.DecisionJob(gate.EngineSettings(), gate.Settings())
    job.warm_up()
    batches, table = gate.market(symbols, bars), np.linspace(0.0, 1.0, 1 << 16)
    print(sum(map(len, batches)), flush=True)
    for _ in sys.stdin:
        print(json.dumps(gate.turn(job, batches, table)._asdict()), flush=True)


if __name__ == "__main__":
    main()
