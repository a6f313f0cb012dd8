"""The portfolio's risk proven and measured (`make risk`): oracles, replays, costs; each figure beside its target."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.bench import report, targets
from tests.bench.absent import Absent
from tests.bench.oracle import Failed
from tests.bench.oracles import RISK, Worst, compared
from tests.bench.oracles import show as show_oracles
from tests.bench.risk.costs import costs_of_steps
from tests.bench.risk.fleet import figures as figures_of_fleet
from tests.bench.risk.replaying import RUNS, replays_equal
from tests.bench.risk.skfolio import SKFOLIO, worst_error
from tests.bench.risk.targets import EXACT, TARGETS

ABSENT, WRONG = 69, 1  # exit codes
BOUND = 1e-12
FIX = "Check the connection to the package registry (pip's settings hold), and run it again"


def say(line: str) -> None:
    """A progress line."""
    print(line, flush=True)


def oracles() -> dict[str, Worst]:
    """The worst error by name: of the tests, and of skfolio as it is asked now.

    Raises:
        Absent: skfolio can't be had.
        Failed: it, or a test, failed.
    """
    say(f"asking {SKFOLIO.shown}")
    asked = Worst(worst_error(say), BOUND)
    code, found = compared(RISK)
    found["risk covariance, skfolio now"] = asked
    show_oracles(found)
    if code:
        raise Failed(f"the tests of {RISK} ended with {code}")
    return found


def main() -> None:
    """Compare, replay, measure, print the table, write the results; exit 1 where a value is not the promised one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pure", action="store_true", help="without Kafka: no process is started; write nothing")
    given = parser.parse_args()
    try:
        found = oracles()
    except Absent as error:
        print(f"error: an oracle can't be installed: {error}. Fix: {FIX}", file=sys.stderr)
        sys.exit(ABSENT)
    except Failed as error:
        sys.exit(f"error: {error}")
    figures = {
        # Kupiec's has a bound of its own: the logarithms of its likelihoods cancel.
        "oracle_worst_error": max(worst.error for worst in found.values() if worst.bound <= BOUND),
        "replays_equal": float(replays_equal(say)),
        "replays_total": float(len(RUNS)),
    }
    say("measuring steps")
    figures |= costs_of_steps()
    if not given.pure:
        with tempfile.TemporaryDirectory() as folder:
            figures |= asyncio.run(figures_of_fleet(say, Path(folder)))
    late = targets.missed({name: bounds for name, bounds in TARGETS.items() if name in figures}, figures)
    targets.show(TARGETS, figures)
    if not given.pure:
        report.write("risk", figures, oracles={name: worst._asdict() for name, worst in found.items()}, missed=late)
    sys.exit(WRONG if EXACT.intersection(late) else 0)


if __name__ == "__main__":
    main()
