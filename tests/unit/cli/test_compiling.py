"""The notice of a long compilation is for the engine's kernels."""

from __future__ import annotations

from pathlib import Path

import pytest
from numba.np.arrayobj import carray

from tests.support.strategies import STRATEGIES
from worker.cli.compiling import of_engine
from worker.engine.stages.execution.fills import with_costs
from worker.strategy.describing.definition import define
from worker.strategy.describing.source import from_file
from worker.strategy.running.compiled import machine

ENGINE = with_costs.py_func  # type: ignore[attr-defined]


@pytest.mark.parametrize(("kind", "wanted"), [("engine", True), ("strategy", False), ("numba", False)])
def test_whose_function_it_is(kind: str, wanted: bool, tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(STRATEGIES["breakout"])
    definition = define(from_file(file), {})
    step = machine(definition).jitted(definition.step).py_func
    assert of_engine({"engine": ENGINE, "strategy": step, "numba": carray}[kind]) is wanted
