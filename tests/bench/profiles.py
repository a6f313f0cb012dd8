"""Measure how often each regime opens at each bar length, and what blocks the rest (`make bench WHAT=profiles`)."""

from __future__ import annotations

import argparse
import sys

import msgspec

from tests.bench import report
from tests.support.profile_series import INTERVALS, real
from tests.support.profile_shares import TRADED, Cell, Measured, measured
from worker.engine.blocks import sentence
from worker.engine.settings import EngineSettings

LEAST, MOST = 0.01, 0.10  # share of a regime's bars that open a position
FEW = 300  # bars: of fewer, a share of 1 % is three of them and says nothing


def verdict(cell: Cell) -> str:
    """Whether a cell keeps the promise, or has too few bars to tell."""
    if cell.bars < FEW:
        return "few bars"
    return "ok" if LEAST <= cell.share <= MOST else "outside"


def show(found: Measured) -> None:
    """A line a market, interval and regime, and what blocked."""
    print(f"{'market':8} {'bars':4} {'regime':11} {'of bars':>9} {'opened':>8}")
    for (market, interval, regime), cell in found.cells.items():
        if regime in {code.name for code in TRADED} and cell.bars:
            print(f"{market:8} {interval:4} {regime:11} {cell.bars:9,} {cell.share:8.2%} {verdict(cell)}")
    for (market, interval), blocked in found.blocked.items():
        print(f"{market:8} {interval:4} {sentence(blocked)}")
        for gate in blocked.gates:
            if gate.share:
                print(f"{'':14} {gate.reason:16} {gate.share:7.1%} of signals")


def figures(found: Measured) -> dict[str, float]:
    """What `results/profiles.json` holds."""
    codes = {code.name for code in TRADED}
    cells = {key: cell for key, cell in found.cells.items() if key[2] in codes and cell.bars}
    judged = [verdict(cell) for cell in cells.values()]
    counts = {f"profiles_{word.replace(' ', '_')}": float(judged.count(word)) for word in ("ok", "outside", "few bars")}
    shares = {"_".join(("profiles", *key)): cell.share for key, cell in cells.items()}
    return counts | shares


def main() -> int:
    """Measure, print, write; 1 when a share lies outside."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    series = real()
    if not series:
        sys.exit("there is no market data: put it at ../shared/data (ALPHAPULSE_SHARED), or install the package arch")
    found = measured(series, EngineSettings())
    show(found)
    told = figures(found)
    blocked = {f"{market} {interval}": one for (market, interval), one in found.blocked.items()}
    report.write("profiles", told, blocked=msgspec.to_builtins(blocked), intervals=list(INTERVALS))
    return int(told["profiles_outside"] > 0)


if __name__ == "__main__":
    sys.exit(main())
