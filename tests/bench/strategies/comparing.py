"""All trades of ours against those of the oracles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tests.bench.oracle import Say
from tests.bench.strategies.cases import EVENTS, SIGNALS, Case, cases
from tests.bench.strategies.oracles import BACKTESTING, VECTORBT, trades_of
from tests.bench.strategies.ours import played
from tests.bench.strategies.trades import Difference, Trade, differences

SHOWN = 10


class Compared(NamedTuple):
    """One strategy over its series."""

    oracle: str
    rule: str
    runs: int
    trades: int
    differing: tuple[Difference, ...]


def compare(shown: str, chosen: Sequence[Case], theirs: Mapping[str, Sequence[Trade]], mode: str) -> list[Compared]:
    """Play the cases ourselves and hold them against an oracle's trades, strategy by strategy.

    Raises:
        Incomparable: the engine refused a bar.
    """
    found: dict[str, Compared] = {}
    for case in chosen:
        there = theirs[case.name]
        before = found.get(case.rule) or Compared(shown, case.rule, 0, 0, ())
        more = differences(case.name, played(case, mode), there)
        found[case.rule] = before._replace(
            runs=before.runs + 1, trades=before.trades + len(there), differing=(*before.differing, *more)
        )
    return list(found.values())


def compare_all(say: Say, mode: str = "compiled") -> list[Compared]:
    """Every strategy against every oracle that knows it.

    Raises:
        Absent: an oracle can't be installed here.
        Failed: its program ended with an error.
        Incomparable: the engine refused a bar.
    """
    found = []
    for oracle, program, rules in (
        (BACKTESTING, "backtesting_trades", SIGNALS + EVENTS),
        (VECTORBT, "vectorbt_trades", SIGNALS),
    ):
        oracle.install(say)
        chosen = list(cases(rules))
        say(f"{len(chosen)} runs by {oracle.shown}")
        theirs = trades_of(oracle, program, chosen)
        say("the same by ours")
        found += compare(oracle.name, chosen, theirs, mode)
    return found


def show(found: Sequence[Compared]) -> None:
    """One line for each strategy and oracle, and the first differences."""
    print(f"\n{'strategy':16}{'oracle':14}{'series':>7}{'trades':>9}{'differing':>11}")
    for one in found:
        print(f"{one.rule:16}{one.oracle:14}{one.runs:7}{one.trades:9,}{len(one.differing):11}")
    for difference in [each for one in found for each in one.differing][:SHOWN]:
        print(f"DIFFERS {difference.run}, trade {difference.number}:\n  {difference.ours}\n  {difference.theirs}")
