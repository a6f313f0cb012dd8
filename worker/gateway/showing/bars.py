"""Bars of a symbol with what was decided at them, as columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from worker.gateway.log.entry import Entry
from worker.gateway.log.turns import Turns
from worker.gateway.log.values import Found, at, fields, number, text, texts, whole
from worker.gateway.resources.symbols import Bars, Gap, Marker, StrategyName

SIDES = {"long": 1, "short": -1}


async def bars(symbol: str, entries: Sequence[Entry], rejected: Iterable[int], complete: bool) -> Bars:
    """Return the bars of a symbol's decisions, given oldest first; `rejected` are known sequences without one."""
    turns, found = Turns(), list[Found]()
    for entry in entries:
        found.append(fields(entry.value))
        if turns.due():
            await turns.pause()
    last = found[-1] if found else {}
    begin, end = whole(last, "ts"), whole(last, "close_ts")
    strategy = at(last, "strategy")
    return Bars(
        symbol=symbol,
        interval=None if begin is None or end is None else end - begin,
        ts=[whole(one, "ts") or 0 for one in found],
        close_ts=[whole(one, "close_ts") for one in found],
        open=[number(one, "bar", "open") for one in found],
        high=[number(one, "bar", "high") for one in found],
        low=[number(one, "bar", "low") for one in found],
        close=[number(one, "bar", "close") for one in found],
        volume=[number(one, "bar", "volume") for one in found],
        final=[number(one, "final") for one in found],
        confidence=[number(one, "confidence") for one in found],
        p_turb=[number(one, "p_turb") for one in found],
        mtf=[number(one, "mtf") for one in found],
        qty=[_signed(one) for one in found],
        stop=[number(one, "position", "stop") for one in found],
        target=[number(one, "position", "target") for one in found],
        equity=[_equity(one) for one in found],
        regime=[text(one, "regime") for one in found],
        action=[text(one, "action") for one in found],
        sequence=[whole(one, "sequence") for one in found],
        blocking=[text(one, "blocking") for one in found],
        markers=[_marker(one) for one in found if text(one, "action") not in ("hold", None)],
        strategy=StrategyName(text(strategy, "id"), whole(strategy, "version")) if strategy else None,
        gaps=gaps([whole(one, "sequence") for one in found], rejected),
        complete=complete,
    )


def gaps(sequences: Sequence[int | None], rejected: Iterable[int]) -> list[Gap]:
    """Return where sequence numbers, in the order of their records, leave some out."""
    known = set(rejected)
    return [
        Gap(before, after - before - 1, sum(before < one < after for one in known))
        for before, after in pairwise(one for one in sequences if one is not None)
        if after > before + 1
    ]


def _signed(one: Found) -> float | None:
    qty = number(one, "position", "qty")
    return None if qty is None else qty * SIDES.get(text(one, "position", "state") or "", 0)


def _equity(one: Found) -> float | None:
    realised, unrealised = number(one, "position", "realised"), number(one, "position", "unrealised")
    return None if realised is None or unrealised is None else realised + unrealised


def _marker(one: Found) -> Marker:
    notes: Any = at(one, "strategy", "notes")
    return Marker(
        ts=whole(one, "ts") or 0,
        action=text(one, "action") or "",
        side=whole(one, "side"),
        qty=number(one, "qty"),
        price=number(one, "ref_price"),
        decision_id=text(one, "decision_id"),
        tag=text(one, "strategy", "tag"),
        notes={name: number(notes, name) for name in notes} if isinstance(notes, dict) else None,
        reasons=texts(one, "reasons"),
        blocking=text(one, "blocking"),
    )
