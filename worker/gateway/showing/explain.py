"""A decision in sentences: what was done, through which stages it came, and what stopped it."""

from __future__ import annotations

from typing import Any

from worker.engine.blocks import CUTS, SETTINGS
from worker.engine.reasons import Reason
from worker.engine.stages.signal.components import COMPONENTS
from worker.gateway.log.entry import Entry
from worker.gateway.log.values import Found, at, brief, fields, number, text, texts
from worker.gateway.reading.items import decisions, embedded
from worker.gateway.resources.explanation import Blocked, Contribution, ExplainedStage, Explanation, Meaning
from worker.gateway.showing.stages import STAGE_OF, STAGES, StageView

PARTS = dict(
    zip(
        COMPONENTS,
        (
            "the trend",
            "MACD",
            "the RSI, against its extremes",
            "the RSI, with its momentum",
            "the band around the mean",
            "a breakout",
            "the candles",
            "the structure of highs and lows",
            "the higher timeframes",
            "the volume",
            "the forecast",
        ),
        strict=True,
    )
)
FORBIDS = {reason.name for reason in SETTINGS if reason not in CUTS}
LIMITS = {Reason.kill_switch.name, Reason.control_block.name, Reason.control_stale.name}
OPENS = ("open_long", "open_short", "increase", "reverse")
DOES = {
    "open_long": "opens a long position",
    "open_short": "opens a short position",
    "close": "closes its position",
    "reduce": "makes its position smaller",
    "increase": "makes its position larger",
    "reverse": "turns its position around",
}


def explain(symbol: str, entry: Entry) -> Explanation:
    """Return a decision in sentences; what its record lacks is left out."""
    sight = decisions.look(entry.value)
    found = fields(sight.raw)
    reasons, blocking = texts(found, "reasons"), text(found, "blocking")
    features, forbids = at(found, "features"), _forbids(found, reasons, blocking)
    return Explanation(
        symbol=symbol,
        decision_id=text(found, "decision_id"),
        partition=entry.partition,
        offset=entry.offset,
        timestamp=entry.timestamp,
        sentence=sentence(symbol, found) if sight.raw is not None else f"The record of {symbol} can't be read.",
        stages=[_stage(stage, found, reasons, forbids) for stage in STAGES] if found else [],
        blocked_by=None if blocking is None else _blocked(blocking),
        also_blocked=[_blocked(code) for code in forbids if code != blocking],
        reasons=[Meaning(code, meaning(code)) for code in reasons],
        contributions=_contributions(found),
        features={name: number(features, name) for name in features} if isinstance(features, dict) else None,
        decision=embedded(sight.raw),
        problem=sight.problem,
    )


def meaning(code: str) -> str:
    """Return the sentence of a reason."""
    return Reason[code].meaning if code in Reason.__members__ else "This gateway does not know this code."


def sentence(symbol: str, found: Found) -> str:
    """Return what was decided and why, in one sentence."""
    action, state = text(found, "action"), text(found, "position", "state")
    reasons, blocking = texts(found, "reasons"), text(found, "blocking")
    why = _inner(meaning(reasons[0])) if reasons else "no reason is given."
    if action in DOES:
        qty, price = number(found, "qty"), number(found, "ref_price")
        size = f" of {brief(qty)} near {price:.10g}" if qty and price and action.startswith("open") else ""
        return f"{symbol} {DOES[action]}{size} at the next open: {why}"
    if action != "hold":
        return f"{symbol}: this gateway does not know the action {str(action)[:40]}."
    if blocking is not None:
        stopped = _inner(meaning(blocking))
        side = {"signal_long": "long", "signal_short": "short"}.get(next(iter(reasons), ""))
        if side is not None and blocking not in ("signal_long", "signal_short"):
            return f"{symbol} has a {side} signal, but opens nothing: {stopped}"
        return f"{symbol} {'stays flat' if state == 'flat' else 'keeps its position'}: {stopped}"
    if state in ("long", "short"):
        return f"{symbol} keeps its {state} position: {why}"
    return f"{symbol} stays flat: {why}"


def _inner(told: str) -> str:
    """Return a sentence to stand behind a colon."""
    return told[0].lower() + told[1:]


def _forbids(found: Found, reasons: list[str], blocking: str | None) -> list[str]:
    """Return what forbade to open, the first one first: a later gate would have, had the first one not.

    Where nothing was to be opened, only what operators and the portfolio's monitor forbid.
    """
    if text(found, "action") in OPENS:
        return []
    more = FORBIDS if blocking is not None else LIMITS
    return [*([] if blocking is None else [blocking]), *(code for code in reasons if code in more and code != blocking)]


def _stage(stage: StageView, found: Found, reasons: list[str], forbids: list[str]) -> ExplainedStage:
    mine = [reason.name for reason in stage.reasons if reason.name in reasons]
    told = " ".join(filter(None, [stage.says(found), *(meaning(code) for code in mine)]))
    if stage.id == "indicators" and mine:
        told = meaning(mine[0])
    blocked = any(STAGE_OF.get(code) == stage.id for code in forbids)
    return ExplainedStage(
        stage.id,
        stage.title,
        "blocked" if blocked else "passed" if told else "none",
        told or "It had no part in this decision.",
        {path[-1]: _shown(found, path) for path in stage.shown},
    )


def _shown(found: Found, path: tuple[str, ...]) -> Any:
    value = number(found, *path)
    return text(found, *path) if value is None else value


def _blocked(code: str) -> Blocked:
    known = Reason.__members__.get(code)
    return Blocked(code, meaning(code), STAGE_OF.get(code), None if known is None else SETTINGS.get(known))


def _contributions(found: Found) -> list[Contribution]:
    pairs = at(found, "contributions")
    told = []
    for pair in pairs if isinstance(pairs, list) else []:
        if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str):
            value = number({"value": pair[1]}, "value")
            if value is not None:
                told.append(Contribution(pair[0], value, _speaks(pair[0], value)))
    return told


def _speaks(name: str, value: float) -> str:
    part = PARTS.get(name, name)
    if value == 0.0:
        return f"{part} says nothing"
    return f"{part} speaks for {'a long' if value > 0 else 'a short'} position"
