"""The warm-up of each indicator, measured: bars until it is known, and until its beginning shows no more."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.engine.asking.intent import Status
from worker.engine.strategy.plan import known
from worker.strategy.checking.desk import Desk
from worker.strategy.checking.playing.market import Market
from worker.strategy.checking.playing.play import play
from worker.strategy.checking.playing.seeing import Seeing
from worker.strategy.checking.report import Fault, Found, Warmth
from worker.strategy.describing.rebuilding import rebuilding
from worker.strategy.describing.summary import length
from worker.strategy.ta import Indicator

EQUAL = 1e-9
REWARMED = 1_024  # bars from which a worker rebuilds indicators that it has lost, where none declares more
MOST = 50_000  # bars that a check plays
STARTS = (0.11, 0.23, 0.37)  # of the bars


def warmth(desk: Desk) -> tuple[Found, list[Warmth]]:
    """Measure on the first symbol."""
    market = desk.market.of(desk.market.symbols[0])
    values, statuses = _values(desk, market)
    starts = [int(share * len(market)) + 1 for share in STARTS]
    later = [_values(desk, Market(market.keys[start:], market.rows[start:]))[0] for start in starts]
    faults, notes, found = list[Fault](), list[str](), list[Warmth]()
    for column, name in enumerate(desk.definition.names):
        one, indicator = values[:, column], desk.definition.indicators.get(name)
        bars = _first(one)
        timeframe = None if indicator is None else length(indicator.series.timeframe)
        if bars is None:
            faults.append(_endless(desk, name, indicator, len(market)))
            found.append(Warmth(name, timeframe, None, None))
            continue
        pairs = [(one[start:], other[:, column]) for start, other in zip(starts, later, strict=True)]
        after = [_settled(*pair) for pair in pairs if not np.isnan(pair[1]).all()]
        settled = None if None in after else max((each for each in after if each is not None), default=None)
        found.append(Warmth(name, timeframe, bars, settled))
        lost = int(np.isnan(one[bars:]).sum())
        if lost:
            notes.append(f"{name} is unknown again at {lost:,} bars: no step is taken there")
        declared = () if indicator is None else (indicator.series,)
        rebuilt = max(REWARMED, rebuilding(declared, desk.interval_ms))  # or from more, if others ask for more
        left = [float(_apart(*pair)[rebuilt]) for pair in pairs if len(pair[1]) > rebuilt]
        if max(left, default=0.0) > EQUAL:
            notes.append(
                f"{name} still shows where it began after {rebuilt:,} bars, by {max(left):.1g} of its size: "
                "rebuilt from these it is not the same"
            )
    called = np.flatnonzero((statuses != Status.warming_up) & (statuses != Status.not_asked))
    if not faults and not called.size:
        text = "the step is never called: its indicators are never known together"
        faults.append(Fault(text, None, "Play more bars"))
    return Found(faults, notes), found


def _values(desk: Desk, market: Market) -> tuple[NDArray[np.float64], NDArray[Any]]:
    seeing = Seeing(desk.strategy(desk.modes[0]))
    rows = play(desk.settings, seeing, market).rows
    return np.concatenate(seeing.seen), rows["said"]["intent"]["status"]


def _first(values: NDArray[np.float64]) -> int | None:
    """Return the bar at which it is known, 1 = the first; None if at none."""
    rows = np.flatnonzero(~np.isnan(values))
    return int(rows[0]) + 1 if rows.size else None


def _apart(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the difference as a share of the value's usual size; 1 where one of the two is unknown."""
    size = float(np.nanmax(np.abs(one))) if not np.isnan(one).all() else 1.0
    apart = np.abs(one - other) / max(size, 1e-300)
    return np.where(np.isnan(one) & np.isnan(other), 0.0, np.where(np.isnan(apart), 1.0, apart))


def _settled(one: NDArray[np.float64], other: NDArray[np.float64]) -> int | None:
    """Return the bars after its start from which on the other is equal to the end; None if it is not."""
    rows = np.flatnonzero(_apart(one, other) > EQUAL)
    if not rows.size:
        return 1
    return None if rows[-1] + 1 >= len(one) else int(rows[-1]) + 2


def _endless(desk: Desk, name: str, indicator: Indicator | None, bars: int) -> Fault:
    interval = length(desk.interval_ms)
    if indicator is None:
        return Fault(
            f"{name}, which observe publishes, is not known at any of {bars:,} bars: the step is never called",
            None,
            f"Write c.out.{name} at every bar from which on it is known",
        )
    series, optional = indicator.series, indicator.optional
    follows = "" if optional else ": the step is never called"
    own = length(series.timeframe)
    if series.timeframe and (series.timeframe < desk.interval_ms or series.timeframe % desk.interval_ms):
        return Fault(
            f"{name} is never known: bars of {interval} fill none of its timeframe {own}{follows}",
            None,
            f"Take a multiple of {interval} as its timeframe, or shorter bars",
        )
    wanted = known(series) * max(series.timeframe // desk.interval_ms, 1)
    if wanted > bars:
        return Fault(
            f"{name} is known only after {wanted:,} bars of {interval}, and {bars:,} were played{follows}",
            None,
            "Shorten it" if wanted * 2 > MOST else f"Shorten it, or check with --bars {wanted * 2}",
        )
    return Fault(f"{name} is not known at any of {bars:,} bars{follows}", None, "Its sources have no such values here")
