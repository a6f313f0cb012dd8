"""The regression gate (`make bench WHAT=check`): CPU time a record of decode, engine and encode, without Kafka.

`baseline.json` names a commit. Its code and today's do the same work in one run, in turn, each in a process of its own:
the verdict is the median change of the pairs. Each turn counts in units of a calibration loop that runs between its
batches, which takes out what slows the processor for a moment. Where the history does not hold the commit, that ratio
is compared with the committed one; it differs between machines by more than the tolerance.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from aiokafka import TopicPartition
from numpy.typing import NDArray

from tests.bench import history, paired, report
from tests.bench.calibration import calibrate
from tests.bench.paired import Pair, Turn
from worker.engine.records.raw import RawRecords, raw_records
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings
from worker.settings import Settings
from worker.sources.simulation.simulator import Simulation, simulated_records
from worker.stream.decisions import DecisionJob

ROOT = Path(__file__).parents[2]
BASELINE = Path(__file__).with_name("baseline.json")
TOLERANCE = 0.15
BATCH = 5_000
BATCH_BYTES = 1_000_000
ROUNDS = 1_000_000  # of the calibration loop before each batch, about as long as the batch


class Verdict(NamedTuple):
    """`change` is the relative change against the baseline, positive when slower."""

    change: float
    passed: bool


def judged(change: float) -> Verdict:
    """Whether the change is within the tolerance. Faster always passes."""
    return Verdict(change, change <= TOLERANCE)


def market(symbols: int, bars: int) -> list[RawRecords]:
    """Batches of simulated ticks, as one partition would bring them."""
    records = list(simulated_records(Simulation(symbols=symbols, bars=bars, seed=7, fault_rate=0.001)))
    parts = [records[start : start + BATCH] for start in range(0, len(records), BATCH)]
    return [
        raw_records(Records([r.key for r in part], [r.value for r in part], [r.timestamp_ms for r in part]))
        for part in parts
    ]


def turn(job: DecisionJob, batches: list[RawRecords], table: NDArray[np.float64]) -> Turn:
    """The whole market through a new partition; before each batch the calibration loop, so that both meet the same."""
    engine, publisher = job.engine(), job.publisher(TopicPartition("ticks", 0), BATCH_BYTES)
    calibration = step = encode = 0.0
    for raw in batches:
        started = time.process_time()
        calibrate(table, ROUNDS)
        begun = time.process_time()
        results: Any = engine.step_raw(raw)
        done = time.process_time()
        for _ in publisher.outputs(raw, results):
            pass
        ended = time.process_time()
        calibration, step, encode = calibration + begun - started, step + done - begun, encode + ended - done
    return Turn(calibration, step, encode)


def alone(symbols: int, bars: int, repeats: int) -> dict[str, float]:
    """The figures of today's code; the first turn is not counted."""
    job = DecisionJob(EngineSettings(), Settings())
    job.warm_up()
    batches, table = market(symbols, bars), np.linspace(0.0, 1.0, 1 << 16)
    turns = [turn(job, batches, table) for _ in range(repeats + 1)][1:]
    return figures_of(turns, sum(map(len, batches)))


def figures_of(turns: Sequence[Turn], count: int) -> dict[str, float]:
    """What some turns of so many records each say together."""
    return {
        "check_ratio": statistics.median(one.ratio for one in turns),
        "check_least_ratio": min(one.ratio for one in turns),
        "check_most_ratio": max(one.ratio for one in turns),
        "check_engine_ns": statistics.median(one.engine for one in turns) / count * 1e9,
        "check_encode_ns": statistics.median(one.encode for one in turns) / count * 1e9,
        "check_calibration_s": statistics.median(one.calibration for one in turns),
    }


def against(pairs: Sequence[Pair], count: int) -> dict[str, float]:
    """The figures of today's turns, and how they differ from the baseline's in the same pairs."""
    found = paired.spread(pairs)
    return figures_of([pair.now for pair in pairs], count) | {
        "check_baseline_ratio": statistics.median(pair.before.ratio for pair in pairs),
        "check_change": found.change,
        "check_change_low": found.low,
        "check_change_high": found.high,
    }


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--symbols", type=int, default=200)
    parser.add_argument("--bars", type=int, default=250, help="of each symbol")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--update", action="store_true", help="make what is measured the baseline")
    return parser.parse_args()


def main() -> int:
    """Measure and compare; 1 when it is too slow."""
    given, baseline = arguments(), json.loads(BASELINE.read_text())
    if given.update:
        return update(given)
    try:
        tree = history.tree_of(baseline["commit"], ROOT)
    except history.NotThere as error:
        figures = alone(given.symbols, given.bars, given.repeats)
        figures["check_change"] = figures["check_ratio"] / baseline["ratio"] - 1.0
        against_what = f"the ratio in {BASELINE.name}, which another machine measured"
        print(f"the baseline's code is not there: {error}")
        print("fix: git fetch --unshallow; until then a change of less than half says nothing")
    else:
        count, pairs = paired.measure(tree, ROOT, given.symbols, given.bars, given.repeats, say)
        figures = against(pairs, count)
        low, high = figures["check_change_low"], figures["check_change_high"]
        against_what = f"{baseline['commit'][:7]} in {len(pairs)} pairs, half of them {low:+.1%} to {high:+.1%}"
    report.table(figures)
    report.write("bench-check", figures)
    verdict = judged(figures["check_change"])
    word = "within" if verdict.passed else "beyond"
    print(f"CPU time a record changed by {verdict.change:+.1%} against {against_what}: {word} {TOLERANCE:.0%}")
    if not verdict.passed:
        print("fix: find what became slower: make bench WHAT=engine")
        print("     where it is meant: make bench WHAT=check ARGS=--update")
    return 0 if verdict.passed else 1


def update(given: argparse.Namespace) -> int:
    """Make the commit that is worked on the baseline; 1 where there is none."""
    try:
        commit = history.head_of(ROOT)
    except history.NotThere as error:
        print(f"the baseline has to be a commit: {error}")
        return 1
    figures = alone(given.symbols, given.bars, given.repeats)
    report.table(figures)
    renewed = {"commit": commit, "ratio": round(figures["check_ratio"], 4), "machine": report.machine()}
    BASELINE.write_text(json.dumps(renewed, indent=2) + "\n")
    print(f"written to {BASELINE.name}")
    return 0


def say(text: str) -> None:
    """Show how far it has come."""
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
