"""Strategies proven and measured (`make strategies`): trades of others, costs, a sweep; each beside its target."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from tests.bench import report, targets
from tests.bench.absent import Absent
from tests.bench.oracle import Failed
from tests.bench.strategies.calling import call_ns
from tests.bench.strategies.comparing import Compared, compare_all, show
from tests.bench.strategies.compiling import compile_s
from tests.bench.strategies.oracles import BACKTESTING, VECTORBT
from tests.bench.strategies.ours import Incomparable
from tests.bench.strategies.paying import paid
from tests.bench.strategies.sweeping import Sweeps, sweeps
from tests.bench.strategies.targets import EXACT, TARGETS
from tests.support.strategy_faults import FAULTS, found
from worker.engine.partition import PartitionEngine
from worker.engine.settings import EngineSettings

ABSENT, WRONG = 69, 1  # exit codes
FIX = "Check the connection to the package registry (pip's settings hold), and run it again"


def say(line: str) -> None:
    """A progress line."""
    print(line, flush=True)


def faults_found() -> int:
    """Of the faults that are put into strategies, how many `strategy check` finds, with their lines."""
    missing = [name for name in FAULTS if not found(name)]
    for name in missing:
        print(f"NOT FOUND: {name}")
    return len(FAULTS) - len(missing)


def figures(compared: Sequence[Compared], swept: Sweeps) -> dict[str, float]:
    """Everything that is measured, after the trades that were compared."""
    added = paid()
    return {
        "trades_compared": float(sum(one.trades for one in compared)),
        "trades_differing": float(sum(len(one.differing) for one in compared)),
        "check_faults_found": float(faults_found()),
        "call_ns": call_ns(),
        "compile_s": compile_s(),
        "overhead_ratio": added.ratio,
        "python_us_per_bar": added.python_us,
        "sweep_s": swept.ours.seconds,
        "vectorbt_sweep_s": swept.vectorbt.seconds,
    }


def main() -> None:
    """Compare, measure, print the tables, write the results; exit 1 where a trade differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trades", action="store_true", help="compare trades only; write nothing")
    given = parser.parse_args()
    PartitionEngine(EngineSettings()).warm_up()
    try:
        compared = compare_all(say)
        show(compared)
        if given.trades:
            sys.exit(WRONG if any(one.differing for one in compared) else 0)
        swept = sweeps(say)
    except Absent as error:
        print(f"error: an oracle can't be installed: {error}. Fix: {FIX}", file=sys.stderr)
        sys.exit(ABSENT)
    except (Failed, Incomparable) as error:
        sys.exit(f"error: {error}")
    say("checking strategies with faults; measuring calls, compilation, and what a strategy adds to the engine")
    measured = figures(compared, swept)
    late = targets.missed(TARGETS, measured)
    targets.show(TARGETS, measured)
    report.write(
        "strategies",
        measured,
        oracles=[BACKTESTING.shown, VECTORBT.shown],
        trades=[one._asdict() | {"differing": len(one.differing)} for one in compared],
        sweep={"tries": len(swept.ours.trades), "trades": sum(swept.ours.trades), "vectorbt_first_s": swept.first},
        missed=late,
    )
    sys.exit(WRONG if EXACT.intersection(late) else 0)


if __name__ == "__main__":
    main()
