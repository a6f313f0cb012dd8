"""Proof that compiled ingestion says what the exact decoder says, bit for bit (`make differential`).

Random records by both paths, random decimals against Python's `float`, and what sources publish.
"""

from __future__ import annotations

import argparse
import random
import secrets
import time
from collections.abc import Callable

from tests.bench import report
from tests.corpus.mixed import market
from tests.support.differential import Tally, Watched, compared, numbers_compared
from tests.support.fuzzed import fuzzed
from worker.engine.records.raw import raw_records
from worker.engine.settings import EngineSettings
from worker.engine.state.symbols import Symbols
from worker.sources.simulation.simulator import Simulation

BATCH = 10_000
SHOWN = 10
SYMBOLS, TIMED = 500, 5_000  # records a batch, as a worker takes them
ROUNDS = 40


def total(count: int, some: Callable[[int], Tally]) -> Tally:
    """`count` comparisons, in batches."""
    found = Tally(0, [], 0)
    while found.compared < count:
        found = found.plus(some(min(BATCH, count - found.compared)))
    return found


def show(found: Tally) -> None:
    """The first differences."""
    for row in found.differing[:SHOWN]:
        print("DIFFERS", *row)


def published() -> tuple[float, float, float]:
    """Of what sources publish: share read by compiled code, and ns a record of decoding and of finding the slots.

    The least of all rounds is what the code costs; the rest is what others did on the machine.
    """
    records = market(Simulation(symbols=SYMBOLS, bars=TIMED // SYMBOLS, seed=7, fault_rate=0.0))
    decoder, symbols, raw = Watched({}), Symbols(EngineSettings()), raw_records(records)
    spent = []
    for _ in range(ROUNDS):
        begun = time.perf_counter_ns()
        bars = decoder.decode_raw(raw).bars
        decoded = time.perf_counter_ns()
        symbols.slots_raw(raw, bars["mask"] == 0)
        spent.append((decoded - begun, time.perf_counter_ns() - decoded))
    decoding, finding = (min(times) / len(raw) for times in zip(*spent, strict=True))
    return 1 - decoder.exact / (ROUNDS * len(raw)), decoding, finding


def main() -> None:
    """Compare, print a table, write the results; exit 1 when anything differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--decimals", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    rng = random.Random(given.seed)
    decimals = total(given.decimals, lambda count: numbers_compared(rng, count))
    records = total(given.records, lambda count: compared(fuzzed(rng, count)))
    show(decimals)
    show(records)
    share, decoding, finding = published()
    figures = {
        "records": float(records.compared),
        "differing": float(len(records.differing)),
        "fast_share": records.fast / records.compared,
        "decimals": float(decimals.compared),
        "decimals_differing": float(len(decimals.differing)),
        "decimals_fast_share": decimals.fast / decimals.compared,
        "published_fast_share": share,
        "decode_ns": decoding,
        "slot_ns": finding,
    }
    report.table(figures)
    report.write("differential", figures, seed=given.seed)
    raise SystemExit(bool(records.differing or decimals.differing))


if __name__ == "__main__":
    main()
