"""The plan computes equal parts once, keeps what is read and no more, and tells itself apart by its fingerprint."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.support.features_drive import make_bars
from tests.support.features_series import random_walk
from tests.support.indicators_drive import drive, planned
from worker.engine.strategy import observe
from worker.engine.strategy.indicators.advance import KINDS
from worker.engine.strategy.plan import HEAD
from worker.strategy import ta
from worker.strategy.ta import Indicator


def test_equal_parts_are_computed_once() -> None:
    every = ta.macd()
    one, three = planned({"a": every.line}), planned(dict(zip("abc", every, strict=True)))
    assert len(three.nodes) == len(one.nodes) + 2
    assert len(planned({"a": ta.sma(20), "b": ta.sma(20)}).nodes) == 1


def test_memory_is_what_is_read() -> None:
    assert planned({"c": ta.close()}).words == HEAD + 1
    assert planned({"ema": ta.ema(500)}).words == HEAD + 1 + 1 + 1  # close, average, value
    assert planned({"sma": ta.sma(500)}).words == HEAD + 512 + 2 + 1


def test_no_place_is_given_twice() -> None:
    """Each node alone gives what it gives among all."""
    bars = make_bars(*random_walk(3, 400), 3_600_000)
    several = {"a": ta.bollinger(20).upper, "b": ta.rsi(14), "c": ta.highest(9), "d": ta.ema(7, timeframe="4h")}
    together = drive(planned(several), bars).values
    for i, (name, indicator) in enumerate(several.items()):
        assert drive(planned({name: indicator}), bars).values[:, 0].tobytes() == together[:, i].tobytes()


@pytest.mark.parametrize(
    "other",
    [ta.sma(21), ta.ema(20), ta.sma(20, source="high"), ta.sma(20, timeframe="1h"), ta.sma(20, source=ta.rsi())],
)
def test_the_fingerprint_tells_plans_apart(other: Indicator) -> None:
    own = planned({"x": ta.sma(20)})
    assert own.fingerprint == planned({"y": ta.sma(20)}).fingerprint
    assert own.fingerprint != planned({"x": other}).fingerprint


def test_other_periods_compile_nothing() -> None:
    bars = make_bars(*random_walk(3, 50), 3_600_000)
    drive(planned({"x": ta.sma(20)}), bars)
    compiled: Any = observe.observe
    before = len(compiled.signatures)
    drive(planned({"y": ta.kama(7), "z": ta.supertrend(9, timeframe="4h").side}), bars)
    assert len(compiled.signatures) == before == 1


def test_codes_are_distinct() -> None:
    assert len(KINDS) == len({kind.name for kind in KINDS.values()})


def test_a_strategy_may_declare_nothing() -> None:
    run = drive(planned({}), make_bars(*random_walk(3, 5), 3_600_000))
    assert run.values.shape == (5, 0)
    assert np.array_equal(run.memory[0, :1], [5.0])
