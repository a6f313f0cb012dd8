"""What the form of a symbol says of its asset class and quote currency."""

from __future__ import annotations

import pytest

from worker.engine.profiles.form import form_of


@pytest.mark.parametrize(
    ("symbol", "profile", "quote"),
    [
        *(
            (symbol, "crypto", "USD")
            for symbol in ("BTC-USD", "BTC/USD", "BTC_USD", "btcusd", "ETHUSD", "KRAKEN:XBT/USD")
        ),
        *((symbol, "crypto", "USDT") for symbol in ("BTCUSDT", "BINANCE:SOLUSDT", "BTCUSDT.P", "BTC-USDT-SWAP")),
        *((symbol, "crypto", "BTC") for symbol in ("ETH-BTC", "ETHBTC", "XMR_BTC", "LTC/BTC")),
        ("BTCUSDTPERP", "crypto", "USDT"),
        ("BTCUSDT-PERP", "crypto", "USDT"),
        ("WIF-PERP", "crypto", None),
        ("1INCH-USDC", "crypto", "USDC"),
        ("BTCFDUSD", "crypto", "FDUSD"),
        ("BTC-EUR", "crypto", "EUR"),
        ("BTC-USD-241227", "crypto", "USD"),
        *((symbol, "fx", "USD") for symbol in ("EURUSD", "EUR/USD", "EURUSD=X", "OANDA:EUR_USD", "gbpusd", "XAUUSD")),
        ("USDJPY", "fx", "JPY"),
        ("XAG/EUR", "fx", "EUR"),
        ("EURUSD.sim", "fx", "USD"),
        *((symbol, "futures", None) for symbol in ("ES=F", "CL1!", "ESZ5", "ESZ25", "6EH24", "NYMEX:CLF26", "ZNH6")),
    ],
)
def test_a_pair_or_a_contract_is_recognised(symbol: str, profile: str, quote: str | None) -> None:
    assert form_of(symbol) == (profile, quote)


@pytest.mark.parametrize(
    "symbol",
    [
        *("AAPL", "BRK-B", "BRK.A", "BF-B", "0700.HK", "GBTC", "ETHE", "BUSD", "USD", "BTC", "SPY", "^GSPC", "US500"),
        *("SIM0001", "SIM2026", "NASDAQ:MSFT", "", "-", "-USD", "A/B/C", "Ünïcode", "HGH1N", "T", "EUR"),
        "EURJ26",
    ],
)
def test_what_is_no_pair_says_nothing(symbol: str) -> None:
    assert form_of(symbol) == (None, None)
