"""The call list of the indicators: the one place to add a line for a new one."""

from typing import Any

from worker.engine.history import at
from worker.engine.kernel import kernel
from worker.engine.stages.features import (
    bollinger,
    close_volatility,
    directional,
    donchian,
    efficiency,
    exponential_average,
    keltner,
    macd,
    momentum,
    relative_volume,
    returns,
    rsi,
    simple_average,
    true_range_average,
    weighted_average,
    yang_zhang,
)


@kernel
def step(state: Any, inst: Any, bar: Any, out: Any, p: Any) -> None:
    """Advance the features of one symbol by its current bar; those that read another feature come after it."""
    own, history, values = state.features, state.history, out.features
    row = at(history, 0)
    returns.update(history, row, values)
    true_range_average.update(own.true_range_average, history, row, values)
    exponential_average.update(own.exponential_average, history, row, values)
    simple_average.update(history, row, values)
    weighted_average.update(history, row, values)
    macd.update(own.macd, history, row, values)
    rsi.update(own.rsi, history, row, values)
    directional.update(own.directional, history, row, values)
    bollinger.update(history, row, values)
    keltner.update(own.keltner, history, row, values)
    donchian.update(history, row, values)
    relative_volume.update(history, row, values)
    momentum.update(history, row, values)
    close_volatility.update(history, row, values)
    yang_zhang.update(own.yang_zhang, history, row, values)
    efficiency.update(history, row, values)
