"""Rounding into the published record; the state keeps full precision."""

from __future__ import annotations

import math

from worker.engine.kernel import embedded
from worker.engine.rounding import POWERS_OF_TEN, decimals, significant
from worker.engine.scoring.model import OK
from worker.engine.stages.decision.output import FLAT, LONG, SHORT, TOP
from worker.engine.stages.execution.account import multiplier
from worker.engine.stages.execution.fills import opens
from worker.engine.stages.execution.orders import REVERSE

RATIO_DECIMALS = 6
DIGITS = 10  # significant digits of a price without a known tick
MAX_TICK_DECIMALS = 12
UNKNOWN = -1
NOTHING = -1  # an empty place of the top contributions
GRID_TOLERANCE = 1e-13  # a few units in the last place of tick·10^d


@embedded
def tick_decimals(tick):  # type: ignore[no-untyped-def]
    """Return the number of decimals of a multiple of `tick`; -1 when no tick is known or it has more than 12."""
    if not tick > 0.0:
        return UNKNOWN
    for d in range(MAX_TICK_DECIMALS + 1):
        scaled = tick * POWERS_OF_TEN[d]
        if scaled >= 0.5 and abs(scaled - round(scaled)) <= GRID_TOLERANCE * scaled:
            return d
    return UNKNOWN


@embedded
def money(x, places):  # type: ignore[no-untyped-def]
    """Round a price-scale value: to the tick's decimals, or to 10 significant digits."""
    return significant(x, DIGITS) if places == UNKNOWN else decimals(x, places)


@embedded
def level(x, places):  # type: ignore[no-untyped-def]
    """Round a stop or target; NaN where there is none."""
    return math.nan if math.isinf(x) else money(x, places)


@embedded
def ratio(x):  # type: ignore[no-untyped-def]
    """Round a ratio, score or probability to 6 decimals."""
    return decimals(x, RATIO_DECIMALS)


@embedded
def publish_signal(decision, signal, calibration):  # type: ignore[no-untyped-def]
    """Publish scores and contributions."""
    decision.score = ratio(signal.score)
    decision.final = ratio(signal.final)
    decision.agreement = ratio(signal.agreement)
    decision.confidence = ratio(calibration.confidence)
    for i in range(decision.contributions.size):
        decision.contributions[i] = ratio(signal.contributions[i])
    rank(decision.top, decision.contributions)


@embedded
def publish_model(decision, model):  # type: ignore[no-untyped-def]
    """Publish the model's probability."""
    decision.model_prob = ratio(model.prob) if model.status == OK else math.nan


@embedded
def publish_outlook(decision, anomaly, forecast):  # type: ignore[no-untyped-def]
    """Publish the bar's distance from the recent ones, and the forecast."""
    decision.anomaly_d2 = ratio(anomaly.distance)
    # A return over minutes has little beyond the sixth decimal but its sign.
    decision.forecast_h = significant(forecast.forecast_h, DIGITS)
    decision.forecast_sd = significant(forecast.forecast_sd, DIGITS)


@embedded
def publish_context(decision, regime, timeframes):  # type: ignore[no-untyped-def]
    """Publish turbulence and the fusion of the timeframes."""
    decision.p_turb = ratio(regime.p_turb)
    decision.mtf = ratio(timeframes.mtf)
    decision.mtf_agreement = ratio(timeframes.agreement)


@embedded
def _enter(top, contributions, i):  # type: ignore[no-untyped-def]
    # One step of an insertion sort, which drops the smallest of the top.
    size, place = abs(contributions[i]), TOP
    while place > 0 and (top[place - 1] == NOTHING or abs(contributions[top[place - 1]]) < size):
        if place < TOP:
            top[place] = top[place - 1]
        place -= 1
    if place < TOP:
        top[place] = i


@embedded
def rank(top, contributions):  # type: ignore[no-untyped-def]
    """Rank the contributions that are largest in size and not 0; equal ones in component order."""
    for k in range(TOP):
        top[k] = NOTHING
    for i in range(contributions.size):
        if abs(contributions[i]) > 0.0:
            _enter(top, contributions, i)


@embedded
def publish_risk(decision, risk):  # type: ignore[no-untyped-def]
    """Publish risk figures and factors."""
    published = decision.risk
    published.sigma_ann = ratio(risk.sigma_ann)
    published.var99 = ratio(risk.var99)
    published.es99 = ratio(risk.es99)
    published.dd = ratio(risk.dd)
    published.g = ratio(risk.g)
    published.g_regime = ratio(risk.g_regime)
    published.g_dd = ratio(risk.g_dd)
    published.g_quality = ratio(risk.g_quality)
    published.g_ctl = ratio(risk.g_ctl)
    decision.control_version = risk.control_version
    decision.control_all_version = risk.control_all_version


@embedded
def publish_position(published, position, places):  # type: ignore[no-untyped-def]
    """Publish the position after the bar."""
    held = position.side != 0
    published.state = (LONG if position.side > 0 else SHORT) if held else FLAT
    published.qty = position.qty
    published.entry = money(position.entry, places) if held else math.nan
    published.stop = level(position.stop, places) if held else math.nan
    published.target = level(position.target, places) if held else math.nan
    published.unrealised = money(position.unrealised, places)
    published.realised = money(position.realised, places)
    published.bars_held = position.bars_held


@embedded
def publish_order(decision, action, side, qty, close, inst, places):  # type: ignore[no-untyped-def]
    """Publish the order and its reference."""
    decision.action = action
    decision.side = side
    decision.qty = qty
    decision.notional = money(qty * abs(close) * multiplier(inst), places)
    decision.ref_price = money(close, places)


@embedded
def settled(out):  # type: ignore[no-untyped-def]
    """Return whether a level shift has closed the position at this close: that is the decision, without an order."""
    return out.validation.shift and out.execution.trade.closed


@embedded
def publish(state, inst, bar, out, action):  # type: ignore[no-untyped-def]
    """Publish all but sequence, reasons and the blocking one."""
    position, pending, decision, trade = state.position, state.pending, out.decision, out.execution.trade
    places = tick_decimals(inst.tick)
    done = settled(out)
    side = -trade.side if done else pending.side
    qty = trade.qty if done else pending.qty
    publish_order(decision, action, side, qty, bar.close, inst, places)
    publish_position(decision.position, position, places)
    opening = opens(pending) or pending.action == REVERSE
    decision.stop = level(pending.stop, places) if opening else decision.position.stop
    decision.target = level(pending.target, places) if opening else decision.position.target
    publish_signal(decision, out.signal, out.calibration)
    publish_model(decision, out.model)
    publish_context(decision, out.regime, out.timeframes)
    publish_outlook(decision, out.anomaly, out.forecast)
    publish_risk(decision, out.risk)
