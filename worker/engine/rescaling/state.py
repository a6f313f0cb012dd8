"""A symbol's state at another price level (domain §1.5)."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.engine.controls import Action
from worker.engine.elementary import log
from worker.engine.history import CAPACITY
from worker.engine.rescaling.units import BAR, multiply, of_state, scaled
from worker.engine.rounding import floor_to_step
from worker.engine.settings import EngineSettings
from worker.engine.stages.execution.orders import CLOSE, HOLD
from worker.engine.state.layout import DERIVED_BYTES, STATE

NO_SPLIT = 1.716  # ratio of prices that no split is suspected in: below exp(`price.SPLIT_CLOSE`)


def newest_time(state: Any) -> int | None:
    """Return the newest decided time of a symbol (a record of `layout.STATE`), ms; None without a bar."""
    decided, known = state["carry"]["decided"], state["derived"]["validation"]
    if decided["known"]:
        return int(decided["top"])
    return int(known["last"]["ts"]) if known["accepted"] > 0 else None


def rescale(row: NDArray[np.uint8], instrument: Any, action: Action, settings: EngineSettings) -> None:
    """Bring a state, as bytes, to the price level of an action.

    The state is then that of a symbol whose earlier prices were all `factor` times, and whose volumes were by its
    inverse, to the rounding of a number; to the bit where the factor is a power of two. A position loses what is less
    than a lot: that part is paid out at the last close.
    """
    state = row.view(STATE)[0]
    multiply(row.view(np.float64), of_state(), action.factor)
    _rescale_beyond_units(state["derived"], action, settings)
    _settle_lots(state, instrument)


def rescale_derived(row: NDArray[np.uint8], action: Action, settings: EngineSettings) -> None:
    """Bring the `derived` part alone to the price level of an action."""
    powers = of_state()[DERIVED_BYTES.start // 8 : DERIVED_BYTES.stop // 8]
    multiply(row[DERIVED_BYTES].view(np.float64), powers, action.factor)
    _rescale_beyond_units(row.view(STATE)[0]["derived"], action, settings)


def _rescale_beyond_units(derived: Any, action: Action, settings: EngineSettings) -> None:
    """Bring to the new level what no power of the factor does: logarithms, and quarantined bars, by their time."""
    _rescale_candidates(derived["validation"], action, settings.validation.max_price_change)
    level = derived["forecast"]["holt"]
    if level["count"] > 0:
        with localcontext(prec=40):
            level["level"] += float(Decimal(action.factor).ln())
    if settings.normalization.params().log_volume:
        _renew_log_volumes(derived, settings)


def _rescale_candidates(validation: Any, action: Action, most: float) -> None:
    """Bring quarantined bars from before the action to its level, and let go of later ones that are at it already.

    Those were judged by the old level. Of bars that the new one quarantines, the first is never at it.
    """
    count, level = int(validation["pending"]), float(validation["last"]["close"])
    bars = validation["candidates"][:count]
    old = int(np.count_nonzero(bars["ts"] < action.ex_ts))
    for name, power in BAR.items():
        bars[name][:old] = scaled(bars[name][:old], power, action.factor)
    if level <= 0.0:
        return
    moves = bars["close"][old:] / level
    if (np.abs(moves - 1.0) <= most).all() and (moves > 1.0 / NO_SPLIT).all() and (moves < NO_SPLIT).all():
        validation["pending"] = old


def _renew_log_volumes(derived: Any, settings: EngineSettings) -> None:
    """Compute the window of log volumes again from the history, as at a time boundary."""
    p, history, window = settings.normalization.params(), derived["history"], derived["normalization"]["volume"]
    count = int(history["count"])
    size = min(count, p.window)
    if size == 0:
        return
    rows = history["rows"]["volume"][np.arange(count - size, count) % CAPACITY]
    values = np.array([log(1.0 + volume) for volume in rows.tolist()])
    window["newest"] = values[-1]
    if window["sorted"]["count"] > 0:
        window["sorted"]["values"][:size] = np.sort(values + 0.0)
    moments, total = window["moments"], 0.0
    for value in values.tolist():
        total += value
    shift, total, squares = total / size, 0.0, 0.0
    for value in values.tolist():
        total += value - shift
        squares += (value - shift) * (value - shift)
    moments["shift"], moments["total"], moments["squares"], moments["peak"] = shift, total, squares, squares


def _settle_lots(state: Any, instrument: Any) -> None:
    """Bring quantities to the lot grid; a position that is worth less than a lot stays whole, to be closed whole."""
    lot, position, pending = float(instrument["lot"]), state["carry"]["position"], state["carry"]["pending"]
    if not lot > 0.0:
        return
    qty = float(position["qty"])
    whole = float(floor_to_step(qty, lot))
    if whole > 0.0:
        known, entry = state["derived"]["validation"], float(position["entry"])
        close = float(known["last"]["close"]) if known["accepted"] > 0 else entry
        worth = float(instrument["multiplier"]) if instrument["multiplier"] > 0.0 else 1.0
        paid = int(position["side"]) * (qty - whole) * (close - entry) * worth
        position["realised"] += paid
        position["trade"] += paid
        position["unrealised"] -= paid
        position["qty"] = whole
        position["opened"] = max(float(floor_to_step(float(position["opened"]), lot)), whole)
    if pending["action"] not in (HOLD, CLOSE):
        pending["qty"] = floor_to_step(float(pending["qty"]), lot)
