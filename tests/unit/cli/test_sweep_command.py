"""`alphapulse sweep` writes page, table and figures of a strategy's parameters, and refuses a map it can't draw."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest
import typer
from typer.testing import CliRunner

from tests.support.strategies import STRATEGIES
from worker.cli.sweep import sweep

PLAN = """
folds = 2
[parameters]
"strategy.parameters.enter" = [5, 8, 20]
"strategy.parameters.leave" = [3, 6]
"strategy.parameters.slow" = ["2h"]
"""


@pytest.fixture
def given(tmp_path: Path) -> list[str]:
    """Arguments: a plan, hourly bars of a month, and a strategy."""
    (tmp_path / "plan.toml").write_text(PLAN)
    (tmp_path / "own.py").write_text(STRATEGIES["breakout"])
    close = 100.0 * np.exp(np.cumsum(np.random.default_rng(2).normal(0.0, 0.01, 720)))
    lines = ["ts,open,high,low,close,volume"]
    for hour, price in enumerate(close.tolist()):
        ts = 1_704_067_200_000 + hour * 3_600_000
        lines.append(f"{ts},{price:.4f},{price + 0.3:.4f},{price - 0.3:.4f},{price:.4f},100000")
    (tmp_path / "bars.csv").write_text("\n".join(lines) + "\n")
    files = [str(tmp_path / "plan.toml"), str(tmp_path / "bars.csv")]
    return [*files, "--strategy", str(tmp_path / "own.py"), "--out", str(tmp_path / "out")]


def run(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(sweep)
    done = CliRunner().invoke(app, arguments, env={"COLUMNS": "300"})
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def test_a_sweep_writes_page_table_and_figures(given: list[str], tmp_path: Path) -> None:
    code, said = run(*given, "--walk-forward", "3", "--set", "risk=0.02")
    assert code == 0, said
    assert "all steps" in said
    told = json.loads((tmp_path / "out/sweep.json").read_text())
    assert len(told["tries"]) == 6
    assert len(told["walk_forward"]["steps"]) == 3
    assert told["walk_forward"]["buy_and_hold"]["periods"] == told["walk_forward"]["result"]["periods"]
    assert pyarrow.parquet.read_table(tmp_path / "out/sweep.parquet").num_rows == 6
    assert told["strategy"]["parameters"] == {"stop_atr": 2.5, "risk": 0.02, "pause": 24}
    page = (tmp_path / "out/sweep.html").read_text()
    assert f"breakout, version 3, sha256 {told['strategy']['digest'][:12]}…; " in page
    assert '"x":"strategy.parameters.enter","y":"strategy.parameters.leave"' in page
    assert any(one["trades"] for one in told["tries"])


def test_json_is_what_is_written(given: list[str], tmp_path: Path) -> None:
    code, said = run(*given, "--json", "--by", "total_return", "--map", "leave", "enter")
    assert code == 0, said
    assert json.loads(said.splitlines()[-1]) == json.loads((tmp_path / "out/sweep.json").read_text())
    assert '"x":"strategy.parameters.leave"' in (tmp_path / "out/sweep.html").read_text()


@pytest.mark.parametrize(
    ("axes", "said"),
    [
        (("enter", "enter"), "needs two parameters"),
        (("enter", "lave"), "no such parameter"),
        (("strategy.parameters.enter", "parameters"), "no such parameter"),
    ],
)
def test_a_map_that_cannot_be_drawn_is_refused_first(given: list[str], axes: tuple[str, str], said: str) -> None:
    code, output = run(*given, "--map", *axes)
    assert code == 2
    assert said in output


@pytest.mark.parametrize("mode", ["compiled", "python"])
def test_what_a_strategy_prints_is_no_data(mode: str, given: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALPHAPULSE_ENGINE__STRATEGY__MODE", mode)
    file = Path(given[3])
    file.write_text(
        "print('loaded')\n" + file.read_text().replace("def step(c):\n", "def step(c):\n        print(7)\n", 1)
    )
    app = typer.Typer()
    app.command()(sweep)
    done = CliRunner().invoke(app, [*given, "--json"])
    assert done.exit_code == 0, done.output
    assert len(json.loads(done.stdout)["tries"]) == 6
    assert "loaded" in done.stderr
    assert "\n7\n" in done.stderr
