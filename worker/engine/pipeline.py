"""The order of the stages: `observe` over a batch, then `decide` over the same rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from worker.engine import history
from worker.engine.asking.ask import ask
from worker.engine.asking.settings import RULES_ON, StrategyParams
from worker.engine.intrinsics.memory import LINE, fetch_row, fetch_to_write
from worker.engine.kernel import embedded, inlined, kernel
from worker.engine.profiles import PROFILED, rows
from worker.engine.reasons import Reject, bits
from worker.engine.scoring import model
from worker.engine.settings import EngineSettings
from worker.engine.stages import (
    anomaly,
    calibration,
    decision,
    execution,
    features,
    forecast,
    learning,
    normalization,
    patterns,
    regime,
    risk,
    signal,
    sizing,
    timeframes,
    validation,
)
from worker.engine.stages.decision import following
from worker.engine.state.layout import CARRY_SPAN, DECIDED_START, MARKET_END, MARKET_START, derived_span
from worker.engine.state.parts import bytes_of, instruments_of, states_of

SYMBOL_LIMIT = bits(Reject.symbol_limit)

OUTPUT = np.dtype(
    [
        ("control", "i8"),  # row of the risk stage's table of limits; set before `decide`
        ("validation", validation.OUTPUT),
        ("normalization", normalization.OUTPUT),
        ("features", features.OUTPUT),
        ("patterns", patterns.OUTPUT),
        ("regime", regime.OUTPUT),
        ("timeframes", timeframes.OUTPUT),
        ("anomaly", anomaly.OUTPUT),
        ("forecast", forecast.OUTPUT),
        ("learning", learning.OUTPUT),
        ("model", model.OUTPUT),  # set by `model.ask` and `model.select_model`, between `observe` and `decide`
        ("execution", execution.OUTPUT),
        ("signal", signal.OUTPUT),
        ("calibration", calibration.OUTPUT),
        ("risk", risk.OUTPUT),
        ("sizing", sizing.OUTPUT),
        ("decision", decision.OUTPUT),
        ("said", following.OUTPUT),  # written only where a strategy decides
    ],
    align=True,
)


# Rows of one symbol lie far apart, thirty cache lines each. The next row is prefetched in pieces (bytes) between the
# stages, in `observe` up to what it writes: a core stalls on more than some ten lines at once.
OBSERVED, DECIDED = 3 * LINE, 5 * LINE
# Byte ranges of the next symbol's state, prefetched before the stage that reads them.
VALIDATION, HISTORY = (DECIDED_START, derived_span("validation", "validation")[1]), derived_span("history", "history")
FEATURES, PATTERNS = derived_span("normalization", "features"), derived_span("patterns", "patterns")
REGIME, TIMEFRAMES = derived_span("regime", "regime"), derived_span("timeframes", "timeframes")


class Params(NamedTuple):
    """The parameters of every stage."""

    validation: validation.Params
    normalization: normalization.Params
    features: features.Params
    patterns: patterns.Params
    regime: regime.Params
    timeframes: timeframes.Params
    anomaly: anomaly.Params
    forecast: forecast.Params
    learning: learning.Params
    execution: execution.Params
    signal: signal.Params
    calibration: calibration.Params
    risk: risk.Params
    sizing: sizing.Params
    decision: decision.Params
    strategy: StrategyParams


def params(settings: EngineSettings) -> Params:
    """Return the kernels' parameters, with a row per asset class where the class decides."""
    classes = rows()
    return Params(
        *(getattr(settings, name).params(*([classes] if name in PROFILED else [])) for name in Params._fields)
    )


@embedded
def _remember(derived, bar, out):  # type: ignore[no-untyped-def]
    # The newest row of a history that was not cleared is the reference's.
    past, judged = derived.history, out.validation
    logret = judged.move if past.count > 0 else np.nan
    history.push(past, bar.ts, bar.open, judged.high, judged.low, bar.close, bar.volume, logret)


@inlined
def _fetch(outs, row, piece, size):  # type: ignore[no-untyped-def]
    fetch_to_write(outs, row, piece * size, (piece + 1) * size)


@inlined
def _fetch_state(states, slot, span):  # type: ignore[no-untyped-def]
    if slot >= 0:
        fetch_to_write(states, slot, span[0], span[1])


@embedded
def _observe_bar(derived, carry, market, inst, bar, out, outs, soon, states, other, p):  # type: ignore[no-untyped-def]
    validation.step(derived, carry, inst, bar, out, p.validation)
    if not out.validation.accepted:
        return
    if out.validation.shift:
        market[:] = 0
    _remember(derived, bar, out)
    _fetch(outs, soon, 0, OBSERVED)
    _fetch_state(states, other, VALIDATION)
    normalization.step(derived, inst, bar, out, p.normalization)
    _fetch(outs, soon, 1, OBSERVED)
    _fetch_state(states, other, HISTORY)
    features.step(derived, inst, bar, out, p.features)
    _fetch(outs, soon, 2, OBSERVED)
    _fetch_state(states, other, FEATURES)
    patterns.step(derived, inst, bar, out, p.patterns)
    _fetch_state(states, other, PATTERNS)
    regime.step(derived, inst, bar, out, p.regime)
    _fetch(outs, soon, 3, OBSERVED)
    _fetch_state(states, other, REGIME)
    timeframes.step(derived, inst, bar, out, p.timeframes, p.regime, p.validation.calendars)
    anomaly.step(derived, inst, bar, out, p.anomaly)
    forecast.step(derived, inst, bar, out, p.forecast)
    _fetch(outs, soon, 4, OBSERVED)
    _fetch_state(states, other, TIMEFRAMES)
    learning.step(derived, inst, bar, out, p.learning, p.execution)


@inlined
def _next(order, i, part):  # type: ignore[no-untyped-def]
    return order[min(i + 1, part.end - 1)]


@inlined
def _other(slots, row, slot):  # type: ignore[no-untyped-def]
    # The slot of a row; -1 where it is `slot`, whose state is already in cache.
    return slots[row] if slots[row] != slot else -1


@kernel
def observe(parts, slots, order, bars, outs, p):  # type: ignore[no-untyped-def]
    """Run validation to timeframes for every record, each on its symbol's state.

    `parts` are `parts.PART`; `order` holds the rows of one part after the other. `slots[row]` is the symbol's place
    among its part's states, -1 without one.
    """
    for n in range(parts.size):
        part = parts[n]
        states, raw, instruments = states_of(part), bytes_of(part), instruments_of(part)
        for i in range(part.begin, part.end):
            row, soon = order[i], _next(order, i, part)
            fetch_row(bars, soon)
            slot, bar, out = slots[row], bars[row], outs[row]
            if slot < 0:
                out.validation.mask = bar.mask
                continue
            derived, carry = states[slot].derived, states[slot].carry
            # A symbol that warms up again after a change of parameters has a sequence.
            fresh = derived.validation.accepted == 0 and carry.sequence == 0
            # An unreadable record never asks for a slot: it has one only because another of this batch needed it.
            if fresh and bar.mask == 0 and part.known >= part.most:
                bar.mask |= np.uint64(SYMBOL_LIMIT)
            market, other = raw[slot, MARKET_START:MARKET_END], _other(slots, soon, slot)
            _observe_bar(derived, carry, market, instruments[slot], bar, out, outs, soon, states, other, p)
            if fresh and out.validation.accepted:
                part.known += 1


@embedded
def count(carry, out):  # type: ignore[no-untyped-def]
    """Give the record of a known symbol its sequence number."""
    if out.validation.accepted or carry.sequence > 0:
        carry.sequence += 1
        out.decision.sequence = carry.sequence


@embedded
def find_signal(carry, standing, inst, bar, out, outs, soon, p):  # type: ignore[no-untyped-def]
    """Run the stages from fills to signal for an accepted record. `soon` is the row that comes next.

    `standing` is that of a strategy, all zero without one.
    """
    model.select_model(out.model, out.learning)
    _fetch(outs, soon, 0, DECIDED)
    execution.step(carry, standing, inst, bar, out, p.execution)
    _fetch(outs, soon, 1, DECIDED)
    signal.step(carry, inst, bar, out, p.signal)


@embedded
def find_risk(derived, carry, inst, bar, out, outs, soon, p):  # type: ignore[no-untyped-def]
    """Run the stages from calibration to risk, after `find_signal`."""
    _fetch(outs, soon, 2, DECIDED)
    calibration.step(derived, inst, bar, out, p.calibration, p.execution)
    _fetch(outs, soon, 3, DECIDED)
    risk.step(carry, inst, bar, out, p.risk)


@embedded
def find_size(carry, inst, bar, out, outs, soon, p):  # type: ignore[no-untyped-def]
    """Run the stage of the size, after `find_risk`."""
    _fetch(outs, soon, 4, DECIDED)
    sizing.step(carry, inst, bar, out, p.sizing)


@embedded
def find_decision(carry, inst, bar, out, outs, soon, p):  # type: ignore[no-untyped-def]
    """Run the stage of the decision, after `find_size`."""
    _fetch(outs, soon, 5, DECIDED)
    decision.step(carry, inst, bar, out, p.decision)


@embedded
def find_wish(hook, slot, row, carry, standing, inst, bar, out, outs, soon, p):  # type: ignore[no-untyped-def]
    """Ask the strategy, after `find_risk`, and decide by its answer; return whether the rules are to decide."""
    intent = out.said.intent
    ask(hook, standing, slot, row, carry, inst, bar, out, intent)
    following.check(carry, standing, bar, inst, intent)
    _fetch(outs, soon, 4, DECIDED)
    if p.strategy.on_failure == RULES_ON and following.failed(intent.status):
        return True
    _fetch(outs, soon, 5, DECIDED)
    following.follow(carry, standing, inst, bar, out, p)
    return False


@kernel
def decide(parts, slots, order, bars, outs, p, hook):  # type: ignore[no-untyped-def]
    """Run fills to decision for every accepted record, in the order of `observe`; number the records of known symbols.

    `hook` is a `asking.ask.Hook`; one that asks is of the only part.
    """
    asks = hook.address != 0
    for n in range(parts.size):
        part = parts[n]
        states, instruments = states_of(part), instruments_of(part)
        for i in range(part.begin, part.end):
            row, soon = order[i], _next(order, i, part)
            fetch_row(bars, soon)
            slot, bar, out = slots[row], bars[row], outs[row]
            out.decision.sequence = 0
            if slot < 0:
                continue
            carry, inst = states[slot].carry, instruments[slot]
            _fetch_state(states, _other(slots, soon, slot), CARRY_SPAN)
            count(carry, out)
            if not out.validation.accepted:
                continue
            standing = hook.standings[slot if asks else 0]
            if asks:
                following.begin(out.said)
            find_signal(carry, standing, inst, bar, out, outs, soon, p)
            find_risk(states[slot].derived, carry, inst, bar, out, outs, soon, p)
            if asks and not find_wish(hook, slot, row, carry, standing, inst, bar, out, outs, soon, p):
                continue
            find_size(carry, inst, bar, out, outs, soon, p)
            find_decision(carry, inst, bar, out, outs, soon, p)
            if asks:
                following.stand_in(carry, standing, inst, out)
