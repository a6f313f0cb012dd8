"""How points are read, and validation and normalization by themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

from tests.unit.inprocess.points import START, flat, run, simulated
from worker import DataNormalizer, DataPoint, DataQuality, DataValidator
from worker.errors import ConfigError


def with_(**fields: Any) -> DataPoint:
    return msgspec.structs.replace(flat("A", 1)[0], **fields)


@pytest.mark.parametrize(
    "when",
    [
        START,
        START.replace(tzinfo=None),
        START.astimezone(timezone(timedelta(hours=-5))),
        pd.Timestamp(START),
        pd.Timestamp("2024-01-02"),
    ],
)
def test_times_of_all_kinds(when: datetime) -> None:
    [result] = run([with_(timestamp=when)])
    assert result.outcome.ts == 1_704_153_600_000
    assert result.timestamp is when


@pytest.mark.parametrize("number", [101, Decimal("101"), np.float32(101), np.int64(101), Fraction(101)])
def test_numbers_of_all_kinds(number: Any) -> None:
    [result] = run([with_(high=number)])
    assert result.execution_decision["bar"]["high"] == 101.0


@pytest.mark.parametrize(
    ("fields", "code", "detail"),
    [
        ({"close": None}, "missing_field", "missing: close"),
        ({"close": float("nan")}, "non_finite", None),
        ({"high": float("inf")}, "non_finite", None),
        ({"close": "100"}, "malformed_record", "close: '100' is no number"),
        ({"close": True}, "malformed_record", "close: True is no number"),
        ({"close": 10**400}, "malformed_record", "too large"),
        ({"symbol": ""}, "malformed_record", "symbol"),
        ({"symbol": "A B"}, "malformed_record", "symbol"),
        ({"symbol": "Ä"}, "malformed_record", "symbol"),
        ({"symbol": 7}, "malformed_record", "symbol"),
        ({"timestamp": 1_704_153_600}, "malformed_record", "no datetime"),
        ({"timestamp": pd.NaT}, "malformed_record", "NaT"),
        ({"interval": "soon"}, "malformed_record", "no interval"),
        ({"interval": 60}, "malformed_record", "no interval"),
        ({"volume": -1.0}, "negative_volume", None),
    ],
)
def test_what_does_not_fit_is_rejected(fields: dict[str, Any], code: str, detail: str | None) -> None:
    [result] = run([with_(**fields)])
    assert result.quality_codes == [code]
    rejection = result.execution_decision
    assert rejection["payload"] is not None
    assert detail is None or detail in rejection["detail"]


def test_the_interval_of_the_point_wins() -> None:
    own, given = run([with_(), with_(symbol="B", interval="1h")], engine={"ingestion": {"interval": "5m"}})
    lengths = [r.execution_decision["close_ts"] - r.execution_decision["ts"] for r in (own, given)]
    assert lengths == [300_000, 3_600_000]


def test_the_validator_says_what_the_pipeline_says() -> None:
    points = [point for _, point in simulated(symbols=3, bars=150, seed=8, fault_rate=0.1)]
    validator = DataValidator()
    for result in run(points):
        verdict = validator.validate_data_point(result.point)
        assert verdict == (result.accepted, result.quality, ";".join(result.quality_codes))


def test_the_validators_arguments_hold() -> None:
    strict = DataValidator(max_price_change=0.01, min_volume=10.0, max_volume_multiplier=2.0)
    points = [msgspec.structs.replace(point, high=100.9, low=99.5) for point in flat("A", 40)]
    assert strict.validate_data_point(points[0]) == (True, DataQuality.EXCELLENT, "reference_missing")
    for point in points[1:30]:
        assert strict.validate_data_point(point)[0]
    jump = msgspec.structs.replace(points[30], open=102.0, high=102.0, low=102.0, close=102.0)
    assert strict.validate_data_point(jump) == (False, DataQuality.INVALID, "price_change_exceeded")
    thin = msgspec.structs.replace(points[31], volume=9.0)
    assert strict.validate_data_point(thin) == (False, DataQuality.INVALID, "volume_below_min")
    thick = msgspec.structs.replace(points[32], volume=3_000.0)
    assert strict.validate_data_point(thick) == (True, DataQuality.FAIR, "volume_spike;gap")
    with pytest.raises(ConfigError):
        DataValidator(max_price_change=-1.0)


def test_the_validator_knows_instruments() -> None:
    validator = DataValidator(instruments={"A": {"tick": 0.5}}, ingestion={"interval": "1h"})
    assert validator.validate_data_point(with_(close=100.25))[2] == "tick_misaligned;reference_missing"
    assert validator.validate_data_point(with_(symbol="B", close=100.25))[2] == "reference_missing"


@pytest.mark.parametrize(
    ("method", "scaler"), [("zscore", StandardScaler()), ("minmax", MinMaxScaler()), ("robust", RobustScaler())]
)
def test_the_normalizer_is_sklearns_scaler_over_the_window(method: str, scaler: Any) -> None:
    rng = np.random.default_rng(1)
    closes = 100.0 + np.cumsum(rng.normal(size=80))
    normalizer = DataNormalizer(method, window_size=30, min_data_points=10)
    for at, close in enumerate(closes.tolist()):
        point = DataPoint("A", START + timedelta(minutes=at), close, close + 1, close - 1, close, 1_000.0)
        found = normalizer.normalize_data_point(point)
        assert (found is None) == (at < 9)
        if found is not None:
            window = closes[max(0, at - 29) : at + 1, None]
            wanted = scaler.fit(window).transform([[close], [close + 1]])[:, 0]
            assert [found["close"], found["high"]] == pytest.approx(wanted, rel=1e-9, abs=1e-9)
            assert found["volume"] == 0.0  # constant


def test_the_normalizer_takes_bars_only() -> None:
    normalizer = DataNormalizer(min_data_points=2, window_size=2)
    assert normalizer.normalize_data_point(with_()) is None
    for bad in (float("nan"), None, "x"):
        with pytest.raises(ValueError, match="not a bar of finite numbers"):
            normalizer.normalize_data_point(with_(close=bad))
    assert normalizer.normalize_data_point(with_(timestamp=datetime(2024, 1, 3, tzinfo=UTC))) is not None
    with pytest.raises(ConfigError):
        DataNormalizer("logarithm")
