"""Microseconds a bar of the example model (`make bench WHAT=models`): features to probabilities, one core."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from tests.bench import report
from worker.engine.pipeline import OUTPUT
from worker.engine.scoring.names import ModelNames
from worker.engine.scoring.scorer import ask
from worker.models.registry import Loaded, Registry
from worker.models.scoring.status import Status
from worker.models.serving.circuit import CIRCUIT
from worker.models.serving.switching import Named, Switchboard
from worker.models.session.canary import rows_of
from worker.models.timing import timed

MODELS = Path(__file__).parents[2] / "examples" / "models"
NAME = "index-daily"
BATCH = 256  # rows from which the goal counts
ROWS, SYMBOLS = 5_000, 500


def within_the_engine(loaded: Loaded, seconds: float) -> float:
    """The same as the engine asks: features out of 5,000 output rows, circuits of 500 symbols, answers written back."""
    rows, slots = np.zeros(ROWS, OUTPUT), np.arange(ROWS) % SYMBOLS
    canary = rows_of(loaded.manifest.canary.inputs)
    for name, values in zip(loaded.manifest.features, np.resize(canary, (ROWS, canary.shape[1])).T, strict=True):
        rows["features"][name] = values
    rows["validation"]["accepted"] = True
    circuits, generations = np.zeros(SYMBOLS, CIRCUIT), np.zeros(ROWS, np.int64)
    board = Switchboard(ModelNames(NAME), loaded.scorer, lambda _: Named(None, 0))
    ask(board, rows, circuits, slots, generations)
    assert (rows["model"]["status"] == Status.ok).all()
    calls, begun, end = 0, time.process_time_ns(), time.perf_counter() + seconds
    while calls == 0 or time.perf_counter() < end:
        ask(board, rows, circuits, slots, generations)
        calls += 1
    return (time.process_time_ns() - begun) / 1e3 / calls / ROWS


def main() -> None:
    """Measure, print a table, write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="for each batch size")
    given = parser.parse_args()
    registry = Registry(MODELS)
    version = registry.newest(NAME)
    loaded = registry.load(NAME, version)
    costs = timed(loaded, given.seconds)
    figures = {"inference_us_per_bar": max(cost for batch, cost in costs.items() if batch >= BATCH)}
    figures |= {f"us_per_bar_batch_{batch}": cost for batch, cost in costs.items()}
    figures["us_per_bar_within_the_engine"] = within_the_engine(loaded, given.seconds)
    report.table(figures)
    runtime = loaded.manifest.runtime
    report.write("bench-models", figures, model=f"{NAME}@{version}", runtime=f"{runtime.name} {runtime.version}")


if __name__ == "__main__":
    main()
