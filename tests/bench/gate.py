"""The regression gate (`make bench WHAT=check`): CPU time a record of decode, engine and encode, without Kafka.

It is measured in units of a calibration loop that runs in turn with it, so that a busy or slower machine of the same
kind gives the same ratio; the committed `baseline.json` holds that ratio.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from aiokafka import TopicPartition
from numpy.typing import NDArray

from tests.bench import report
from tests.bench.calibration import calibrate
from worker.engine.records.raw import RawRecords, raw_records
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings
from worker.settings import Settings
from worker.sources.simulation.simulator import Simulation, simulated_records
from worker.stream.decisions import DecisionJob

BASELINE = Path(__file__).with_name("baseline.json")
TOLERANCE = 0.15  # of the baseline's ratio; what equal code differs by on a shared machine
BATCH = 5_000
BATCH_BYTES = 1_000_000
ROUNDS = 1_000_000  # of the calibration loop before each batch, about as long as the batch


class Turn(NamedTuple):
    """CPU seconds of one turn."""

    calibration: float
    engine: float  # decode and all stages
    encode: float

    @property
    def ratio(self) -> float:
        return (self.engine + self.encode) / self.calibration


class Verdict(NamedTuple):
    """`change` is the relative change against the baseline, positive when slower."""

    change: float
    passed: bool


def compare(ratio: float, baseline: float) -> Verdict:
    """Whether the ratio is within the tolerance of the baseline's. Faster always passes."""
    change = ratio / baseline - 1.0
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


def measured(symbols: int, bars: int, repeats: int) -> tuple[dict[str, float], float]:
    """(figures, median ratio); the first turn is not counted."""
    job = DecisionJob(EngineSettings(), Settings())
    job.warm_up()
    batches, table = market(symbols, bars), np.linspace(0.0, 1.0, 1 << 16)
    count = sum(map(len, batches))
    turns = [turn(job, batches, table) for _ in range(repeats + 1)][1:]
    ratio = statistics.median(one.ratio for one in turns)
    return {
        "check_ratio": ratio,
        "check_least_ratio": min(one.ratio for one in turns),
        "check_most_ratio": max(one.ratio for one in turns),
        "check_engine_ns": statistics.median(one.engine for one in turns) / count * 1e9,
        "check_encode_ns": statistics.median(one.encode for one in turns) / count * 1e9,
        "check_calibration_s": statistics.median(one.calibration for one in turns),
    }, ratio


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
    given = arguments()
    figures, ratio = measured(given.symbols, given.bars, given.repeats)
    report.table(figures)
    if given.update:
        renewed = {"ratio": round(ratio, 4), "machine": report.machine()}
        BASELINE.write_text(json.dumps(renewed, indent=2) + "\n")
        print(f"written to {BASELINE.name}")
        return 0
    verdict = compare(ratio, json.loads(BASELINE.read_text())["ratio"])
    report.write("bench-check", figures | {"check_change": verdict.change})
    word = "within" if verdict.passed else "beyond"
    print(f"CPU time a record changed by {verdict.change:+.1%} against {BASELINE.name}: {word} {TOLERANCE:.0%}")
    if not verdict.passed:
        print("fix: find what became slower: make bench WHAT=engine")
        print("     where it is meant: make bench WHAT=check ARGS=--update")
    return 0 if verdict.passed else 1


if __name__ == "__main__":
    sys.exit(main())
