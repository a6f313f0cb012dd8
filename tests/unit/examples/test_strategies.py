"""Every example strategy loads, trades, and says the same in any mode, batch, process and storage."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.bench.earned import FOLDER, PAGE, REGISTRY, earned, registered, runs
from tests.support.examples import drawn, long_only
from tests.unit.strategy.test_in_engine import BARS, KEYS, market, same
from worker.configured_strategy import filled, hooked
from worker.engine.partition import PartitionEngine
from worker.engine.settings import EngineSettings, engine_settings
from worker.engine.stages.ingestion import Decoded
from worker.engine.state.frames import Spill
from worker.models.serving.library import Library
from worker.strategy.checking.check import check
from worker.strategy.checking.subject import Subject
from worker.strategy.describing.definition import define
from worker.strategy.describing.source import from_file

MOST_LINES = 60
# Shorter than in the files, so that they trade on few bars.
QUICK: dict[str, dict[str, Any]] = {
    "average_cross": {"fast": 5, "slow": 15, "short": True},
    "breakout": {"enter": 10, "leave": 5, "trend": 20, "pause": 5},
    "grid": {"pause": 5},
    "mean_reversion": {"trend": 20, "buy": 30.0, "longest": 4},
    "model": {"enter": 0.501, "leave": 0.499, "short": True},
    "pair": {"enter": 1.5},
}
NAMES = sorted(QUICK)
ROWS = len(KEYS) * drawn(330, BARS)


@cache
def others() -> NDArray[np.float64]:
    """The other market's price at each bar, with holes."""
    rng = np.random.default_rng(8)
    found = market()["close"][:ROWS] * np.exp(rng.normal(0, 0.02, ROWS))
    found[rng.random(ROWS) < 0.05] = np.nan
    return found.reshape(-1, 1)


def settings(name: str, mode: str = "compiled") -> EngineSettings:
    given = {
        "ingestion": {"interval": "1h", "extra": ["other"]},
        "execution": {"cool_down_bars": 0, "stop_cool_down_bars": 0},
        "strategy": {"file": str(FOLDER / f"{name}.py"), "mode": mode, "parameters": QUICK[name]},
    }
    return filled(engine_settings(given | (registered() if name == "model" else {})))


def engine(name: str, mode: str = "compiled", spill: Spill | None = None) -> PartitionEngine:
    found = settings(name, mode)
    models = Library(found.model, REGISTRY, voice=found.voice)
    return PartitionEngine(found, spill, models.switchboard(), hooked(found))


def steps(with_: PartitionEngine, cuts: Sequence[int] = (), rows: int = ROWS) -> Iterator[NDArray[Any]]:
    keys, begin = KEYS * BARS, 0
    for stop in [*(cut for cut in cuts if cut < rows), rows]:
        bars = market()[begin:stop].copy()
        decoded = Decoded(bars, {}, np.ones(len(bars), np.bool_), {}, others()[begin:stop])
        yield with_.step(keys[begin:stop], decoded)
        begin = stop


def play(with_: PartitionEngine, cuts: Sequence[int] = (), rows: int = ROWS) -> NDArray[Any]:
    return np.concatenate(list(steps(with_, cuts, rows)))


@cache
def whole(name: str) -> NDArray[Any]:
    return play(engine(name))


def test_each_is_an_example_here() -> None:
    assert sorted(file.stem for file in FOLDER.glob("*.py")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_it_is_short_and_says_what_it_risks(name: str) -> None:
    file = FOLDER / f"{name}.py"
    text = file.read_text()
    assert len(text.splitlines()) <= MOST_LINES
    assert {"Idea:", "Risk:"} <= set(re.findall(r"\w+:", text.split('"""')[1]))
    for field, info in type(define(from_file(file), {}).parameters).model_fields.items():
        bounds = {type(each).__name__ for each in info.metadata}
        assert info.annotation is bool or ({"Gt", "Ge"} & bounds and {"Lt", "Le"} & bounds), field
        assert info.description, field


@pytest.mark.parametrize("name", NAMES)
def test_it_trades(name: str) -> None:
    outs = whole(name)
    assert outs["execution"]["trade"]["closed"].sum() >= 5
    assert set(np.unique(outs["said"]["intent"]["status"]).tolist()) <= {0, 1, 3}  # not asked, ok, warming up


@pytest.mark.parametrize("name", NAMES)
def test_both_modes_decide_the_same(name: str) -> None:
    assert same(play(engine(name, "python")), whole(name))


@pytest.mark.parametrize("name", NAMES)
def test_batches_do_not_show(name: str) -> None:
    every = np.arange(1, ROWS)
    some = sorted(np.random.default_rng(7).choice(every, drawn(20, 400), replace=False).tolist())
    assert same(play(engine(name), some), whole(name))


@pytest.mark.parametrize("name", NAMES)
def test_the_future_does_not_show(name: str) -> None:
    cuts = np.random.default_rng(9).integers(100, ROWS, drawn(2, 40)).tolist()
    for rows in cuts:
        assert same(play(engine(name), rows=rows), whole(name)[:rows])


@pytest.mark.parametrize("name", NAMES)
def test_a_snapshot_after_every_bar_does_not_show(name: str) -> None:
    with_, outs, every = engine(name), [], len(KEYS) * drawn(7, 1)
    for found in steps(with_, range(every, ROWS, every)):
        outs.append(found.copy())
        states = [(key, with_.export(slot)) for key in KEYS if (slot := with_.symbols.get(key)) is not None]
        with_.begin_anew()
        for key, state in states:
            with_.load(key, state.carry, state.derived, state.strategy)
    assert same(np.concatenate(outs), whole(name))


class Shelf:
    """Storage of states in a dictionary."""

    def __init__(self) -> None:
        self.held: dict[int, NDArray[np.uint8]] = {}

    def put(self, slot: int, state: NDArray[np.uint8]) -> bool:
        self.held[slot] = state.copy()
        return True

    def get(self, slot: int, state: NDArray[np.uint8]) -> None:
        state[:] = self.held[slot]


@pytest.mark.parametrize("name", NAMES)
def test_storage_does_not_show(name: str) -> None:
    shelf = Shelf()
    found = play(engine(name, spill=Spill(1, shelf)), list(range(1, drawn(300, ROWS))))
    assert same(found, whole(name))
    assert len(shelf.held) == len(KEYS)


def digest(name: str) -> str:
    said = [whole(name)[part].tolist() for part in ("decision", "said")]
    return hashlib.sha256(f"{settings(name).config_hash()} {said!r}".encode()).hexdigest()


PROGRAM = "from tests.unit.examples.test_strategies import NAMES, digest; print([digest(name) for name in NAMES])"


@long_only("each process loads the engine")
def test_the_order_of_hashes_does_not_show() -> None:
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], env=os.environ | {"PYTHONHASHSEED": seed}, check=True, capture_output=True
        )
        assert done.stdout.decode().strip() == str([digest(name) for name in NAMES])


@long_only("each check takes 15 seconds")
@pytest.mark.parametrize("name", NAMES)
def test_it_passes_every_check(name: str) -> None:
    report = check(Subject(EngineSettings(), FOLDER / f"{name}.py"))
    assert report.ok, report.failed


def test_the_page_shows_what_the_command_prints() -> None:
    page = PAGE.read_text()
    told = [run for run in runs() if f"| {run.title} | {run.dataset} |" in page]
    assert len(told) == len(list(runs()))
    for run in [run for run in told if (run.file, run.dataset) == ("pair.py", "sp500") or drawn(0, 1)]:
        assert earned(run).line() in page, run
