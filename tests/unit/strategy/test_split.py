"""A strategy at a corporate action: indicators, order and position go to the new level, its own state as it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.features_drive import make_bars
from tests.support.features_series import random_walk
from tests.support.lean import HOUR
from tests.support.splitting import PRICES, Array, Played, adjusted, differing, engine_of, play, recorded
from tests.support.strategies import HEAD, STRATEGIES
from worker.engine.asking.standing import STANDING
from worker.engine.controls import Action
from worker.engine.history import CAPACITY
from worker.engine.partition import PartitionEngine
from worker.engine.settings import EngineSettings, engine_settings
from worker.engine.state.layout import STATE
from worker.errors import ConfigError
from worker.strategy.loading import filled
from worker.strategy.shelf import Shelf

START, COUNT, AT, FACTOR = 1_700_000_000_000 // HOUR * HOUR, 500, 300, 0.25
ENTRIES = f"""{HEAD}

class Entries(Strategy):
    \"\"\"Waits below the market for days, and remembers prices.\"\"\"

    class State:
        best: float
        bars: int

    def indicators(p):
        return {{"slow": ta.ema(200), "low": ta.lowest(30)}}

    def split(state, k):
        state.best *= k

    def step(c):
        own, order = c.state, c.order
        own.best, own.bars = max(own.best, c.bar.close), own.bars + 1
        order.notes[0] = own.best
        if c.position.side == 0:
            order.side, order.entry, order.price, order.bars = LONG, LIMIT, c.ind.slow * 0.9, 50
            order.share, order.stop = 0.1, c.ind.slow * 0.8
"""
PACKED = f"""{HEAD}
import msgspec


class Packed(Strategy):
    class State(msgspec.Struct):
        last: list[float] = []

    def split(state, k):
        state.last = [each * k for each in state.last]

    def step(c):
        c.state.last = [*c.state.last[-2:], c.bar.close]
        c.order.notes[0] = sum(c.state.last)
        c.order.side = LONG
"""


def bars(action: Action) -> Array:
    found: Array = make_bars(*random_walk(5, COUNT), HOUR)
    for name in ("ts", "ingest_ts"):
        found[name] += START
    for name in PRICES:
        found[name][AT:] *= action.factor
    found["volume"][AT:] /= action.factor
    return found


ACTION = Action(START + AT * HOUR, FACTOR)


def settings(folder: Path, text: str, mode: str = "compiled") -> EngineSettings:
    file = folder / "own.py"
    file.write_text(text)
    return filled(engine_settings({"strategy": {"file": str(file), "mode": mode}}))


def engine(given: EngineSettings, *actions: Action) -> PartitionEngine:
    return engine_of(given, recorded("S", *actions), Shelf(given).hooked())


def both(given: EngineSettings) -> tuple[Played, Played]:
    raw = play(bars(ACTION), given, engine=engine(given, ACTION))
    return raw, play(adjusted(bars(ACTION), ACTION), given, engine=engine(given))


@pytest.mark.parametrize("mode", ["compiled", "python"])
@pytest.mark.parametrize("text", [STRATEGIES["breakout"], ENTRIES], ids=["breakout", "entries"])
def test_it_goes_on_as_after_adjusted_prices(text: str, mode: str, tmp_path: Path) -> None:
    raw, wanted = both(settings(tmp_path, text, mode))
    assert not differing(raw.outs[AT:], wanted.outs[AT:])
    assert raw.whole.tobytes() == wanted.whole.tobytes()


def test_a_packed_state_is_split_too(tmp_path: Path) -> None:
    raw, wanted = both(settings(tmp_path, PACKED, "python"))
    assert not differing(raw.outs[AT:], wanted.outs[AT:])
    assert raw.whole.tobytes() == wanted.whole.tobytes()


def test_the_price_of_a_waiting_order_goes_along(tmp_path: Path) -> None:
    given = settings(tmp_path, ENTRIES)
    found = [play(bars(ACTION)[:stop], given, engine=engine(given, ACTION)).whole for stop in (AT, AT + 1)]
    standings = [whole[-STANDING.itemsize :].view(STANDING)[0] for whole in found]
    pending = [whole[: STATE.itemsize].view(STATE)[0]["carry"]["pending"] for whole in found]
    assert standings[0]["price"] > 50.0
    assert standings[1]["price"] == pytest.approx(standings[0]["price"] * FACTOR, rel=0.05)
    assert pending[1]["stop"] == pytest.approx(pending[0]["stop"] * FACTOR, rel=0.05)
    assert standings[1]["bars"] > 0


def test_rolling_code_of_its_own_sees_the_newest_bars_again(tmp_path: Path) -> None:
    """At the new level, as far as a symbol's history reaches: what has forgotten the rest goes on as if nothing was."""
    raw, wanted = both(settings(tmp_path, STRATEGIES["rolling"]))
    notes, others = (found.outs["said"]["intent"]["notes"] for found in (raw, wanted))
    later = slice(AT + 60, None)  # what it published last counts for half a bar later
    np.testing.assert_allclose(notes[later, 0], others[later, 0], rtol=1e-9)
    seen = bars(ACTION)["ts"][AT - CAPACITY : AT + 1]
    assert notes[AT, 1] == np.count_nonzero(seen // HOUR % 50 != 7)  # at those it raises, and counts nothing


def test_without_a_split_of_its_own_its_state_stays(tmp_path: Path) -> None:
    kept = ENTRIES.replace("def split", "def unused")
    given = settings(tmp_path, kept)
    found = play(bars(ACTION), given, engine=engine(given, ACTION)).outs["said"]["intent"]["notes"][:, 0]
    assert found[AT] == found[AT - 1]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("state.best *= k / 0", "ZeroDivisionError"),
        ("state.best = 'high'", "can't take a corporate action"),
        ("state.other *= k", "AttributeError"),
    ],
)
def test_one_that_raises_stops_the_engine_with_its_line(line: str, told: str, tmp_path: Path) -> None:
    given = settings(tmp_path, ENTRIES.replace("state.best *= k", line))
    with pytest.raises(ConfigError, match=told):
        play(bars(ACTION), given, engine=engine(given, ACTION))


def test_one_with_other_arguments_is_refused(tmp_path: Path) -> None:
    given: dict[str, Any] = {"strategy": {"file": str(tmp_path / "own.py")}}
    (tmp_path / "own.py").write_text(ENTRIES.replace("def split(state, k)", "def split(state)"))
    with pytest.raises(ConfigError, match="split takes state, k alone"):
        Shelf(filled(engine_settings(given)))
