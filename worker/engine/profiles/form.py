"""The form of a symbol: a currency pair, a crypto pair, a future, or none."""

from __future__ import annotations

import re
from typing import NamedTuple

from worker.engine.profiles.currencies import COINS, FIAT, KNOWN_COINS, MAGNITUDES, METALS, STABLE
from worker.engine.profiles.table import Name

PAIR = re.compile(r"[-/_ ]")
CONTINUOUS = ("=F", "1!", "2!")  # as Yahoo and TradingView write the front months
# Root of a contract, letter of its month, one or two digits of its year. Only known roots: a ticker may look
# like one.
CONTRACT = re.compile(r"([A-Z0-9]{1,4}?)[FGHJKMNQUVXZ]\d{1,2}")
ROOTS = frozenset(
    {
        *("ES", "MES", "NQ", "MNQ", "YM", "MYM", "RTY", "M2K", "EMD", "VX", "NKD", "DAX", "FDAX", "FESX", "FSMI", "Z"),
        *("ZB", "ZN", "ZF", "ZT", "UB", "TN", "SR3", "GE", "FGBL", "FGBM", "FGBS", "FBTP", "FOAT"),
        *("6A", "6B", "6C", "6E", "6J", "6M", "6N", "6S", "DX", "BTC", "MBT", "ETH", "MET"),
        *("CL", "MCL", "BZ", "NG", "HO", "RB", "GC", "MGC", "SI", "SIL", "HG", "PL", "PA"),
        *("ZC", "ZS", "ZW", "ZM", "ZL", "ZO", "ZR", "KE", "LE", "HE", "GF", "KC", "CC", "CT", "SB", "OJ"),
    }
)
STABLES = tuple(sorted(STABLE, key=len, reverse=True))  # FDUSD before USD
CODE = 3  # letters of a fiat currency


class Form(NamedTuple):
    """The recognised parts; None for the others."""

    profile: Name | None
    quote: str | None


NOTHING = Form(None, None)


def form_of(symbol: str) -> Form:
    """Parse a symbol: `BTC-USD`, `BTCUSDT`, `BINANCE:ETHBTC`, `EUR/USD`, `EURUSD=X`, `ESZ25`, `CL=F`.

    Case does not matter. Another form, as `AAPL`, `BRK-B` or `0700.HK`, gives nothing.
    """
    text = symbol.upper().rpartition(":")[2]
    if text.endswith(CONTINUOUS):
        return Form("futures", None)
    text = text.removesuffix("=X")
    base, *rest = PAIR.split(text)
    return _pair(base, rest[0]) if rest else _joined(text.partition(".")[0])


def _pair(base: str, quote: str) -> Form:
    if quote in ("PERP", "SWAP"):
        found = _joined(base)
        return found if found.profile else Form("crypto", None)
    if not base or quote not in MAGNITUDES:
        return NOTHING
    if quote in FIAT and (base in FIAT or base in METALS):
        return Form("fx", quote)
    return Form("crypto", quote)


def _joined(text: str) -> Form:
    contract = CONTRACT.fullmatch(text)
    if contract and contract[1] in ROOTS:
        return Form("futures", None)
    text = text.removesuffix("PERP")
    for quote in STABLES:
        if text.endswith(quote) and len(text) > len(quote) + 1:
            return Form("crypto", quote)
    base, quote = text[:-CODE], text[-CODE:]
    if quote in FIAT and (base in FIAT or base in METALS):
        return Form("fx", quote)
    if base in KNOWN_COINS and (quote in FIAT or quote in COINS):
        return Form("crypto", quote)
    return NOTHING
