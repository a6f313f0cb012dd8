"""The units of a symbol's state: by which power of the price factor each of its numbers changes (domain §1.5).

Prices change by the factor k, volumes and quantities by 1/k, their products by 1, sums of squares by the square.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from worker.engine.asking.standing import STANDING
from worker.engine.state.layout import STATE

WORD = 8  # bytes

# Of all numbers in a record, or by the names of its parts; whole numbers and flags have none.
Units: TypeAlias = "int | Mapping[str, Units]"


def _of(prices: str = "", volumes: str = "", free: str = "", **parts: Units) -> Mapping[str, Units]:
    powers = ((prices, 1), (volumes, -1), (free, 0))
    return {name: power for names, power in powers for name in names.split()} | parts


def _window(power: int) -> Mapping[str, Units]:
    moments = {"shift": power, "total": power, "squares": 2 * power, "peak": 2 * power}
    return {"newest": power, "moments": moments, "sorted": power}


BAR = {"open": 1, "high": 1, "low": 1, "close": 1, "volume": -1}
DIRECTIONAL = _of("plus minus span", free="index")
FACT = _of("typical", "accumulation", "flow illiquidity overnight session span rogers_satchell")
SWING = _of("price", "volume", "rsi")
CARRY = _of(
    position=_of("entry stop target atr best trail", "qty opened", "scale factor trade realised unrealised"),
    pending=_of("stop target atr", "qty", "scale factor"),
    risk=0,
)
VALIDATION = _of(
    volumes="volumes volume_sum",
    free="sigma returns sorted_returns absolute_returns candidates",  # of these by their time, see `state.rescale`
    last=BAR,
)
FEATURES = _of(
    "extremes exponential_average simple_average macd rsi true_range_average keltner",
    "on_balance_volume",
    "stochastic volatility_ratio",
    facts={"rows": FACT},
    directional=DIRECTIONAL,
    volume_weighted_price=_of(volumes="volume", free="money"),
)
PATTERNS = _of(
    candles=_of("shapes", free="signal"),
    structure=_of("levels doubles breakout", swings=_of(free="rsi", rows=SWING)),
)
FRAME = _of(
    free="direction published",
    forming=BAR,
    closed=BAR,
    indicators=_of("history averages rsi true_range_average", directional=DIRECTIONAL),
    values=_of("ema_12 ema_26 ema_50 atr_14", free="rsi_14 natr_14 plus_di minus_di adx_14 don_pos_20 er_10 er_20"),
)
DERIVED = _of(
    free="regime anomaly forecast",  # but for a level that is a logarithm, see `state.rescale`
    validation=VALIDATION,
    learning=_of(free="scaling model skill drift", examples=_of("close", free="probability")),
    calibration=_of(free="platt", signals=_of("close")),
    history={"rows": {**BAR, "logret": 0}},
    normalization=_of(close=_window(1), volume=_window(-1)),
    features=FEATURES,
    patterns=PATTERNS,
    timeframes={"frames": FRAME},
)
OF_STATE = _of(carry=CARRY, derived=DERIVED)
OF_STANDING = _of("price", free="scale")


def words(record: np.dtype[Any], units: Units) -> NDArray[np.int8]:
    """Return the power of the price factor of each word of a record, 0 for what is no price, volume or quantity.

    Raises:
        KeyError: the units say nothing of a float64.
    """
    powers = np.zeros(record.itemsize // WORD, np.int8)
    for at, power in _floats(record, units, 0):
        powers[at // WORD] = power
    return powers


@cache
def of_state() -> NDArray[np.int8]:
    """Return the powers of the words of a symbol's state."""
    return words(STATE, OF_STATE)


@cache
def of_standing() -> NDArray[np.int8]:
    """Return the powers of the words of a strategy's standing order."""
    return words(STANDING, OF_STANDING)


def multiply(values: NDArray[np.float64], powers: NDArray[Any], k: float) -> None:
    """Multiply each value by its power of `k`: a whole number, or one half."""
    for power in np.unique(powers[powers != 0.0]).tolist():
        at = powers == power
        values[at] = scaled(values[at], power, k)


def scaled(values: Any, power: float, k: float) -> Any:
    """Return values times a power of `k`, by multiplications and divisions alone: every machine does them alike."""
    root, whole = np.sqrt(k), round(2 * power)
    factor = 1.0
    for _ in range(abs(whole) // 2):
        factor *= k
    if whole % 2:
        factor *= root
    return values * factor if power > 0 else values / factor


def _floats(record: np.dtype[Any], units: Units, start: int) -> Iterator[tuple[int, int]]:
    base, count = record.base, int(np.prod(record.shape))
    for item in range(count):
        at = start + item * base.itemsize
        if base.names is None:
            if base == np.float64:
                yield at, _number(units)
            continue
        for name in base.names:
            assert base.fields is not None
            kind, offset = base.fields[name][:2]
            if isinstance(units, int):
                yield from _floats(kind, units, at + offset)
            elif name in units:
                yield from _floats(kind, units[name], at + offset)
            elif any(True for _ in _floats(kind, 0, 0)):
                raise KeyError(f"the unit of {name} is not known")


def _number(units: Units) -> int:
    assert isinstance(units, int), "a number has one unit"
    return units
