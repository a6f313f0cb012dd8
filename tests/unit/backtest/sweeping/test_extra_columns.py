"""Sets whose strategy reads extra columns of ticks share, and decide as each by itself."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from tests.support.strategies import HEAD, PAIR
from tests.unit.backtest.market import market
from tests.unit.backtest.sweeping.test_sharing import same, settings, shared
from worker.backtest.sweeping.attempt import try_out
from worker.backtest.sweeping.cohorts import cohorts
from worker.backtest.tape import Tape, tapes
from worker.cli.sweep import sweep

DECLARED = """
class Own(Strategy):
    class Parameters(Parameters):
        length: int = 5
        above: float = 1.01
"""
STEP = """
    def step(c):
        reads = c.extra.other / c.bar.close + c.extra.funding / 100.0
        if reads > c.p.above:
            c.order.side, c.order.share = LONG, 0.1
        elif {leaves}:
            c.order.side = FLAT
"""
INDICATORS = """
    def indicators(p):
        return {"mean": ta.sma(p.length), "high": ta.highest(2 * p.length)}
"""
TEXTS = {
    "with indicators": HEAD + DECLARED + INDICATORS + STEP.format(leaves="c.bar.close < c.ind.mean < c.was.high"),
    "without": HEAD + DECLARED + STEP.format(leaves="reads < 0.99"),
    "in observe": PAIR.replace("import FLAT", "import Field, Parameters, FLAT")
    .replace("    class Memory", "    class Parameters(Parameters):\n        below: float = 0.99\n\n    class Memory")
    .replace("0.99 *", "c.p.below *"),
}
SETS: dict[str, list[dict[str, Any]]] = {
    "with indicators": [{"length": n, "above": above} for n in (3, 5, 9) for above in (1.0, 1.02)],
    "without": [{"above": above} for above in (0.99, 1.0, 1.02)],
    "in observe": [{"below": below} for below in (0.98, 0.99, 0.999)],
}


@cache
def played() -> tuple[Tape, ...]:
    """The market's minutes with two columns, one of which has holes."""
    rng = np.random.default_rng(5)
    records = []
    for key, value, ts in market():
        close = json.loads(value).get("close") if value and value.startswith(b"{") and value.endswith(b"}") else None
        if isinstance(close, float) and value is not None:
            more = {"funding": rng.normal(), "other": None if rng.random() < 0.1 else close * rng.uniform(0.97, 1.03)}
            value = json.dumps(json.loads(value) | more).encode()
        records.append((key, value, ts))
    return tuple(tapes(records))


@pytest.mark.parametrize("mode", ["compiled", "python"])
@pytest.mark.parametrize("name", TEXTS)
def test_they_share(name: str, mode: str, tmp_path: Path) -> None:
    extra = {"ingestion": {"extra": ["absent", "other", "funding"]}}
    given = settings(tmp_path / "own.py", TEXTS[name], SETS[name], strategy={"mode": mode}, **extra)
    [cohort] = cohorts(given)
    tries = shared(played(), cohort)
    assert sorted(tries) == list(range(len(given)))
    assert all(same(one, try_out(played(), given[number])) for number, one in tries.items())
    assert len({one.trading.trades for one in tries.values()}) > 1


def test_the_command_reads_a_column(tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text('folds = 1\n[parameters]\n"strategy.parameters.above" = [1.0, 1.02, 1.2]\n')
    (tmp_path / "own.py").write_text(TEXTS["without"])
    lines = ["ts,open,high,low,close,volume,other,Rate"]
    for hour in range(480):
        ts, price = 1_704_067_200_000 + hour * 3_600_000, 100.0 + (hour % 7) / 10
        cells = [ts, price, price + 1, price - 1, price, 1_000_000, price * (0.98 + hour % 11 / 200), hour % 3 / 10]
        lines.append(",".join(map(str, cells)))
    (tmp_path / "bars.csv").write_text("\n".join(lines) + "\n")
    app = typer.Typer()
    app.command()(sweep)
    columns = ["--extra", "other", "--extra", "funding", "--column", "funding=Rate"]
    files = [str(tmp_path / name) for name in ("plan.toml", "bars.csv")]
    made = [*files, "--strategy", str(tmp_path / "own.py"), "--out", str(tmp_path / "out"), "--json"]
    done = CliRunner().invoke(app, [*made, *columns])
    assert done.exit_code == 0, done.output
    trades = [one["trades"] for one in json.loads(done.stdout)["tries"]]
    assert trades[0] > trades[2] == 0
    done = CliRunner().invoke(app, made)
    assert "which engine.ingestion.extra does not name" in str(done.exception)
