"""The unit of every indicator's memory: rescaled between two bars, it goes on as if the bars before had been scaled."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from tests.support.features_drive import make_bars
from tests.support.features_series import random_walk
from tests.support.indicators_drive import drive, planned
from tests.support.splitting import PRICES, Array
from worker.engine.rescaling.units import multiply
from worker.engine.strategy.units import units
from worker.strategy import ta
from worker.strategy.ta import Indicator

HOUR = 3_600_000
COUNT, FACTOR = 600, 0.25
CLOSE, ATR, VOLUME = ta.close(), ta.atr(5), ta.volume()
GIVEN = {
    "add": lambda: ta.add(CLOSE, ATR),
    "subtract": lambda: ta.subtract(CLOSE, ta.multiply(ATR, ta.divide(ta.obv(), VOLUME))),
    "divide": lambda: ta.divide(ATR, VOLUME),
    "multiply": lambda: ta.multiply(ta.var(9), VOLUME),
    "correl": lambda: ta.correl(CLOSE, VOLUME),
    "root": lambda: ta.root(ATR),
    "optional": lambda: ta.optional(ta.rsi(timeframe="1d")),
}
COMPOSED: dict[str, Mapping[str, Indicator]] = {
    "of another": {
        "a": ta.ema(9, source=ta.rsi(7)),
        "b": ta.stddev(12, source=ta.volume()),
        "c": ta.sma(5, source=ta.obv()),
    },
    "longer frames": {"a": ta.ema(5, timeframe="4h"), "b": ta.adx(5, timeframe="1d"), "c": ta.vwap(6, timeframe="4h")},
    "several": {"a": ta.highest(9), "b": ta.lowest(9), "c": ta.supertrend(5).line, "d": ta.psar()},
}


def declared(name: str) -> Mapping[str, Indicator]:
    made = GIVEN[name]() if name in GIVEN else getattr(ta, name)()
    return {name: made} if isinstance(made, Indicator) else made._asdict()


def bars() -> Array:
    found: Array = make_bars(*random_walk(11, COUNT), HOUR)
    return found


def both(indicators: Mapping[str, Indicator], at: int) -> tuple[Array, Array]:
    """Values from a bar on: the memory rescaled before it, and all bars before it scaled."""
    plan, before, scaled = planned(indicators), bars(), bars()
    for name in PRICES:
        before[name] /= FACTOR
    before["volume"] *= FACTOR
    memory = drive(plan, before[:at]).memory
    multiply(memory[0], units(plan), FACTOR)
    wanted = drive(plan, scaled[:at]).memory
    assert memory.tobytes() == wanted.tobytes()
    return drive(plan, scaled[at:], memory=memory).values, drive(plan, scaled).values[at:]


@pytest.mark.parametrize("at", [1, 3, 14, 15, 40, 300])
@pytest.mark.parametrize("name", [name for name in ta.__all__ if name != "Indicator"])
def test_every_indicator(name: str, at: int) -> None:
    indicators = declared(name)
    powers = units(planned(indicators))
    assert not np.isnan(powers).any()
    found, wanted = both(indicators, at)
    assert found.tobytes() == wanted.tobytes()


@pytest.mark.parametrize("name", COMPOSED)
def test_composed_ones(name: str) -> None:
    found, wanted = both(COMPOSED[name], 333)
    assert found.tobytes() == wanted.tobytes()


def test_where_the_unit_depends_on_values_the_timeframe_is_rebuilt() -> None:
    plan = planned({"a": ta.add(CLOSE, VOLUME), "b": ta.ema(5, timeframe="4h")})
    own, longer = plan.timeframes["head"].tolist()
    powers = units(plan)
    assert np.isnan(powers[own:longer]).all()
    assert not np.isnan(powers[longer:]).any()
