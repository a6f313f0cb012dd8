"""The archive measured (`make archive`): kill points, a full topic, ten million rows; each figure beside its target."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.bench import report, targets
from tests.bench.archive import away, live, points, sorting, tables
from tests.bench.archive.targets import EXACT, TARGETS


def say(line: str) -> None:
    """A progress line."""
    print(line, flush=True)


def main() -> None:
    """Measure, print the table, write the results; exit 1 where a row is missing or repeated."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--only",
        choices=("points", "live", "tables", "sorting", "away"),
        help="measure this, and write nothing; `away`, a store that is gone for a while, is measured only when it is "
        "named here, and writes results/archive_away.json",
    )
    parser.add_argument("--minutes", type=float, default=60.0, help="how long the store of `away` is gone (60)")
    given = parser.parse_args()
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="alphapulse-archive-") as name:
        folder = Path(name)
        if given.only in (None, "live"):
            figures |= live.figures(say, folder)
        if given.only in (None, "tables"):
            figures |= tables.figures(say, folder)
        if given.only in (None, "sorting"):
            figures |= sorting.figures(say, folder)
        if given.only in (None, "points"):
            figures |= points.figures(say)
        if given.only == "away":
            figures |= away.figures(say, folder, given.minutes)
    late = targets.missed({name: bounds for name, bounds in TARGETS.items() if name in figures}, figures)
    targets.show(TARGETS, figures)
    if given.only in (None, "away"):
        report.write("archive_away" if given.only else "archive", figures, missed=late)
    sys.exit(1 if EXACT.intersection(late) else 0)


if __name__ == "__main__":
    main()
