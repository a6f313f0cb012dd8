"""The notebook runs from its first to its last cell, on a running event loop as in Jupyter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.support.notebook import Notebook

NOTEBOOK = Path(__file__).parents[3] / "examples" / "quickstart.ipynb"


def sources() -> list[str]:
    found = json.loads(NOTEBOOK.read_text())["cells"]
    return ["".join(cell["source"]) for cell in found if cell["cell_type"] == "code"]


async def test_every_cell_runs(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = Notebook(monkeypatch)
    names: dict[str, Any] = notebook.names
    last = None
    for source in sources():
        last = await notebook.run_async(source)
        if "Curve(" in source:
            curve = last
    assert len(names["results"]) == len(names["points"]) == 5_031
    assert all(result.accepted for result in names["results"])
    assert names["decisions"]["action"].nunique() == 5
    assert names["own"][-1].replaced == ("model_registry",)
    assert names["result"].accepted
    assert len(names["frame"]) == 44
    said = names["played"][-1].execution_decision["strategy"]
    assert (said["id"], said["status"]) == ("dip", "ok")
    assert len(names["trades"]) > 50
    assert set(names["trades"]["reason"]) == {"strategy", "stop_loss"}
    assert sum(len(result.trades) for result in names["played"]) == len(names["trades"])
    picture = ElementTree.fromstring(curve._repr_svg_())
    assert len(picture.findall("{*}circle")) == len(names["trades"])
    assert "5,031 points" in capsys.readouterr().out


def test_no_outputs_are_stored() -> None:
    for cell in json.loads(NOTEBOOK.read_text())["cells"]:
        assert not cell.get("outputs")
