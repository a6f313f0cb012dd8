"""Decisions of a portfolio, made up: what the engine would publish, without the engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np

MINUTE = 60_000
START = 1_704_067_200_000  # 2024-01-01 00:00 UTC, a Monday
_encode = msgspec.json.Encoder().encode

# A whole decision, so that decoding has as much to pass over as with real ones.
_WHOLE: dict[str, Any] = {
    "schema_version": 1,
    "decision_id": "",
    "engine_version": "4",
    "feature_set_version": 3,
    "config_hash": "b835e001568a4a73",
    "notional": 0.0,
    "ref_price": 100.0,
    "stop": None,
    "target": None,
    "score": 0.123456,
    "model_prob": None,
    "final": 0.123456,
    "confidence": 0.512345,
    "agreement": 0.75,
    "regime": "range",
    "vol_bucket": "normal",
    "regime_age": 12,
    "p_turb": 0.012345,
    "mtf": 0.25,
    "mtf_agreement": 0.5,
    "timeframes": [["5m", 0.25, 0, False, "range"], ["1h", -0.125, 1_800_000, False, "trend_up"]],
    "control_version": 0,
    "model": {"id": None, "version": None, "status": "not_configured"},
    "patterns": [["doji", 100], ["swing_high", 1]],
    "contributions": [["momentum", 0.2], ["rsi", -0.1], ["bollinger", 0.05], ["adx", 0.025], ["macd", 0.0125]],
    "reasons": ["signal_weak"],
    "blocking": None,
}


def decision(symbol: str, ts: int, close: float, held: float = 0.0, *, interval: int = MINUTE, **given: Any) -> bytes:
    """A decision at a bar's close; `held` is the signed quantity. `given`: open, realised, unrealised, sigma, mask,
    action, side, qty, config_hash, sequence."""
    position = {
        "state": "flat" if held == 0.0 else ("long" if held > 0.0 else "short"),
        "qty": abs(held),
        "entry": None,
        "stop": None,
        "target": None,
        "unrealised": given.pop("unrealised", 0.0),
        "realised": given.pop("realised", 0.0),
        "bars_held": 0,
    }
    bar = {"open": given.pop("open", close), "high": close, "low": close, "close": close, "volume": 1_000.0}
    risk = {"sigma_ann": given.pop("sigma", 0.2), "var99": 0.01, "es99": 0.012, "dd": 0.0, "g": 1.0}
    factors = dict.fromkeys(("g_regime", "g_dd", "g_quality", "g_ctl"), 1.0)
    quality = {"score": 1.0, "level": "Excellent", "mask": given.pop("mask", 0), "codes": []}
    order = {"action": given.pop("action", "hold"), "side": given.pop("side", 0), "qty": given.pop("qty", 0.0)}
    own = {"symbol": symbol, "sequence": given.pop("sequence", 1), "ts": ts, "close_ts": ts + interval, "bar": bar}
    nested = {"position": position, "quality": quality, "risk": risk | factors}
    return _encode(_WHOLE | own | order | nested | given)


@dataclass
class Trader:
    """A symbol that trades at random: a walk of the price, orders that fill at the next open, results that add up."""

    symbol: str
    seed: int
    size: float = 5_000.0  # notional of a position
    interval: int = MINUTE
    silence: float = 0.02  # share of bars that do not come
    _rng: np.random.Generator = field(init=False)
    _price: float = field(init=False)
    _held: float = 0.0
    _order: float = 0.0
    _entry: float = 0.0
    _realised: float = 0.0

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng([self.seed, *self.symbol.encode()])
        self._price = float(self._rng.uniform(5.0, 500.0))

    def next(self, ts: int, shock: float = 0.0) -> bytes | None:
        """The decision at the bar that opens at `ts`, None where no bar comes; `shock` is a return that all share."""
        opened = self._price
        self._price *= 1.0 + shock + float(self._rng.normal()) * 0.001
        if self._rng.random() < self.silence:
            return None
        self._fill(opened)
        held, action, side, qty = self._held, "hold", 0, 0.0
        self._order = 0.0
        if self._rng.random() < 0.05:
            if held == 0.0:
                side = 1 if self._rng.random() < 0.6 else -1
                action, qty = "open_long" if side > 0 else "open_short", round(self.size / self._price, 4)
            else:
                action, side, qty = "close", -1 if held > 0.0 else 1, abs(held)
            self._order = side * qty
        unrealised = held * (self._price - self._entry)
        return decision(
            self.symbol,
            ts,
            round(self._price, 6),
            held,
            interval=self.interval,
            open=round(opened, 6),
            realised=round(self._realised, 6),
            unrealised=round(unrealised, 6),
            action=action,
            side=side,
            qty=qty,
        )

    def _fill(self, price: float) -> None:
        if self._order == 0.0:
            return
        if self._held != 0.0:
            self._realised += self._held * (price - self._entry)
        self._held = 0.0 if self._held != 0.0 else self._order
        self._entry = price
        self._realised -= abs(self._order) * price * 0.0005
