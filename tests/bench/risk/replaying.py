"""Replays of a made-up portfolio from its recorded cuts, byte by byte."""

from __future__ import annotations

from itertools import product

from tests.bench.oracle import Say
from tests.support.monitored import crashing, replayed, run_of

SEEDS, PARTITIONS = range(5), (1, 2, 4)
MINUTES = 1_500
RUNS = list(product(SEEDS, PARTITIONS))


def replays_equal(say: Say) -> int:
    """Of all runs, how many give the same bytes again; each is interrupted often, and its partitions come in turns."""
    equal = 0
    for seed, partitions in RUNS:
        decisions = crashing(partitions, MINUTES, seed)
        run = run_of(decisions, seed, restarts=True)
        same = replayed(run, decisions) == run.outputs
        equal += same
        told = "equal" if same else "OTHER BYTES"
        say(f"replay of seed {seed}, {partitions} partitions, {len(run.outputs):,} records: {told}")
    return equal
