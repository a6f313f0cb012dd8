"""Which profile a symbol has, by what is known of it, and what of the profile holds beside what is set."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from worker.engine.pipeline import params
from worker.engine.profiles import PROFILED, PROFILES, rows
from worker.engine.settings import EngineSettings, engine_settings
from worker.engine.state.instrument_rows import InstrumentRows
from worker.errors import ConfigError

CALENDARS = {
    "always": {"kind": "24x7"},
    "stocks": {"sessions": [(day * 86_400_000 + 52_200_000, day * 86_400_000 + 72_000_000) for day in range(5)]},
    "globex": {"sessions": [(day * 86_400_000, day * 86_400_000 + 82_800_000) for day in range(5)]},
}


def settings(**given: Any) -> EngineSettings:
    return engine_settings({"validation": {"calendars": CALENDARS}, **given})


@pytest.mark.parametrize(
    ("symbol", "instrument", "profile"),
    [
        ("AAPL", {}, "equity"),
        ("BTC-USD", {}, "crypto"),
        ("EURUSD", {}, "fx"),
        ("ESZ25", {}, "futures"),
        ("X", {"calendar": "always"}, "crypto"),
        ("X", {"calendar": "stocks"}, "equity"),
        ("X", {"calendar": "globex"}, "futures"),
        ("EURUSD", {"calendar": "globex"}, "fx"),
        ("SOL-USD", {"calendar": "stocks"}, "equity"),
        ("ESZ25", {"calendar": "stocks"}, "futures"),
        ("X", {"quote": "usdt"}, "crypto"),
        ("X", {"quote": "EUR"}, "equity"),
        ("BTC-USD", {"profile": "futures"}, "futures"),
    ],
)
def test_auto_goes_by_what_is_known_of_the_instrument(symbol: str, instrument: dict[str, Any], profile: str) -> None:
    assert settings(instruments={symbol: instrument}).asset_of(symbol).profile == profile


def test_a_named_profile_holds_for_all_but_those_that_state_their_own() -> None:
    found = settings(profile="fx", instruments={"AAPL": {"profile": "equity"}, "Y": {"calendar": "always"}})
    assert [found.asset_of(symbol).profile for symbol in ("BTC-USD", "Y", "AAPL")] == ["fx", "fx", "equity"]


@pytest.mark.parametrize("section", PROFILED)
def test_a_setting_wins_over_every_profile_and_leaves_the_others(section: str) -> None:
    given = {name: getattr(PROFILES["equity"], name) for name in PROFILED[section]}
    for name, value in given.items():
        found = settings(**{section: {name: value}})
        assert [found.value_of(section, name, symbol) for symbol in ("AAPL", "ETH-BTC", "USDJPY")] == [value] * 3
    plain = settings()
    for name in given:
        for symbol in ("AAPL", "ETH-BTC", "USDJPY"):
            assert plain.value_of(section, name, symbol) == getattr(plain.asset_of(symbol).defaults, name)


@pytest.mark.parametrize(
    ("symbol", "instrument", "budget"),
    [
        ("AAPL", {}, 100_000.0),
        ("BTC-USD", {}, 100_000.0),
        ("ETH-BTC", {}, 1.0),
        ("SOLETH", {}, 100.0),
        ("USDJPY", {}, 10_000_000.0),
        ("7203.T", {"quote": "JPY"}, 10_000_000.0),
        ("VOD.L", {"quote": "GBp"}, 10_000_000.0),
        ("X", {"quote": "XYZ"}, 100_000.0),
    ],
)
def test_the_budget_has_the_quotes_order_of_magnitude(symbol: str, instrument: dict[str, Any], budget: float) -> None:
    found = settings(instruments={symbol: instrument})
    assert found.value_of("risk", "budget", symbol) == budget
    row = InstrumentRows(found, {0: symbol.encode()}).own(0)
    assert row is not None
    assert params(found).risk.rows[int(row["class_row"])]["budget"] == budget


def test_kernels_read_what_the_settings_say() -> None:
    found = settings(risk={"sigma_target": 0.33}, execution={"fee_bps": 3.0})
    p, keys = params(found), {0: b"AAPL", 1: b"ETH-BTC", 2: b"USDJPY", 3: b"ES=F"}
    own = InstrumentRows(found, keys)
    for slot, key in keys.items():
        row = own.own(slot)
        at = int((own.default if row is None else row)["class_row"])
        wanted = {
            name: found.value_of(section, name, key.decode()) for section in PROFILED for name in PROFILED[section]
        }
        risk, costs = p.risk.rows[at], p.execution.rows[at]
        for name in ("budget", "sigma_target", "vol_gate", "liquidity", "year_days"):
            assert risk[name] == wanted[name]
        assert risk["day_ms"] == wanted["day_hours"] * 3_600_000
        assert costs["fee"] == 3.0 / 1e4
        assert costs["spread_and_slip"] == (wanted["half_spread_bps"] + wanted["slippage_bps"]) / 1e4
        assert costs["participation"] == wanted["participation"]
        assert tuple(p.decision.enter[at]) == wanted["enter_score"]


def test_the_first_row_is_a_share_in_dollars_as_a_zeroed_instrument_says() -> None:
    assert rows()[0] == PROFILES["equity"]
    assert settings().asset_of("").row == 0


def test_a_change_of_profile_is_a_change_of_configuration() -> None:
    hashes = {settings(profile=name).config_hash() for name in ("auto", *PROFILES)}
    hashes.add(settings(instruments={"X": {"profile": "fx"}}).config_hash())
    hashes.add(settings(instruments={"X": {"quote": "BTC"}}).config_hash())
    # Given, a value holds for every class, so it is another configuration even where it is a default of one.
    hashes.add(settings(risk={"budget": 100_000.0}).config_hash())
    assert len(hashes) == 8


def test_a_default_that_changes_changes_the_name_of_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    before = settings().config_hash()
    monkeypatch.setitem(PROFILES, "fx", PROFILES["fx"]._replace(fee_bps=0.3))
    assert settings().config_hash() != before


def test_what_no_profile_can_be_is_refused() -> None:
    with pytest.raises(ConfigError, match="profile"):
        engine_settings({"profile": "bonds"})
    with pytest.raises(ConfigError, match="hold_score"):
        engine_settings({"decision": {"hold_score": 0.5}})
    with pytest.raises(ValidationError):
        EngineSettings(profile="shares")
