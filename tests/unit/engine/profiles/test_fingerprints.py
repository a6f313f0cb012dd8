"""What a profile means for stored states: nothing, unless something is learned, whose labels hang on the costs."""

from __future__ import annotations

from typing import Any

import pytest

from worker.engine.settings import EngineSettings
from worker.engine.state.fingerprints import Fingerprints


def of(symbol: str, **given: Any) -> str:
    return Fingerprints(EngineSettings.model_validate(given)).of(symbol)


def test_without_learning_a_profile_keeps_the_derived_part() -> None:
    instrument = {"AAPL": {"profile": "fx", "quote": "JPY"}}
    assert of("AAPL") == of("AAPL", profile="crypto") == of("BTC-USD")
    assert of("AAPL", instruments={"AAPL": {}}) == of("AAPL", instruments=instrument)


@pytest.mark.parametrize("stage", ["learning", "calibration"])
def test_what_is_learned_belongs_to_the_costs_of_the_class(stage: str) -> None:
    on: dict[str, Any] = {stage: {"enabled": True}}
    assert of("AAPL", **on) != of("AAPL", profile="crypto", **on)
    assert of("AAPL", **on) != of("BTC-USD", **on)
    assert of("AAPL", **on) == of("MSFT", **on)
    fees = {"execution": {"fee_bps": 10.0, "slippage_bps": 3.0}}
    assert of("AAPL", **on, **fees) == of("BTC-USD", **on, **fees)
    assert of("AAPL", **on) == of("AAPL", **on, profile="equity")
