"""Bars of a made-up market, and what goes wrong with them before anybody writes a file."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
INTERVALS = {
    "1m": MINUTE, "5m": 5 * MINUTE, "15m": 15 * MINUTE, "1h": HOUR, "4h": 4 * HOUR, "1d": DAY, "1w": 7 * DAY
}  # fmt: skip
PRICES = ("open", "high", "low", "close")
FIRST, LAST = 2002, 2023  # years of the first bar: all bars have closed

Row = dict[str, Any]  # ts ms, open, high, low, close, volume; perhaps symbol, ingest_ts
Fault = Callable[[random.Random, list[Row]], list[Row]]


def walk(rng: random.Random, count: int, interval_ms: int, symbol: str | None) -> list[Row]:
    """A quiet market: prices on a tick, each bar opens near the last close."""
    digits = rng.choice((0, 1, 2, 2, 2, 4, 5))
    close = rng.uniform(20, 30_000) * 10.0 ** (2 - digits if digits else 0)
    close = max(close, 100 * 10.0**-digits)
    start = int(datetime(rng.randint(FIRST, LAST), rng.randint(1, 12), rng.randint(1, 28), tzinfo=UTC).timestamp())
    first = start * 1_000 // interval_ms * interval_ms
    rows = []
    for n in range(count):
        opened, close = close, close * (1 + rng.gauss(0, 0.004))
        high, low = max(opened, close) * (1 + rng.random() * 0.003), min(opened, close) * (1 - rng.random() * 0.003)
        prices = (round(price, digits) for price in (opened, high, low, close))
        row: Row = {"ts": first + n * interval_ms, **dict(zip(PRICES, prices, strict=True))}
        row["volume"] = float(rng.randint(0, 90_000)) if digits else round(rng.random() * 900, 3)
        if symbol is not None:
            row["symbol"] = symbol
        rows.append(row)
    return rows


def _some(rng: random.Random, rows: list[Row], share: float = 0.1) -> list[int]:
    return sorted(rng.sample(range(len(rows)), max(1, int(len(rows) * share * rng.random()))))


def _changed(rows: list[Row], at: list[int], change: Callable[[Row], Row]) -> list[Row]:
    return [row | change(row) if n in set(at) else row for n, row in enumerate(rows)]


def duplicates(rng: random.Random, rows: list[Row]) -> list[Row]:
    """Bars that stand twice."""
    twice = set(_some(rng, rows))
    return [each for n, row in enumerate(rows) for each in ([row, dict(row)] if n in twice else [row])]


def revisions(rng: random.Random, rows: list[Row]) -> list[Row]:
    """Bars that stand twice, with other values."""
    twice = set(_some(rng, rows))
    changed = [row | {"close": row["close"] * 1.001, "volume": row["volume"] + 1} for row in rows]
    return [each for n, row in enumerate(rows) for each in ([row, changed[n]] if n in twice else [row])]


def again(rng: random.Random, rows: list[Row]) -> list[Row]:
    """A part of the file, or all of it, once more: overlapping downloads."""
    start = rng.randrange(len(rows))
    return rows + [dict(row) for row in rows[start:]] if rng.random() < 0.7 else rows + [dict(row) for row in rows]


def late(rng: random.Random, rows: list[Row]) -> list[Row]:
    """Bars some places too late."""
    moved = list(rows)
    for at in _some(rng, rows):
        moved.insert(min(at + rng.randint(1, 6), len(moved)), moved.pop(at))
    return moved


def overlapping(rng: random.Random, rows: list[Row]) -> list[Row]:
    """Bars between two others, which begin before the one before has ended."""
    extra = set(_some(rng, rows))
    step = abs(rows[1]["ts"] - rows[0]["ts"]) if len(rows) > 1 else MINUTE
    between = [row | {"ts": row["ts"] + rng.choice((step // 2, step // 3, 1, 1_000))} for row in rows]
    return [each for n, row in enumerate(rows) for each in ([row, between[n]] if n in extra else [row])]


def gaps(rng: random.Random, rows: list[Row]) -> list[Row]:
    """Bars that are missing, one by one or in a long stretch."""
    if rng.random() < 0.5:
        lacking = set(_some(rng, rows, 0.3))
        return [row for n, row in enumerate(rows) if n not in lacking] or rows
    start = rng.randrange(len(rows))
    return rows[:start] + rows[start + rng.randint(1, len(rows)) :] or rows


def jump(rng: random.Random, rows: list[Row]) -> list[Row]:
    """A bar from years ahead, then time goes on as before."""
    at = rng.randrange(len(rows))
    ahead = rows[at]["ts"] + rng.randint(15, 400) * DAY
    return [*rows[:at], rows[at] | {"ts": ahead}, *rows[at + 1 :]]


def newest_first(_: random.Random, rows: list[Row]) -> list[Row]:
    """As many vendors list them."""
    return rows[::-1]


def shuffled(rng: random.Random, rows: list[Row]) -> list[Row]:
    """In no order."""
    return rng.sample(rows, len(rows))


def no_numbers(rng: random.Random, rows: list[Row]) -> list[Row]:
    """Cells that are empty, NaN or infinite."""
    names = [*PRICES, "volume"]
    values = (None, float("nan"), float("inf"), float("-inf"))
    return _changed(rows, _some(rng, rows), lambda _: {rng.choice(names): rng.choice(values)})


def wrong_prices(rng: random.Random, rows: list[Row]) -> list[Row]:
    """Zero and negative prices and volumes, highs below lows, spikes, wicks and splits."""

    def spoil(row: Row) -> Row:
        factor = rng.choice((0.5, 2.0, 3.0, 0.1, 100.0))
        choices: list[Row] = [
            {rng.choice(PRICES): 0.0},
            {rng.choice(PRICES): -row["close"]},
            {"volume": -row["volume"] - 1},
            {"high": row["low"], "low": row["high"] + 1},
            {name: row[name] * factor for name in PRICES},
            {"high": row["high"] * 3},
        ]
        return rng.choice(choices)

    return _changed(rows, _some(rng, rows), spoil)


def level(rng: random.Random, rows: list[Row]) -> list[Row]:
    """From one bar on all prices at another level: a split."""
    at, factor = rng.randrange(len(rows)), rng.choice((0.5, 2.0, 0.1, 1 / 3))
    moved = _changed(rows[at:], list(range(len(rows) - at)), lambda row: {name: row[name] * factor for name in PRICES})
    return rows[:at] + moved


def no_times(rng: random.Random, rows: list[Row]) -> list[Row]:
    """Bars without a time; perhaps also the first ones."""
    at = _some(rng, rows) + ([0, 1] if rng.random() < 0.4 else [])
    return _changed(rows, at, lambda _: {"ts": None})


def single_precision(_: random.Random, rows: list[Row]) -> list[Row]:
    """Highs and lows of 32 bits beside opens and closes of 64."""
    from numpy import float32

    return [row | {"high": float(float32(row["high"])), "low": float(float32(row["low"]))} for row in rows]


def knowledge(rng: random.Random, rows: list[Row]) -> list[Row]:
    """A column that says when each bar became known: some early, some missing."""
    step = abs(rows[1]["ts"] - rows[0]["ts"]) if len(rows) > 1 else MINUTE

    def known(row: Row) -> Row:
        delay = rng.choice((step, step, step, step + 1_500, 3 * step, step // 2, -step))
        return {"ingest_ts": None if rng.random() < 0.1 else row["ts"] + delay}

    return [row | known(row) for row in rows]


# `knowledge` first: it needs the times; those that take times or values away last.
FAULTS: tuple[Fault, ...] = (
    knowledge, duplicates, revisions, late, overlapping, gaps, jump, level, wrong_prices, single_precision,
    newest_first, shuffled, again, no_numbers, no_times,
)  # fmt: skip
RARE: frozenset[Fault] = frozenset({shuffled, newest_first, jump})
