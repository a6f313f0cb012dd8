"""A class in memory has a digest of all that it reads; one that has changed, or reads what has none, is refused."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.notebook import Notebook
from tests.support.strategies import BREAKOUT, EVERYTHING, HEAD, STRATEGIES
from worker.strategy import Strategy
from worker.strategy.describing.in_memory import from_class
from worker.strategy.describing.source import from_file
from worker.strategy.errors import StrategyRefused
from worker.strategy.loading import load

NAMES = "from worker.strategy import *\n"
OWN = "class Own(Strategy):\n    def step(c):\n        {}\n"


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Notebook:
    return Notebook(monkeypatch)


def own(notebook: Notebook, *cells: str, name: str = "Own") -> Any:
    for cell in (NAMES, *cells):
        notebook.run(cell)
    return notebook.names[name]


def test_a_class_of_a_cell(notebook: Notebook) -> None:
    notebook.run(HEAD)
    notebook.run("import pandas as pd\nframe = [1, 2]\n" + BREAKOUT)
    source = from_class(own(notebook, name="Breakout"))
    assert source.text.startswith("class Breakout(Strategy):\n    version")
    assert "\n\nLONG = 1\n" in source.text
    assert "pandas" not in source.text
    assert load(source, {"enter": 30}).params[0]["enter"] == 30


def test_functions_and_constants_of_other_cells_are_in_the_digest(notebook: Notebook) -> None:
    cells = (HEAD, "most = 0.5\n\ndef limit(x):\n    return least(x)\n", "def least(x):\n    return min(x, most)\n")
    step = OWN.format("c.order.strength = limit(floor(c.bar.close))")
    source = from_class(own(notebook, *cells, step))
    for part in ("def limit(x):", "def least(x):", "most = 0.5", "from math import floor as floor"):
        assert f"\n{part}" in source.text
    assert load(source, {}).address
    again = from_class(own(notebook, step))
    assert again.digest == source.digest
    for changed in ("most = 0.6", "def least(x):\n    return max(x, most)\n"):
        assert from_class(own(notebook, changed, step)).digest != source.digest
        notebook.run(cells[1])
    notebook.run(cells[2])
    assert from_class(own(notebook, "unread = 3", step)).digest == source.digest


def test_a_function_that_is_shadowed_is_not_read(notebook: Notebook) -> None:
    bars = "bars = [1, 2]\n"
    assert from_class(own(notebook, bars, OWN.format("bars = c.bar.close; c.order.qty = bars")))


@pytest.mark.parametrize(
    ("cell", "step", "sentence"),
    [
        ("weights = [0.5]\n", "c.order.qty = weights[0]", "Own reads weights, of the kind list, which its digest"),
        ("import numpy as np\na = np.zeros(2)\n", "c.order.qty = a[0]", "Own reads a, of the kind ndarray"),
        ("import json\n", "c.order.qty = len(json.dumps(1))", "Own: json: import of json"),
        ("from random import random\n", "c.order.qty = random()", "Own reads random, of the kind builtin_function"),
        ("from math import exp as e\n", "c.order.qty = e(1.0)", "Own: e: math.exp takes the machine's library"),
        ("def f(x):\n    return x ** 0.5\n", "c.order.qty = f(2.0)", "Own: f: ** takes the machine's library"),
        ("f = lambda x: x\n", "c.order.qty = f(2.0)", "the source of f is not known"),
        ("", "x = 1; c.order.qty = 2.0 ** x", "Own: line 3: ** takes the machine's library"),
    ],
)
def test_what_no_digest_covers_is_refused(cell: str, step: str, sentence: str, notebook: Notebook) -> None:
    with pytest.raises(StrategyRefused) as caught:
        from_class(own(notebook, cell, OWN.format(step)))
    assert sentence in str(caught.value)


def test_a_class_without_source(notebook: Notebook) -> None:
    exec(compile(NAMES + OWN.format("pass"), "<stdin>", "exec"), notebook.names)
    with pytest.raises(StrategyRefused, match="the source of Own is not known") as caught:
        from_class(notebook.names["Own"])
    assert "Write the strategy to a file" in str(caught.value)


def test_what_is_no_strategy_of_its_own(notebook: Notebook) -> None:
    with pytest.raises(StrategyRefused, match="is no class that derives from"):
        from_class("breakout.py")  # type: ignore[arg-type]
    derived = own(notebook, OWN.format("pass"), "class Wide(Own):\n    version = 2\n", name="Wide")
    with pytest.raises(StrategyRefused, match="Wide has no step of its own"):
        from_class(derived)


def imported(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    (folder / "mine.py").write_text(text)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    importlib.invalidate_caches()
    return importlib.import_module("mine")


def test_a_class_of_a_strategys_file_is_that_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = imported(tmp_path, STRATEGIES["everything"], monkeypatch)
    assert from_class(module.Everything).digest == from_file(tmp_path / "mine.py").digest


def test_a_class_beside_other_things_is_its_own_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = imported(tmp_path, "import json\n" + HEAD + EVERYTHING + "\nfound = json.dumps(1)\n", monkeypatch)
    source = from_class(module.Everything)
    assert source.text.startswith("class Everything")
    assert "def squeeze(x, most):" in source.text
    assert load(source, {}).address


def test_a_source_that_has_changed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = imported(tmp_path, STRATEGIES["breakout"], monkeypatch)
    (tmp_path / "mine.py").write_text(STRATEGIES["breakout"].replace("own.losses >= 3", "own.losses >= 4"))
    with pytest.raises(StrategyRefused, match="the source of Breakout has changed since it was run"):
        from_class(module.Breakout)


def test_a_class_within_a_function() -> None:
    most = 0.5

    class Inner(Strategy):
        @staticmethod
        def step(c: Any) -> None:
            c.order.strength = min(c.bar.close, most)

    source = from_class(Inner)
    assert "\nmost = 0.5\n" in source.text
    assert load(source, {}).address
