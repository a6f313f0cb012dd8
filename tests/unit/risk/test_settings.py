"""Settings of the portfolio's risk: what they refuse, and how they are written."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from worker.engine.settings import EngineSettings
from worker.risk.settings import RiskSettings
from worker.settings import load_settings


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"step": "7m"}, "does not divide a day"),
        ({"step": "1w"}, "does not divide a day"),
        ({"step": "1h", "returns": "30m"}, "multiple of step"),
        ({"drawdown_soft": 0.2}, "drawdown_soft must be smaller"),
        ({"day_block": 0.05}, "day_block must not be greater"),
        ({"fx": {"EUR": 0}}, "positive number or a symbol"),
        ({"fx": {"EUR": "nan"}}, "positive number or a symbol"),
        ({"gross": 1.0}, "Extra inputs"),
    ],
)
def test_what_makes_no_sense_is_refused(given: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        RiskSettings.model_validate(given)


def test_grids() -> None:
    hours, days = RiskSettings(), RiskSettings.model_validate({"step": "1h", "returns": "1d"})
    assert (hours.step_ms, hours.returns_ms, hours.day_returns) == (60_000, 3_600_000, 24.0)
    assert days.day_returns == 1.0
    assert RiskSettings(returns_a_day=7).day_returns == 7.0


def test_a_rate_from_a_variable_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALPHAPULSE_RISK__FX__eur", "1.08")
    monkeypatch.setenv("ALPHAPULSE_RISK__FX__JPY", "1/USDJPY")
    assert load_settings().risk.fx == {"EUR": 1.08, "JPY": "1/USDJPY"}


def test_a_group_changes_no_decision_and_so_no_hash() -> None:
    with_group = EngineSettings.model_validate({"instruments": {"AAPL": {"tick": 0.01, "group": "tech"}}})
    without = EngineSettings.model_validate({"instruments": {"AAPL": {"tick": 0.01}}})
    assert with_group.config_hash() == without.config_hash()
