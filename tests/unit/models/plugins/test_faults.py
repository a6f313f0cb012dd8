"""What is no plugin is refused, what fails leaves its rows to the engine, what breaks the contract is found."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.unit.models.plugins.distribution import register
from worker.models.card import Card
from worker.models.contract import check_model, check_stage
from worker.models.errors import ModelRefused, OutOfMemory
from worker.models.plugins import MODELS, STAGES, load_model, load_stages
from worker.models.scoring.status import Status
from worker.models.stage_columns import run_stage

CODE = """
from worker.models.card import Card
import numpy as np
class NotOne: pass
class Unknown:
    card, canary = Card("m", "1.0.0", ("nothing",)), None
    def run(self, rows): return rows
class Raising:
    def __init__(self): raise ValueError("no")
class Single:
    card, canary = Card("m", "1.0.0", ("clv",)), None
    def run(self, rows): return np.full((len(rows), 1), 0.5, np.float32)
def make(): return Single()
class Stage:
    name, inputs, outputs = "s", ("nothing",), ("x",)
    def run(self, features): return {}
"""

Column = NDArray[np.float64]
Columns = Mapping[str, Column]


@pytest.fixture(autouse=True)
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "alphapulse_faulty.py").write_text(CODE)
    names = {name.lower(): f"alphapulse_faulty:{name}" for name in ("NotOne", "Unknown", "Raising", "Single", "make")}
    names |= {"absent": "alphapulse_nowhere:X", "missing": "alphapulse_faulty:Absent"}
    register(tmp_path, "alphapulse_faulty", {MODELS: names, STAGES: names | {"stage": "alphapulse_faulty:Stage"}})
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nobody", "there is no plugin nobody"),
        ("notone", "is not a model"),
        ("unknown", "reads nothing, which is not a feature"),
        ("raising", "cannot be loaded"),
        ("absent", "cannot be loaded"),
        ("missing", "cannot be loaded"),
    ],
)
def test_models_that_are_refused(name: str, message: str) -> None:
    with pytest.raises(ModelRefused, match=message):
        load_model(name)


@pytest.mark.parametrize(("name", "message"), [("notone", "is not a stage"), ("stage", "not a feature")])
def test_stages_that_are_refused(name: str, message: str) -> None:
    with pytest.raises(ModelRefused, match=message):
        load_stages([name])


@pytest.mark.parametrize("name", ["single", "make"])
def test_a_model_without_canary_is_asked_row_by_row(name: str) -> None:
    scorer = load_model(name)
    assert not scorer.micro_batching
    assert scorer.score(np.zeros((3, 1))).prob.tolist() == [0.5] * 3


class Stage:
    """A stage around a function."""

    name, inputs, outputs = "s", ("clv", "rsi_14"), ("x",)

    def __init__(self, function: Any) -> None:
        self.function = function

    def run(self, features: Columns) -> Columns:
        found: Columns = self.function(features)
        return found


def _picky(features: Columns) -> Columns:
    if (features["clv"] < 0.0).any():
        raise ValueError("negative")
    return {"x": features["clv"] + features["rsi_14"]}


def test_only_the_rows_that_fail_are_left_to_the_engine() -> None:
    given = {"clv": np.array([0.0, -1.0, 0.5, 0.25, -0.5]), "rsi_14": np.ones(5)}
    found = run_stage(Stage(_picky), given)
    ok, failed = Status.ok, Status.runtime_error
    assert found.status.tolist() == [ok, failed, ok, ok, failed]
    assert found.columns["x"].tolist() == pytest.approx([1.0, np.nan, 1.5, 1.25, np.nan], nan_ok=True)


@pytest.mark.parametrize(
    "function",
    [
        lambda given: {},
        lambda given: {"x": given["clv"], "y": given["clv"]},
        lambda given: {"x": np.zeros(7)},
        lambda given: {"x": np.full(len(given["clv"]), np.inf)},
        lambda given: {"x": ["a"] * len(given["clv"])},
        lambda given: None,
        lambda given: given["clv"].__iadd__(1.0),
    ],
)
def test_columns_that_are_none(function: Any) -> None:
    given = {"clv": np.zeros(3), "rsi_14": np.ones(3)}
    found = run_stage(Stage(function), given)
    assert found.status.tolist() == [Status.runtime_error] * 3
    assert np.isnan(found.columns["x"]).all()
    assert given["clv"].tolist() == [0.0] * 3


def test_no_memory_stops_the_worker() -> None:
    def no_memory(features: Columns) -> Columns:
        raise MemoryError

    with pytest.raises(OutOfMemory):
        run_stage(Stage(no_memory), {"clv": np.zeros(3), "rsi_14": np.ones(3)})


def _counting() -> Any:
    calls: list[int] = []

    def count(features: Columns) -> Columns:
        calls.append(1)
        return {"x": features["clv"] + len(calls)}

    return count


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (_counting(), "keeps state"),
        (lambda given: {"x": given["clv"] - given["clv"][0]}, "other rows of the batch"),
        (lambda given: {"x": np.cumsum(given["clv"])}, "other rows of the batch"),
        (lambda given: {"y": given["clv"]}, "the stage fails"),
        (_picky, "the stage fails"),
    ],
)
def test_the_contract_finds_broken_stages(function: Any, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        check_stage(Stage(function))


class Model:
    """A model around a function."""

    card = Card("m", "1.0.0", ("clv", "rsi_14"))
    canary = None

    def __init__(self, function: Any) -> None:
        self.function = function

    def run(self, rows: Any) -> Any:
        return self.function(rows)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda rows: rows[:, :1], "out_of_range"),
        (lambda rows: rows[:, :1] * np.nan, "nan_output"),
        (lambda rows: 0.5 + 0.1 * np.clip(rows[:, :1] - rows[:, :1].mean(), -1, 1), "other rows of the batch"),
        (lambda rows: np.full((1, 1), 0.5), "one output per row"),
    ],
)
def test_the_contract_finds_broken_models(function: Any, message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        check_model(Model(function))
