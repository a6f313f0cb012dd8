"""The notebook runs from its first to its last cell, on a running event loop as in Jupyter."""

from __future__ import annotations

import ast
import json
from inspect import isawaitable
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

NOTEBOOK = Path(__file__).parents[3] / "examples" / "quickstart.ipynb"


def cells() -> list[CodeType]:
    """The code cells, compiled as Jupyter does: `await` may stand outside functions."""
    found = json.loads(NOTEBOOK.read_text())["cells"]
    sources = ["".join(cell["source"]) for cell in found if cell["cell_type"] == "code"]
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    return [compile(source, f"cell {at}", "exec", flags) for at, source in enumerate(sources, 1)]


async def test_every_cell_runs(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    for cell in cells():
        done = eval(cell, names)
        if isawaitable(done):
            await done
    assert len(names["results"]) == len(names["points"]) == 5_031
    assert all(result.accepted for result in names["results"])
    assert names["decisions"]["action"].nunique() == 5
    assert names["own"][-1].replaced == ("model_registry",)
    assert names["result"].accepted
    assert len(names["frame"]) == 44
    assert "5,031 points" in capsys.readouterr().out


def test_no_outputs_are_stored() -> None:
    for cell in json.loads(NOTEBOOK.read_text())["cells"]:
        assert not cell.get("outputs")
