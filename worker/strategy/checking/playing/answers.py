"""Why the engine can't follow an answer, in words: the rules of `stages.decision.following.sound`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from worker.engine.asking.intent import FLAT, KEEP, LIMIT, LONG, MARKET, SHORT, STOP, UNSAID
from worker.strategy.checking.playing.watching import Said

SIDES, SIZES = (LONG, SHORT, FLAT, KEEP), ("qty", "share", "risk")
OTHER = "a stop or target lies on the wrong side of the waiting entry's price"


class Wrong(NamedTuple):
    """What is wrong with an answer, the line that said it, and whether a level lies on the price itself."""

    text: str
    line: int | None
    still: bool


def why(said: Said) -> Wrong:
    """Return the first reason for which an answer is invalid."""
    name, text = next(_reasons(said), ("", OTHER))
    if not name:
        name = "stop" if "stop" in said.lines else "target"
    reference = said.close if said.order["entry"] == MARKET else said.order["price"]
    return Wrong(text, said.lines.get(name), name in ("stop", "target") and said.order[name] == reference)


def _reasons(said: Said) -> Iterator[tuple[str, str]]:
    order = said.order
    yield from _codes(order)
    yield from _sizes(order)
    side, held = order["side"], said.held
    opens = side in (LONG, SHORT) and (side != held or order["resize"] == 1)
    if opens:
        yield from _opening(said)
        reference = said.close if order["entry"] == MARKET else order["price"]
        yield from _levels(order, side, reference, "close" if order["entry"] == MARKET else "price of its entry")
    elif side != FLAT and held != 0:
        yield from _levels(order, held, said.close, "close")


def _codes(order: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if order["side"] not in SIDES:
        yield "side", f"order.side is {order['side']}, and none of LONG, SHORT, FLAT, KEEP"
    if order["entry"] not in (MARKET, LIMIT, STOP):
        yield "entry", f"order.entry is {order['entry']}, and none of MARKET, LIMIT, STOP"
    if order["resize"] not in (0, 1):
        yield "resize", f"order.resize is {order['resize']}, and neither 0 nor 1"


def _sizes(order: dict[str, Any]) -> Iterator[tuple[str, str]]:
    said = [name for name in SIZES if order[name] != UNSAID]
    for name in said:
        if not 0.0 <= order[name] < math.inf:
            yield name, f"order.{name} is {_number(order[name])}, and no size"
    if len(said) > 1:
        yield said[-1], f"order.{said[0]} and order.{said[1]} are both said, and a position has one size"
    if not 0.0 <= order["strength"] < math.inf:
        yield "strength", f"order.strength is {_number(order['strength'])}"


def _opening(said: Said) -> Iterator[tuple[str, str]]:
    order, side = said.order, said.order["side"]
    if order["entry"] != MARKET:
        if not -math.inf < order["price"] < math.inf or order["price"] <= 0.0:
            yield "price", f"order.price is {_number(order['price'])}, and a limit or stop entry needs a price"
        if order["bars"] < 1:
            yield "bars", f"order.bars is {order['bars']}, and an entry waits for at least one bar"
        if said.held != 0:
            yield "entry", "a limit or stop entry is said while a position is held"
    stopped = not math.isnan(order["stop"]) or (side == said.held and math.isfinite(said.held_stop))
    if order["risk"] != UNSAID and not stopped:
        told = "is NaN" if "stop" in said.lines else "is not said"
        yield "stop" if "stop" in said.lines else "risk", f"order.risk needs a stop, and order.stop {told}"


def _levels(order: dict[str, Any], side: int, reference: float, what: str) -> Iterator[tuple[str, str]]:
    position = "long" if side > 0 else "short"
    for name, direction in (("stop", side), ("target", -side)):
        level = order[name]
        if math.isnan(level):
            continue
        place = "below" if direction > 0 else "above"
        if math.isinf(level) or direction * (reference - level) <= 0.0:
            yield (
                name,
                f"order.{name} is {_number(level)}, and that of a {position} position lies {place} the {what}, "
                f"{_number(reference)}",
            )


def _number(value: float) -> str:
    return f"{value:.10g}"
