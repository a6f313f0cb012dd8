"""What blocked positions, and how often: counted from decisions as published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from worker.engine.reasons import Reason
from worker.engine.stages.decision import Action
from worker.engine.stages.decision.output import FLAT

MOST = 0.9  # share of the signals above which a gate is named with its setting
REASONS_MASK, ACTION, BLOCKING, STATE = (1 << 32) - 1, 32, 40, 48  # bit offsets in a verdict
SIGNAL = 1 << Reason.signal_long | 1 << Reason.signal_short | 1 << Reason.strategy
FAILED = 1 << Reason.strategy_fallback
OPENS = (Action.open_long, Action.open_short)

# The setting that moves each gate, in order of evaluation; where there is none, the cause.
SETTINGS: dict[Reason, str] = {
    Reason.signal_weak: "engine.decision.enter_score",
    Reason.cool_down: "engine.execution.cool_down_bars, engine.execution.stop_cool_down_bars",
    Reason.quality_gate: "the data: quality codes of the decisions",
    Reason.data_quarantine: "the data: engine.validation.max_price_change",
    Reason.level_shift: "the data: symbols warm up again after a new price level",
    Reason.warmup: "the length of the history",
    Reason.crisis_block: "engine.regime.crisis_volatility, engine.regime.crisis_drawdown",
    Reason.vol_gate: "engine.risk.vol_gate, engine.risk.max_sigma",
    Reason.liquidity_gate: "engine.risk.liquidity (bars without volume: profile fx)",
    Reason.dd_limit: "engine.risk.dd_hard, engine.risk.dd_cool_down_bars",
    Reason.kill_switch: "the control record",
    Reason.control_block: "the control record",
    Reason.control_stale: "engine.risk.control_max_age_minutes",
    Reason.below_min_size: "engine.risk.budget, or the instrument's lot, min_qty and min_notional",
}
CUTS: dict[Reason, str] = {
    Reason.liquidity_gate: "engine.risk.liquidity, engine.risk.budget",
    Reason.budget_cap: "engine.risk.position_limit, engine.risk.max_notional",
}
UNFILLED: dict[Reason, str] = {
    Reason.partial_fill: "engine.execution.participation",
    Reason.stale_order: "gaps between a decision and the next bar",
}


class Gate(msgspec.Struct, frozen=True):
    """One reason, counted in bars."""

    reason: str
    first: int  # flat bars on which it was the first to forbid an open
    signals: int  # bars with a signal on which it forbade the open, alone or not
    share: float | None  # of all bars with a signal; None without any
    setting: str


class Blocks(msgspec.Struct, frozen=True):
    """Counts of accepted bars: `bars` = `held` + `flat`, `flat` = `weak` + `signals`, of which `opened` opened."""

    bars: int
    held: int  # in a position
    flat: int
    weak: int  # without a signal: too weak, a crisis, or not warm yet
    signals: int  # with a score at or above the threshold
    opened: int
    gates: list[Gate]  # gates that forbade an open, in order of evaluation
    cut: list[Gate]  # what made opened positions smaller
    unfilled: list[Gate]  # what happened to orders
    hints: list[str]


def verdicts(outs: NDArray[Any]) -> NDArray[np.int64]:
    """Return the verdicts of accepted output rows (n,), each packed into one number."""
    decided = outs["decision"]
    packed = decided["reasons"].astype(np.int64)
    packed |= decided["action"].astype(np.int64) << ACTION
    packed |= (decided["blocking"].astype(np.int64) + 1) << BLOCKING
    packed |= decided["position"]["state"].astype(np.int64) << STATE
    return packed


def verdict(reasons: Iterable[str], action: str, blocking: str | None, state: str) -> int:
    """Return the verdict of a published decision's members."""
    mask = sum(1 << Reason[name] for name in reasons)
    place = 0 if blocking is None else Reason[blocking] + 1
    return mask | Action[action] << ACTION | place << BLOCKING | (0 if state == "flat" else 1) << STATE


def tally(packed: NDArray[np.int64]) -> dict[int, int]:
    """Count each verdict."""
    values, counts = np.unique(packed, return_counts=True)
    return dict(zip(values.tolist(), counts.tolist(), strict=True))


def blocks(counts: Mapping[int, int]) -> Blocks:
    """Return the table of `counts`, the number of bars by verdict."""
    first, forbade, cut, orders = Counter[int](), Counter[int](), Counter[int](), Counter[int]()
    bars = held = signals = opened = failed = 0
    for packed, count in counts.items():
        mask, action = packed & REASONS_MASK, packed >> ACTION & 0xFF
        opens = action in OPENS
        bars += count
        orders.update({reason: count for reason in UNFILLED if mask >> reason & 1})
        if packed >> STATE != FLAT or action == Action.close:  # a level shift closes at its own bar
            held += count
            continue
        failed += count if mask & FAILED else 0
        blocking = (packed >> BLOCKING & 0xFF) - 1
        if blocking >= 0:
            first[blocking] += count
        if not mask & SIGNAL or not (opens or blocking >= 0):
            continue
        signals += count
        if opens:
            opened += count
            cut.update({reason: count for reason in CUTS if mask >> reason & 1})
        else:
            # Of the gates that may also be noted as a cut, only the first one is known to have forbidden.
            forbade.update({r: count for r in SETTINGS if mask >> r & 1 and (r not in CUTS or r == blocking)})
    flat = bars - held
    gates = [_gate(r, first[r], forbade[r], signals, SETTINGS[r]) for r in SETTINGS if first[r] or forbade[r]]
    smaller = [_gate(r, 0, cut[r], opened, setting) for r, setting in CUTS.items() if cut[r]]
    unfilled = [_gate(r, 0, orders[r], opened, setting) for r, setting in UNFILLED.items() if orders[r]]
    found = Blocks(bars, held, flat, flat - signals, signals, opened, gates, smaller, unfilled, [])
    return msgspec.structs.replace(found, hints=_hints(found, failed))


def _gate(reason: Reason, first: int, signals: int, whole: int, setting: str) -> Gate:
    return Gate(reason.name, first, signals, signals / whole if whole else None, setting)


def _hints(found: Blocks, failed: int) -> list[str]:
    """Return what to do; on `failed` of the flat bars, nothing came of the strategy's answer."""
    if not found.bars:
        return []
    if not found.signals and failed:
        return [f"the strategy failed on {failed / found.flat:.1%} of the bars: `alphapulse strategy check` says where"]
    if not found.signals:
        main = max(found.gates, key=lambda gate: gate.first, default=None)
        if main is None:
            return []
        return [f"no bar had a signal: {main.reason} came first on {main.first / found.flat:.1%} ({main.setting})"]
    hints = [
        f"{gate.reason} blocked {gate.share:.1%} of the bars that would have opened: {gate.setting}"
        for gate in found.gates
        if gate.share is not None and gate.share > MOST
    ]
    return hints + [
        f"{gate.reason} made {gate.share:.1%} of the opened positions smaller: {gate.setting}"
        for gate in found.cut
        if gate.share is not None and gate.share > MOST
    ]


def sentence(found: Blocks) -> str:
    """Return one line: bars that opened, bars with a signal, and the gate that blocked most of them."""
    if not found.bars:
        return "no bar was decided"
    told = (
        f"opened on {found.opened:,} of {found.signals:,} bars with a signal, of {found.flat:,} without a position "
        f"({found.bars:,} bars)"
    )
    barred = [gate for gate in found.gates if gate.signals]
    if not barred:
        return told
    main = max(barred, key=lambda gate: gate.signals)
    return f"{told}; {main.reason} blocked {main.share:.1%} of those signals"
