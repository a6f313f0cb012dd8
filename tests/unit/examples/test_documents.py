"""What the documents print as Python runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.support.notebook import Notebook
from tests.support.strategy_drive import ask
from tests.unit.cli.commands import program
from tests.unit.strategy.running.test_both_modes import bars
from worker.engine.asking.intent import KEEP, Status
from worker.strategy.describing.lint import MODULES
from worker.strategy.loading import find, load

DOCS = Path(__file__).parents[3] / "docs"
SHELL = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_first_example_of_the_in_process_api(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {}
    exec(BLOCK.findall((DOCS / "in-process.md").read_text())[0], names)
    assert names["result"].accepted
    assert names["result"].timestamp == names["start"].replace(hour=16, minute=9)
    assert "Excellent" in capsys.readouterr().out


def test_the_strategy_of_the_in_process_api(monkeypatch: pytest.MonkeyPatch) -> None:
    [block] = [each for each in BLOCK.findall((DOCS / "in-process.md").read_text()) if "strategy=" in each]
    notebook = Notebook(monkeypatch)
    notebook.run("from worker import RealTimePipeline\n" + block)
    assert notebook.names["pipeline"].engine.strategy.parameters == {"enter": 30}


def test_every_column_and_method_is_named() -> None:
    from schemas import Decision
    from worker import RealTimePipeline
    from worker.export.columns import columns_of
    from worker.inprocess import PipelineSettings
    from worker.inprocess.objects.integrations import METHODS

    tables, api = ((DOCS / name).read_text() for name in ("data-frames.md", "in-process.md"))
    for column in columns_of(Decision):
        assert f"`{column.name}`" in tables or column.name.startswith(("position_", "risk_")), column.name
    promised = [name for name in dir(RealTimePipeline) if not name.startswith("_")]
    for name in (*PipelineSettings.model_fields, *METHODS, *METHODS.values(), "strategy"):
        assert name in api, name
    assert {"start", "stop", "add_data_point", "get_result", "add_callback", "get_metrics"} <= set(promised)


@pytest.mark.parametrize("mode", ["compiled", "python"])
def test_the_strategies_run(mode: Any, tmp_path: Path) -> None:
    blocks = [each for each in BLOCK.findall((DOCS / "strategies.md").read_text()) if "(Strategy)" in each]
    assert len(blocks) == 2
    for block in blocks:
        file = tmp_path / "own.py"
        file.write_text(block)
        found = ask(load(find(file), {}, mode), bars(1_500))
        assert set(found.statuses) == {Status.warming_up, Status.ok}
        assert (found.intents["side"] != KEEP).any()


def test_the_refused_imports_are_those_of_the_lint() -> None:
    text = (DOCS / "strategies.md").read_text()
    assert all(f"`{module}`" in text for module in MODULES - {"__future__"})


def test_the_portfolio_of_the_backtest(capsys: pytest.CaptureFixture[str]) -> None:
    [block] = [each for each in BLOCK.findall((DOCS / "backtest.md").read_text()) if "portfolio" in each]
    exec(block, {})
    lines = capsys.readouterr().out.splitlines()
    assert {line.split()[1] for line in lines} >= {"symbol"}


def test_the_commands_of_portfolio_and_stress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for at, name in enumerate(("a", "b", "c")):
        rows = [f"2024-01-{day:02},{day + at},{day + at + 1},{day + at},{day + at},100" for day in range(1, 31)]
        (tmp_path / f"{name}.csv").write_text("\n".join(["date,open,high,low,close,volume", *rows]) + "\n")
    (tmp_path / "alphapulse.toml").write_text('[engine.instruments]\nA = { group = "banks" }\n')
    commands = [
        line.split()[1:]
        for name in ("backtest.md", "risk.md")
        for block in SHELL.findall((DOCS / name).read_text())
        for line in block.splitlines()
        if "results/limited" in line
    ]
    assert [words[0] for words in commands] == ["backtest", "backtest", "risk"]
    for words in commands:
        done = CliRunner().invoke(program(), [word.replace("AAPL", "B") for word in words])
        assert done.exit_code == 0, done.output
