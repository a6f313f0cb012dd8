"""Every comparison with an implementation that is not ours, with its worst error, in one table (`make oracles`)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tests.bench import report
from tests.bench.strategies.comparing import compare
from tests.bench.strategies.comparing import show as show_trades
from tests.bench.strategies.expected import KEPT, expected
from tests.bench.strategies.oracles import BACKTESTING
from tests.support import examples
from tests.support.injection import Tally, fixed_faults, judge, random_faults
from tests.support.oracle_report import VARIABLE

ROUNDS = 35  # of random placement, about 1,500 bad bars each
RISK = "tests/unit/risk/figures"
TESTS = ("tests/unit/engine", "tests/unit/models", "tests/unit/strategy/ta", RISK)


class Worst(NamedTuple):
    """The largest error of one name over all series, and its bound."""

    error: float
    bound: float

    @property
    def passed(self) -> bool:
        return self.error <= self.bound


def compared(*tests: str) -> tuple[int, dict[str, Worst]]:
    """(exit code of the tests, worst error by name) over the oracle tests of these folders."""
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder) / "oracles.jsonl"
        command = [sys.executable, "-m", "pytest", *tests, "-n", "2", "-q", "-p", "no:cacheprovider"]
        given = {VARIABLE: str(lines), examples.VARIABLE: "long"}
        code = subprocess.run(command, env=os.environ | given, check=False).returncode
        found = [json.loads(line) for line in lines.read_text().splitlines()] if lines.exists() else []
    errors: dict[str, list[Worst]] = defaultdict(list)
    for line in found:
        errors[line["name"]].append(Worst(line["worst_relative_error"], line["bound"]))
    # The nearest to its bound stands for the name: a NaN, which is no error at all, must not hide.
    return code, {name: max(all_, key=_closeness) for name, all_ in sorted(errors.items())}


def _closeness(worst: Worst) -> float:
    if not worst.passed:
        return float("inf")
    return worst.error / worst.bound if worst.bound > 0.0 else worst.error


def injected() -> tuple[Tally, Tally]:
    """The recipe at its fixed places, and at random ones."""
    rng, total = np.random.default_rng(2026), Tally(0, 0, 0, 0)
    for _ in range(ROUNDS):
        total = Tally(*(a + b for a, b in zip(total, judge(lambda: random_faults(rng)), strict=True)))
    return judge(fixed_faults), total


def show(worst: dict[str, Worst]) -> None:
    """One line for each value and its oracle: the worst of all series (the last word of a name is the series)."""
    series: dict[str, list[Worst]] = defaultdict(list)
    for name, found in worst.items():
        series[name.rpartition(" ")[0] or name].append(found)
    width = max(map(len, series), default=8)
    print(f"\n{'value and oracle':{width}}  series  {'worst error':>12}  {'bound':>8}")
    for name, all_ in series.items():
        error, bound = max(all_, key=_closeness)
        failed = "" if all(w.passed for w in all_) else "  FAILED"
        print(f"{name:{width}}  {len(all_):6}  {error:12.1e}  {bound:8.0e}{failed}")


def main() -> None:
    """Run, print the tables, write the results; exit 1 when a test failed."""
    code, worst = compared(*TESTS)
    show(worst)
    fixed, random = injected()
    print(f"\n{'injected faults':16}  {'bad bars':>8}  {'missed':>6}  {'extra':>5}  {'miss rate':>9}")
    for name, tally in (("fixed places", fixed), ("random places", random)):
        rate = tally.missed / tally.bad
        print(f"{name:16}  {tally.bad:8,}  {tally.missed:6}  {tally.extra:5}  {rate:9.1e}")
    trades = compare(BACKTESTING.name, KEPT, expected(), "compiled")
    show_trades(trades)
    figures = {
        "oracles_passed": float(sum(w.passed for w in worst.values())),
        "oracles_total": float(len(worst)),
        "worst_relative_error": max((w.error for w in worst.values()), default=float("nan")),
        "injected_bad_bars": float(fixed.bad),
        "injected_missed": float(fixed.missed),
        "injected_extra": float(fixed.extra),
        "random_bad_bars": float(random.bad),
        "random_miss_rate": random.missed / random.bad,
        "trades_compared": float(sum(one.trades for one in trades)),
        "trades_differing": float(sum(len(one.differing) for one in trades)),
    }
    print()
    report.table(figures)
    report.write("oracles", figures, oracles={name: w._asdict() for name, w in worst.items()})
    sys.exit(code or int(any(one.differing for one in trades)))


if __name__ == "__main__":
    main()
