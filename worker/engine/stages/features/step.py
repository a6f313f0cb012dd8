"""The call list of the indicators: the one place to add a new one."""

from typing import Any

from worker.engine.history import at
from worker.engine.kernel import embedded
from worker.engine.stages.features import (
    autocorrelation,
    bar_shape,
    bollinger,
    chaikin,
    close_volatility,
    commodity_channel,
    directional,
    donchian,
    efficiency,
    exponential_average,
    extremes,
    facts,
    garman_klass,
    illiquidity,
    keltner,
    macd,
    momentum,
    money_flow,
    on_balance_volume,
    parkinson,
    relative_volume,
    return_shape,
    returns,
    rsi,
    simple_average,
    slope,
    stochastic,
    true_range_average,
    variance_ratio,
    volatility_ratio,
    volume_weighted_price,
    weighted_average,
    williams_r,
    yang_zhang,
)
from worker.engine.stages.features.boundary import passed
from worker.engine.stages.features.close_window import close_window
from worker.engine.stages.features.range_window import range_window
from worker.engine.stages.features.return_window import return_window
from worker.engine.stages.features.volume_window import volume_window


@embedded
def _trend(own: Any, history: Any, row: Any, boundary: bool, out: Any) -> None:
    """Update averages, momentum and direction. Indicators that read another feature come after it."""
    closes = close_window(history)
    true_range_average.update(own.true_range_average, history, row, out)
    exponential_average.update(own.exponential_average, history, row, out)
    simple_average.update(own.simple_average, history, row, closes, boundary, out)
    weighted_average.update(closes, out)
    macd.update(own.macd, history, row, out)
    rsi.update(own.rsi, history, row, out)
    directional.update(own.directional, history, row, out)
    momentum.update(history, row, out)
    efficiency.update(history, row, out)
    slope.update(row, closes, out)
    bollinger.update(row, closes, out)


@embedded
def _range(own: Any, history: Any, row: Any, out: Any) -> None:
    """Update channels, oscillators and volatility from highs and lows."""
    extremes.update(own.extremes, history, row)
    keltner.update(own.keltner, history, row, out)
    donchian.update(own.extremes, history, row, out)
    stochastic.update(own.stochastic, own.extremes, history, row, out)
    williams_r.update(own.extremes, history, row, out)
    commodity_channel.update(own.facts, history, out)
    bar_shape.update(row, out)
    ranges = range_window(own.facts, history)
    parkinson.update(ranges, out)
    garman_klass.update(ranges, out)
    yang_zhang.update(ranges, out)


@embedded
def _volume(own: Any, history: Any, row: Any, boundary: bool, offset_ms: int, out: Any) -> None:
    """Update volume and money flow."""
    volumes = volume_window(own.facts, history)
    money_flow.update(own.facts, history, out)
    on_balance_volume.update(own.on_balance_volume, history, row, boundary, out)
    chaikin.update(volumes, out)
    volume_weighted_price.update(own.volume_weighted_price, own.facts, history, row, volumes, offset_ms, out)
    relative_volume.update(history, row, out)
    illiquidity.update(history, volumes, out)


@embedded
def _returns(own: Any, history: Any, row: Any, boundary: bool, out: Any) -> None:
    """Update distribution and dependence of returns."""
    returns.update(history, row, out)
    close_volatility.update(history, row, out)
    moments = return_window(history)
    return_shape.update(moments, out)
    variance_ratio.update(moments, out)
    autocorrelation.update(moments, out)
    volatility_ratio.update(own.volatility_ratio, history, row, boundary, out)


@embedded
def step(state: Any, inst: Any, bar: Any, out: Any, p: Any) -> None:
    """Advance the features of one symbol by its current bar."""
    own, history, values = state.features, state.history, out.features
    row = at(history, 0)
    boundary = passed(own.boundary, row.ts, bar.interval_ms)
    facts.update(own.facts, history, row)
    _trend(own, history, row, boundary, values)
    _range(own, history, row, values)
    _volume(own, history, row, boundary, inst.session_offset_ms, values)
    _returns(own, history, row, boundary, values)
