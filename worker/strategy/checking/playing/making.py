"""Markets that are made: a calm one, one that is hard in every symbol, and one with another future."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from worker.engine.bar import BAR
from worker.strategy.checking.playing.market import Market, Rows, joined

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
START_MS = 1_600_000_000_000 // DAY_MS * DAY_MS
PHASE = 120  # bars for which drift and volatility stay


def walk(rng: np.random.Generator, bars: int, interval_ms: int, price: float = 100.0) -> Rows:
    """Return a walk whose drift and volatility change by turns, so that it trends, ranges and shakes."""
    phases = -(-bars // PHASE)
    usual = 0.008 * min(max((interval_ms / HOUR_MS) ** 0.5, 0.15), 2.5)
    drift = np.repeat(rng.choice([-0.12, 0.0, 0.12], phases), PHASE)[:bars]
    sigma = usual * np.repeat(rng.choice([0.5, 1.0, 1.6], phases), PHASE)[:bars]
    moves = sigma * (drift + rng.standard_t(5, bars) / 1.3)
    pulled = np.empty(bars)  # towards where it began: a long walk stays of that order
    level = 0.0
    for i, move in enumerate(moves.tolist()):
        level += move - 0.002 * level
        pulled[i] = level
    close = price * np.exp(pulled)
    opened = np.concatenate([[price], close[:-1]]) * np.exp(rng.normal(0.0, 0.1, bars) * sigma)
    return made(opened, close, rng.exponential(0.4, (2, bars)) * sigma, rng.uniform(1e5, 1e6, bars), interval_ms)


def made(opened: Any, close: Any, wicks: Any, volume: Any, interval_ms: int) -> Rows:
    """Return bars of these prices; wicks (2, bars) are shares of the price above and below."""
    rows = np.zeros(len(close), BAR)
    rows["open"], rows["close"] = _rounded(opened), _rounded(close)
    rows["high"] = _rounded(np.maximum(rows["open"], rows["close"]) * (1.0 + wicks[0]))
    rows["low"] = _rounded(np.minimum(rows["open"], rows["close"]) * (1.0 - np.minimum(wicks[1], 0.5)))
    rows["volume"] = np.round(volume)
    rows["ts"] = START_MS + interval_ms * np.arange(len(close))
    rows["interval_ms"], rows["ingest_ts"] = interval_ms, rows["ts"] + interval_ms
    return rows


def _rounded(prices: Any) -> Any:
    """Round to seven digits, as prices are written."""
    digits = 10.0 ** (np.floor(np.log10(prices)) - 6)
    return np.round(prices / digits) * digits


def calm(seed: int, bars: int, interval_ms: int, symbols: int = 3) -> Market:
    """Return a market without faults."""
    rng = np.random.default_rng(seed)
    prices = (100.0, 3.5, 4_200.0)
    return joined(
        {f"WALK{i}": walk(rng, bars, interval_ms, prices[i % len(prices)]) for i in range(symbols)},
    )


def _no_volume(rng: np.random.Generator, rows: Rows) -> Rows:
    rows["volume"][rng.random(len(rows)) < 0.2] = 0.0
    rows["volume"][len(rows) // 3 : len(rows) // 3 + 80] = 0.0
    return rows


def _flat(rng: np.random.Generator, rows: Rows) -> Rows:
    """Stand still from the first bar on, then for a while again and again."""
    for start in range(0, len(rows), 240):
        part = rows[start : start + 90]
        for name in ("open", "high", "low", "close"):
            part[name] = part["close"][0] if start == 0 else rows["close"][start - 1]
    return rows


def _still_flat(rng: np.random.Generator, rows: Rows) -> Rows:
    for name in ("open", "high", "low", "close"):
        rows[name] = 100.0
    return rows


def _gaps(rng: np.random.Generator, rows: Rows) -> Rows:
    """Leave out bars: some, many in a row, and every night."""
    kept = rng.random(len(rows)) > 0.05
    kept[len(rows) // 4 : len(rows) // 4 + 40] = False
    kept[len(rows) // 2 :] &= (np.arange(len(rows) - len(rows) // 2) % 24) < 9
    return rows[kept]


def _jumps(rng: np.random.Generator, rows: Rows) -> Rows:
    """Open far from the last close."""
    factor = np.exp(np.cumsum(np.where(rng.random(len(rows)) < 0.04, rng.normal(0.0, 0.05, len(rows)), 0.0)))
    for name in ("open", "high", "low", "close"):
        rows[name] = _rounded(rows[name] * factor)
    return rows


def _shifted(rng: np.random.Generator, rows: Rows) -> Rows:
    """Split one for four, and ten for one back."""
    for name in ("open", "high", "low", "close"):
        rows[name][len(rows) // 3 :] /= 4.0
        rows[name][2 * len(rows) // 3 :] *= 10.0
    return rows


def _without_wicks(rng: np.random.Generator, rows: Rows) -> Rows:
    rows["open"][1:] = rows["close"][:-1]
    rows["high"], rows["low"] = np.maximum(rows["open"], rows["close"]), np.minimum(rows["open"], rows["close"])
    return rows


def _refused(rng: np.random.Generator, rows: Rows) -> Rows:
    """Hold bars that the engine rejects, alone and for a while."""
    rows["high"][rng.random(len(rows)) < 0.03] = 1e-6
    rows["high"][len(rows) // 2 : len(rows) // 2 + 30] = 1e-6
    return rows


def _as_it_is(rng: np.random.Generator, rows: Rows) -> Rows:
    return rows


HARD: dict[str, tuple[Callable[[np.random.Generator, Rows], Rows], float]] = {
    "NOVOLUME": (_no_volume, 100.0),
    "PAUSES": (_flat, 100.0),
    "FLAT": (_still_flat, 100.0),
    "GAPS": (_gaps, 100.0),
    "JUMPS": (_jumps, 100.0),
    "SHIFTS": (_shifted, 100.0),
    "NOWICKS": (_without_wicks, 100.0),
    "REFUSED": (_refused, 100.0),
    "TINY": (_as_it_is, 2e-5),
    "HUGE": (_as_it_is, 3e7),
}


def hard(seed: int, bars: int, interval_ms: int) -> Market:
    """Return a market each of whose symbols is hard in its own way."""
    rng = np.random.default_rng(seed)
    return joined({name: spoil(rng, walk(rng, bars, interval_ms, price)) for name, (spoil, price) in HARD.items()})


def scrambled(market: Market, start: int, seed: int) -> Market:
    """Return the market with another future: from row `start` on each symbol's prices move the other way."""
    rows, rng = market.rows.copy(), np.random.default_rng(seed)
    owners = np.array(market.keys[start:], object)
    for symbol in dict.fromkeys(market.keys[start:]):
        at = start + np.flatnonzero(owners == symbol)
        part = rows[at]
        square = float(part["open"][0]) ** 2
        part["high"], part["low"] = square / part["low"], square / part["high"]
        part["open"], part["close"] = square / part["open"], square / part["close"]
        part["volume"] = rng.permutation(part["volume"])
        rows[at] = part
    return Market(market.keys, rows)
