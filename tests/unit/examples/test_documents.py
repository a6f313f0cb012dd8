"""What the documents print as Python runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.notebook import Notebook
from tests.support.strategy_drive import ask
from tests.unit.strategy.running.test_both_modes import bars
from worker.engine.asking.intent import KEEP, Status
from worker.strategy.describing.lint import MODULES
from worker.strategy.loading import find, load

DOCS = Path(__file__).parents[3] / "docs"
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
