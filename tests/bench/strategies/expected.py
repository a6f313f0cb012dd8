"""Trades of an oracle that are kept, so that `make test` needs none (`python -m tests.bench.strategies.expected`)."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

from tests.bench.absent import Absent
from tests.bench.oracle import Failed
from tests.bench.strategies.cases import EVENTS, SIGNALS, SIZED, Case
from tests.bench.strategies.oracles import BACKTESTING, trades_of
from tests.bench.strategies.trades import Trade

FILE = Path(__file__).with_name("expected.json.gz")
KEPT = [Case(rule, "SIM0000" if rule in SIZED else "sp500") for rule in SIGNALS + EVENTS]
DIGITS = 12  # of a number in the file: three more than are compared
MADE_BY = "python -m tests.bench.strategies.expected"


def expected() -> dict[str, list[Trade]]:
    """The kept trades, by the name of their case."""
    kept = json.loads(gzip.decompress(FILE.read_bytes()))["runs"]
    return {name: [Trade(*row) for row in rows] for name, rows in kept.items()}


def main() -> None:
    """Ask the oracle and write the file; the same trades give the same bytes."""
    try:
        BACKTESTING.install(print)
        runs = trades_of(BACKTESTING, "backtesting_trades", KEPT)
    except (Absent, Failed) as error:
        sys.exit(f"error: {error}")
    rows = {name: [[float(f"{value:.{DIGITS}g}") for value in trade] for trade in run] for name, run in runs.items()}
    text = json.dumps({"oracle": BACKTESTING.shown, "made_by": MADE_BY, "runs": rows}, separators=(",", ":"))
    FILE.write_bytes(gzip.compress(text.encode(), mtime=0))
    print(f"{sum(map(len, runs.values())):,} trades of {len(runs)} runs in {FILE}")


if __name__ == "__main__":
    main()
