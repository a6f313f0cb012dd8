"""Microseconds a bar of the example model (`make bench-models`): features to calibrated probabilities, one core."""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.bench import report
from worker.models.registry import Registry
from worker.models.timing import timed

MODELS = Path(__file__).parents[2] / "examples" / "models"
NAME = "index-daily"
BATCH = 256  # rows from which the goal counts


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
    report.table(figures)
    runtime = loaded.manifest.runtime
    report.write("bench-models", figures, model=f"{NAME}@{version}", runtime=f"{runtime.name} {runtime.version}")


if __name__ == "__main__":
    main()
