"""Strategies behind the engine: neither batch, nor mode, nor the future shows, and a snapshot goes on."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.engine_drive import first_difference, leaves
from tests.support.strategies import STRATEGIES
from worker.engine.bar import BAR
from worker.engine.partition import PartitionEngine
from worker.engine.settings import EngineSettings, engine_settings
from worker.engine.stages.ingestion import Decoded
from worker.engine.strategy.hooked import Hooked
from worker.errors import ConfigError
from worker.strategy.loading import filled, hooked

SYMBOLS, BARS, HOUR = 3, 500, 3_600_000
KEYS = [f"S{i}".encode() for i in range(SYMBOLS)]


@cache
def market() -> NDArray[Any]:
    """Hourly bars of random walks, symbols by turns; some are refused, and one symbol is split in the middle."""
    rng = np.random.default_rng(3)
    rows = np.zeros((BARS, SYMBOLS), BAR)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0, 0.008, (BARS, SYMBOLS)), 0))
    close[BARS // 2 :, 1] /= 4.0
    opened = np.vstack([np.full((1, SYMBOLS), 100.0), close[:-1]])
    opened[BARS // 2, 1] = close[BARS // 2, 1]
    rows["open"], rows["close"] = np.round(opened, 4), np.round(close, 4)
    rows["high"] = np.maximum(rows["open"], rows["close"]) + 0.05
    rows["low"] = np.minimum(rows["open"], rows["close"]) - 0.05
    rows["ts"] = 1_600_000_000_000 // HOUR * HOUR + HOUR * np.arange(BARS)[:, None]
    rows["interval_ms"], rows["ingest_ts"] = HOUR, rows["ts"] + HOUR
    rows["volume"] = rng.uniform(1e5, 1e6, (BARS, SYMBOLS))
    rows["high"][rng.random((BARS, SYMBOLS)) < 0.02] = 1.0
    return rows.reshape(-1)


def configured(folder: Path, name: str, mode: str = "compiled", **parameters: Any) -> tuple[EngineSettings, Hooked]:
    file = folder / "own.py"
    file.write_text(STRATEGIES[name])
    given = {
        "ingestion": {"interval": "1h"},
        "execution": {"cool_down_bars": 0, "stop_cool_down_bars": 0},
        "strategy": {"file": str(file), "mode": mode, "parameters": parameters},
    }
    settings = filled(engine_settings(given))
    strategy = hooked(settings)
    assert strategy is not None
    return settings, strategy


def play(engine: PartitionEngine, cuts: Sequence[int] = (), rows: slice = slice(None), begin: int = 0) -> NDArray[Any]:
    bars = market()[rows]
    keys = (KEYS * BARS)[rows]
    found = []
    for stop in [*cuts, len(bars)]:
        part = bars[begin:stop].copy()
        found.append(engine.step(keys[begin:stop], Decoded(part, {}, np.ones(len(part), np.bool_), {})))
        begin = stop
    return joined(found)


def joined(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """One array after the other; numpy would compare the dtype of each, field by field."""
    return np.frombuffer(b"".join(part.tobytes() for part in parts), parts[0].dtype)


def same(one: NDArray[Any], other: NDArray[Any]) -> bool:
    """Equal in all that is published."""
    return all(first_difference(one[part], other[part]) is None for part in ("decision", "execution", "said"))


@cache
def whole(folder: Path, name: str) -> NDArray[Any]:
    settings, strategy = configured(folder, name)
    return play(PartitionEngine(settings, strategy=strategy))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("strategies")


@pytest.mark.parametrize("name", STRATEGIES)
def test_it_decides(name: str, folder: Path) -> None:
    outs = whole(folder, name)
    assert outs["validation"]["shift"].sum() == 1
    assert outs["execution"]["trade"]["closed"].sum() >= 5
    assert len(np.unique(outs["said"]["intent"]["status"])) >= 3


@pytest.mark.parametrize("name", STRATEGIES)
def test_both_modes_decide_the_same(name: str, folder: Path) -> None:
    settings, strategy = configured(folder, name, "python")
    assert same(play(PartitionEngine(settings, strategy=strategy)), whole(folder, name))
    assert settings.config_hash() == configured(folder, name)[0].config_hash()


@pytest.mark.parametrize("mode", ["compiled", "python"])
@pytest.mark.parametrize("name", STRATEGIES)
def test_batches_do_not_show(name: str, mode: str, folder: Path) -> None:
    settings, strategy = configured(folder, name, mode)
    random = sorted(np.random.default_rng(7).choice(np.arange(1, len(market())), 40, replace=False).tolist())
    for cuts in (random, list(range(1, 400))):
        assert same(play(PartitionEngine(settings, strategy=strategy), cuts), whole(folder, name))


@pytest.mark.parametrize("name", STRATEGIES)
def test_the_future_does_not_show(name: str, folder: Path) -> None:
    settings, strategy = configured(folder, name)
    for n in (101, 752, 1_201):
        part = play(PartitionEngine(settings, strategy=strategy), rows=slice(0, n))
        assert same(part, whole(folder, name)[:n])


@pytest.mark.parametrize("mode", ["compiled", "python"])
@pytest.mark.parametrize("name", STRATEGIES)
def test_a_snapshot_after_any_bar_goes_on(name: str, mode: str, folder: Path) -> None:
    settings, strategy = configured(folder, name, mode)
    engine = PartitionEngine(settings, strategy=strategy)
    outs, cuts = [], [1, 2, 3, 100, 200, 640, 752, 753, 1_100]
    for begin, end in zip([0, *cuts], [*cuts, len(market())], strict=True):
        outs.append(play(engine, [end], slice(0, end), begin)[: end - begin])
        after = PartitionEngine(settings, strategy=strategy)
        for key in KEYS:
            slot = engine.symbols.get(key)
            if slot is not None:
                state = engine.export(slot)
                after.load(key, state.carry, state.derived, state.strategy)
        engine = after
    assert same(joined(outs), whole(folder, name))


def fingerprints(folder: Path) -> list[str]:
    """Plan, hash of the configuration and digest of what is said, of each strategy; at last a hash that is salted."""
    found = []
    for name in STRATEGIES:
        settings, strategy = configured(folder, name)
        said = leaves(play(PartitionEngine(settings, strategy=strategy))["said"])
        digest = hashlib.sha256(b"".join(values.tobytes() for values in said.values())).hexdigest()
        found.append(f"{name} {strategy.plan} {settings.config_hash()} {digest}")
    return [*found, str(hash("salt"))]


def test_the_order_of_hashes_does_not_show(folder: Path) -> None:
    program = "import sys; from pathlib import Path; from tests.unit.strategy.test_in_engine import fingerprints"
    program += "; print(*fingerprints(Path(sys.argv[1])), sep=chr(10))"
    other = os.environ | {"PYTHONHASHSEED": "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"}
    told = subprocess.run([sys.executable, "-c", program, str(folder)], env=other, check=True, capture_output=True)
    *there, salted = told.stdout.decode().splitlines()
    *here, own = fingerprints(folder)
    assert (there, salted != own) == (here, True)
    assert len(here) == len(STRATEGIES)


def test_parameters_and_source_are_in_the_hash(folder: Path) -> None:
    hashes = {
        configured(folder, "breakout", **given)[0].config_hash()
        for given in ({}, {"enter": 21}, {"enter": 20}, {"slow": "8h"})
    }
    assert len(hashes) == 3
    assert configured(folder, "rolling")[0].config_hash() not in hashes


def test_a_pinned_digest_must_be_that_of_the_file(folder: Path) -> None:
    settings, _ = configured(folder, "breakout")
    (folder / "own.py").write_text(STRATEGIES["breakout"] + "# edited")
    with pytest.raises(ConfigError, match="is not the source that the configuration names"):
        hooked(settings)


def test_the_rules_decide_without_a_strategy() -> None:
    settings = EngineSettings()
    assert filled(settings) is settings
    assert hooked(settings) is None
