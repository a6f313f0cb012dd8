"""One simulated market: GBM with GARCH(1,1) volatility, Student-t(4) shocks and U-shaped intraday volume."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from worker.sources.simulation.splitmix import stream_seed, uniforms
from worker.sources.simulation.variates import Floats, exponential, student_t4

TICK = 0.01
DAY_MS = 86_400_000
_YEAR_MS = 365 * DAY_MS
_ALPHA, _BETA = 0.08, 0.90  # GARCH(1,1): news and persistence, typical of daily equity returns
_MAX_SIGMA, _MAX_RETURN = 0.05, 0.2  # per bar; keeps a clean bar clear of every fatal validation rule
_BARRIER = 10.0  # a price is reflected at ten times and a tenth of its start, so that the tick stays small


class Purpose(IntEnum):
    """Each kind of draw has a stream of its own."""

    profile = 0
    angle = 1
    radius = 2
    opening = 3
    high = 4
    low = 5
    volume = 6
    fault_hit = 7
    fault_kind = 8
    fault_size = 9


class Streams:
    """The random streams of a list of symbols."""

    def __init__(self, symbols: Sequence[str], seed: int) -> None:
        self._seeds = {
            purpose: np.array([stream_seed(symbol, seed, purpose) for symbol in symbols], dtype=np.uint64)
            for purpose in Purpose
        }

    def uniform(self, purpose: Purpose, start: int, count: int) -> Floats:
        """Return uniforms in (0, 1) of bars `start` to `start + count`, shape (symbols, count)."""
        return uniforms(self._seeds[purpose], start, count)


@dataclass
class Path:
    """Price and variance of one symbol between two bars."""

    price: float
    variance: float
    omega: float
    drift: float
    floor: float
    ceiling: float

    def walk(
        self, shocks: list[float], openings: list[float], live: list[bool]
    ) -> tuple[list[float], list[float], list[float]]:
        """Return (sigma, open, return) of each bar, as lists; a bar that is not live does not move."""
        price, variance = self.price, self.variance
        sigmas, opens, returns = [], [], []
        for shock, opening, moving in zip(shocks, openings, live, strict=True):
            sigma = math.sqrt(variance) if moving else 0.0
            opened = price * (1.0 + opening * sigma)
            surprise = sigma * shock
            change = min(max(self.drift + surprise, -_MAX_RETURN), _MAX_RETURN) if moving else 0.0
            if (opened > self.ceiling and change > 0.0) or (opened < self.floor and change < 0.0):
                change = -change
            price = opened * (1.0 + change)
            variance = min(self.omega + _ALPHA * surprise * surprise + _BETA * variance, _MAX_SIGMA * _MAX_SIGMA)
            sigmas.append(sigma)
            opens.append(opened)
            returns.append(change)
        self.price, self.variance = price, variance
        return sigmas, opens, returns


@dataclass(frozen=True)
class Block:
    """Bars of all symbols over a stretch of time, each array of shape (symbols, bars); prices not yet on the grid."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats


class Market:
    """The state of all symbols; `advance` makes the next stretch of bars."""

    def __init__(self, symbols: Sequence[str], streams: Streams, interval_ms: int, start_ms: int) -> None:
        self._streams = streams
        self._interval_ms = interval_ms
        self._start_ms = start_ms
        profile = streams.uniform(Purpose.profile, 0, 4)
        self._paths = [self._path(row) for row in profile.tolist()]
        self._turnover = 500.0 + 50_000.0 * profile[:, 3:4] * profile[:, 3:4]  # units a bar

    def _path(self, profile: list[float]) -> Path:
        price = 20.0 + 480.0 * profile[0] * profile[0]
        year = self._interval_ms / _YEAR_MS
        volatility = 0.2 + 0.6 * profile[1]  # a year
        variance = min(volatility * volatility * year, _MAX_SIGMA * _MAX_SIGMA)
        drift = (0.2 * profile[2] - 0.1) * min(year, 1.0)
        omega = (1.0 - _ALPHA - _BETA) * variance
        return Path(price, variance, omega, drift, price / _BARRIER, price * _BARRIER)

    def advance(self, start: int, count: int, live: NDArray[np.bool_]) -> Block:
        """Return bars `start` to `start + count`; call it in order, gap-free. `live` has shape (symbols, count)."""
        draw = self._streams.uniform
        shocks = student_t4(draw(Purpose.angle, start, count), draw(Purpose.radius, start, count))
        openings = (draw(Purpose.opening, start, count) - 0.5) * 0.2
        walked = [
            path.walk(*row)
            for path, *row in zip(self._paths, shocks.tolist(), openings.tolist(), live.tolist(), strict=True)
        ]
        sigma, opened, change = (np.array(column) for column in zip(*walked, strict=True))
        # Extremes of a Brownian bridge between 0 and the bar's return (Karatzas & Shreve, §4.3).
        spread = change * change
        scale = 2.0 * sigma * sigma
        up = np.sqrt(spread + scale * exponential(draw(Purpose.high, start, count)))
        down = np.sqrt(spread + scale * exponential(draw(Purpose.low, start, count)))
        return Block(
            open=opened,
            high=opened * (1.0 + 0.5 * (change + up)),
            low=opened * (1.0 + 0.5 * (change - down)),
            close=opened * (1.0 + change),
            volume=self._volume(start, count, shocks),
        )

    def _volume(self, start: int, count: int, shocks: Floats) -> Floats:
        since_midnight = (self._start_ms + np.arange(start, start + count) * self._interval_ms) % DAY_MS
        centred = 2.0 * since_midnight / DAY_MS - 1.0
        shape = 0.5 + 1.5 * centred * centred
        noise = 0.4 + 0.6 * exponential(self._streams.uniform(Purpose.volume, start, count))
        activity = 0.6 + 0.5 * np.minimum(np.abs(shocks), 4.0)
        return np.asarray(np.maximum(np.rint(self._turnover * shape * noise * activity), 1.0))


def on_grid(prices: Floats) -> Floats:
    """Round prices to the tick, and to at least one tick."""
    return np.asarray(np.maximum(np.rint(prices / TICK), 1.0) / 100.0)
