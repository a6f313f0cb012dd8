"""Symbols of several classes side by side: each has its own class's values, whoever its neighbours are."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from schemas import Decision
from tests.support.record_engine import RecordEngine
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings
from worker.sources.simulation.simulator import Simulation, simulated_records

BARS = 400
SYMBOLS = {"AAPL": "equity", "ETH-BTC": "crypto", "EURUSD": "fx", "CL=F": "futures"}
RECORDS = list(simulated_records(Simulation(symbols=1, bars=BARS, seed=11, fault_rate=0.0)))


def log(*symbols: str) -> Records:
    """The same bars under each of the names, interleaved."""
    rows = [
        (name.encode(), record.value.replace(b"SIM0000", name.encode()), record.timestamp_ms)
        for record in RECORDS
        for name in symbols
    ]
    return Records(*map(list, zip(*rows, strict=True)))


def decided(settings: EngineSettings, *symbols: str) -> dict[str, list[Decision]]:
    """The decisions of each symbol."""
    found: dict[str, list[Decision]] = {name: [] for name in symbols}
    for outcome in RecordEngine(settings).process(log(*symbols)):
        assert isinstance(outcome, Decision)
        found[outcome.symbol].append(outcome)
    return found


def without_names(decision: Decision) -> Any:
    """What it says but for the names of symbol and configuration."""
    told = msgspec.to_builtins(decision)
    return {name: value for name, value in told.items() if name not in ("decision_id", "config_hash", "symbol")}


def test_neighbours_of_other_classes_change_nothing() -> None:
    together = decided(EngineSettings(), *SYMBOLS)
    for name in SYMBOLS:
        assert together[name] == decided(EngineSettings(), name)[name]


@pytest.mark.parametrize(("symbol", "profile"), SYMBOLS.items())
def test_auto_decides_what_the_named_profile_decides(symbol: str, profile: str) -> None:
    named = EngineSettings.model_validate({"profile": profile})
    found, wanted = decided(EngineSettings(), symbol)[symbol], decided(named, symbol)[symbol]
    assert list(map(without_names, found)) == list(map(without_names, wanted))
    assert {one.config_hash for one in found} != {one.config_hash for one in wanted}


def test_each_class_has_its_own_volatility_and_size() -> None:
    found = decided(EngineSettings(), *SYMBOLS)
    last = {name: decisions[-1].risk.sigma_ann for name, decisions in found.items()}
    # One-minute bars: √(252 days of 390), √(365 of 1,440), √(260 of 1,440), √(252 of 1,380).
    base = last["AAPL"]
    assert base is not None
    for name, bars in (("ETH-BTC", 525_600), ("EURUSD", 374_400), ("CL=F", 347_760)):
        assert last[name] == pytest.approx(base * (bars / 98_280) ** 0.5, abs=2e-6)
    opened = {name: max(d.notional for d in decisions if "open" in d.action) for name, decisions in found.items()}
    assert opened["ETH-BTC"] <= 0.2
    assert opened["EURUSD"] > 1_000.0


def test_an_explicit_value_holds_for_every_class() -> None:
    settings = EngineSettings.model_validate({"risk": {"budget": 50.0}})
    for decisions in decided(settings, *SYMBOLS).values():
        assert all(d.notional <= 10.0 for d in decisions if "open" in d.action)
