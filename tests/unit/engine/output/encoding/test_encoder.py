"""Lines are the bytes of msgspec for every kind of row: warm and cold, with lists, positions and awkward prices."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.hand_strategy import Hand
from tests.unit.backtest.market import market
from worker.engine.output.encoding import DecisionEncoder
from worker.engine.output.outcomes import OutcomeBuilder
from worker.engine.partition import PartitionEngine
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings
from worker.engine.stages.ingestion import Decoded, Decoder

Rows = tuple[NDArray[Any], NDArray[Any], list[str]]


def played(settings: EngineSettings, strategy: Hand | None = None, records: int | None = None) -> Rows:
    """BAR rows, output rows and symbols of the accepted ones of the market's first `records`, or of all."""
    keys, values, timestamps = zip(*market()[:records], strict=True)
    decoded = Decoder(settings.ingestion, {}).decode(Records(keys, values, timestamps))
    outs = PartitionEngine(settings, strategy=strategy).step(keys, decoded)
    kept = np.flatnonzero(outs["validation"]["accepted"])
    return decoded.bars[kept], outs[kept], [(keys[row] or b"").decode() for row in kept.tolist()]


@pytest.fixture(scope="module")
def rows() -> Rows:
    return played(EngineSettings())


def exact(settings: EngineSettings, bars: Any, outs: Any, symbols: list[str]) -> list[bytes]:
    """Each row by the builder and msgspec."""
    count = len(symbols)
    decoded = Decoded(bars, {}, np.ones(count, np.bool_), {})
    records = Records([symbol.encode() for symbol in symbols], [None] * count, [0] * count)
    outcomes = OutcomeBuilder(settings).build(records, decoded, outs)
    return [msgspec.json.encode(outcome) for outcome in outcomes]


def test_lines_are_the_bytes_of_msgspec(rows: Rows) -> None:
    bars, outs, symbols = rows
    settings = EngineSettings()
    wanted = exact(settings, bars, outs, symbols)
    assert DecisionEncoder(settings).lines(bars, outs, symbols).splitlines() == wanted
    for text in (b'"patterns":[["', b'"state":"long"', b'"state":"short"', b'"codes":["', b'"timeframes":[["'):
        assert any(text in line for line in wanted), text


def test_awkward_prices_and_symbols_are_the_same_too(rows: Rows) -> None:
    bars, outs, symbols = rows[0][:600].copy(), rows[1][:600], rows[2][:600]
    bars["close"][::7] = 1 / 3
    bars["volume"][5::11] = 2.0**60
    bars["open"][3::50] = np.nan
    symbols = ['A"\\' if row % 2 else symbol for row, symbol in enumerate(symbols)]
    settings = EngineSettings()
    assert DecisionEncoder(settings).lines(bars, outs, symbols).splitlines() == exact(settings, bars, outs, symbols)


def test_rows_under_limits_for_all_symbols_are_the_same_too(rows: Rows) -> None:
    bars, outs, symbols = rows[0][:50], rows[1][:50].copy(), rows[2][:50]
    outs["decision"]["control_all_version"][10:] = 7
    settings = EngineSettings()
    lines = DecisionEncoder(settings).lines(bars, outs, symbols).splitlines()
    assert lines == exact(settings, bars, outs, symbols)
    assert b'"control_all_version":7' in lines[10]


def test_any_value_in_any_member_is_written_as_msgspec_writes_it(rows: Rows) -> None:
    bars, outs, symbols = rows[0][-300:], rows[1][-300:].copy(), rows[2][-300:]
    random = np.random.default_rng(8)
    decision = outs["decision"]
    for name in ("score", "final", "agreement", "confidence", "p_turb", "mtf", "mtf_agreement", "qty", "notional"):
        decision[name] = np.round(random.normal(0, 10.0 ** random.integers(-6, 6, 300)), 6)
    for row in (decision["position"], decision["risk"]):
        for name in row.dtype.names or ():
            if row.dtype[name] == np.float64:
                row[name] = np.round(random.normal(0, 10.0 ** random.integers(-6, 6, 300)), 6)
    decision["side"], decision["position"]["bars_held"] = random.integers(-1, 2, 300), random.integers(0, 1_000, 300)
    outs["timeframes"]["age_ms"] = random.integers(0, 10 ** random.integers(1, 9, (300, 5)))
    decision["reasons"] = random.integers(0, 1 << 32, 300)
    decision["blocking"] = random.integers(-1, 32, 300)
    decision["action"] = random.integers(0, 7, 300)
    decision["control_version"] = random.integers(-(2**62), 2**62, 300)
    outs["validation"]["mask"] = random.integers(0, 1 << 38, 300)
    outs["patterns"]["candles"] = random.integers(-2, 3, (300, outs["patterns"]["candles"].shape[1])) * 100
    outs["patterns"]["events"] = random.integers(-300, 301, (300, outs["patterns"]["events"].shape[1]))
    outs["timeframes"]["first"] = random.integers(0, 5, 300)
    outs["timeframes"]["end"] = random.integers(0, 6, 300)
    settings = EngineSettings()
    assert DecisionEncoder(settings).lines(bars, outs, symbols).splitlines() == exact(settings, bars, outs, symbols)


def test_full_detail_goes_through_msgspec() -> None:
    settings = EngineSettings.model_validate({"decision": {"detail": "full"}})
    bars, outs, symbols = played(settings, records=60)
    lines = DecisionEncoder(settings).lines(bars, outs, symbols).splitlines()
    assert lines == exact(settings, bars, outs, symbols)
    assert b'"features":{' in lines[0]


LEARNED: dict[str, dict[str, Any]] = {
    name: {"enabled": True} for name in ("learning", "calibration", "anomaly", "forecast")
}
LEARNED["learning"] |= {"min_labels": 20}


@pytest.mark.parametrize("detail", ["compact", "full"])
def test_what_is_learned_is_written_as_msgspec_writes_it(detail: str) -> None:
    settings = EngineSettings.model_validate(LEARNED | {"decision": {"detail": detail}})
    bars, outs, symbols = played(settings)
    outs["decision"]["forecast_h"][::5] = -1.25e-7
    lines = DecisionEncoder(settings).lines(bars, outs, symbols).splitlines()
    assert lines == exact(settings, bars, outs, symbols)
    own = b'"model":{"id":"online","version":"ftrl","status":'
    for text in (b'"warming_up"', b'"no_skill"', b'"ok"', b'"features_not_ready"'):
        assert any(own + text in line for line in lines), text
    for text in (b'"anomaly_d2":null,"forecast_h":null', b'"forecast_h":-1.25e-7,"forecast_sd":', b'"anomaly_d2":1.'):
        assert any(text in line for line in lines), text


def test_what_is_not_enabled_is_not_written(rows: Rows) -> None:
    line = DecisionEncoder(EngineSettings()).lines(*rows)
    assert not any(name in line for name in (b"anomaly_d2", b"forecast_h", b"forecast_sd", b"online"))
    settings = EngineSettings.model_validate({"anomaly": {"enabled": True}})
    some = DecisionEncoder(settings).lines(*played(settings))
    assert b"anomaly_d2" in some
    assert b"forecast_h" not in some


HAND = {"name": "hand", "version": 3, "tags": ["in", "out"], "notes": ["crosses", "atr"]}


@pytest.mark.parametrize("detail", ["compact", "full"])
def test_what_a_strategy_says_is_written_as_msgspec_writes_it(detail: str) -> None:
    settings = EngineSettings.model_validate({"strategy": HAND, "decision": {"detail": detail}})
    bars, outs, symbols = played(settings, Hand(raise_every=40, invalid_every=7), 2_000)
    lines = DecisionEncoder(settings).lines(bars, outs, symbols).splitlines()
    assert lines == exact(settings, bars, outs, symbols)
    own = b'"strategy":{"id":"hand","version":3,"status":'
    for text in (b'"warming_up","tag":null,"notes":{"crosses":null,"atr":null}}', b'"ok","tag":"in"', b'"raised"'):
        assert any(own + text in line for line in lines), text
    random, rows = np.random.default_rng(3), len(outs)
    said, intent = outs["said"], outs["said"]["intent"]
    intent["status"], intent["tag"] = random.integers(1, 6, rows), random.integers(-1, 4, rows)
    intent["notes"] = random.normal(0, 10.0 ** random.integers(-9, 20, (rows, 4)))
    intent["notes"][::5] = np.nan
    said["kind"], said["bars"] = random.integers(0, 3, rows), random.integers(1, 10**9, rows)
    said["price"] = np.round(random.normal(0, 10.0 ** random.integers(-6, 6, rows)), 6)
    lines = DecisionEncoder(settings).lines(bars, outs, symbols).splitlines()
    assert lines == exact(settings, bars, outs, symbols)
    assert any(b'},"entry":"limit","price":' in line for line in lines)


def test_a_strategy_without_tags_and_notes() -> None:
    settings = EngineSettings.model_validate({"strategy": {"name": "hand"}})
    bars, outs, symbols = played(settings, Hand())
    lines = DecisionEncoder(settings).lines(bars, outs, symbols).splitlines()
    assert lines == exact(settings, bars, outs, symbols)
    assert all(b',"tag":null,"notes":{}}}' in line for line in lines)
