"""Records as items of answers."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from msgspec import Raw

from schemas.decision import Decision
from worker.gateway.auth.caller import Caller
from worker.gateway.auth.roles import may
from worker.gateway.log.entry import Entry
from worker.gateway.reading.sight import Reader
from worker.gateway.resources.decisions import DecisionItem, SymbolDecision
from worker.gateway.resources.page import Original

MOST = 64 * 1024  # bytes of an unreadable record that are shown
decisions = Reader(Decision)


def decision_item(entry: Entry, caller: Caller) -> DecisionItem:
    """Return a decision as an item."""
    sight = decisions.check(entry.value)
    return DecisionItem(
        entry.partition,
        entry.offset,
        entry.timestamp,
        embedded(sight.raw),
        sight.raw is None,
        sight.problem,
        original(entry.value, caller) if sight.raw is None else None,
    )


def symbol_decision(symbol: str, entry: Entry, age_ms: int, caller: Caller) -> SymbolDecision:
    """Return the newest decision of a symbol."""
    sight = decisions.look(entry.value)
    found = sight.value
    return SymbolDecision(
        symbol,
        entry.partition,
        entry.offset,
        entry.timestamp,
        embedded(sight.raw),
        None if found is None else found.close_ts - found.ts,
        age_ms,
        sight.raw is None,
        sight.problem,
        original(entry.value, caller) if sight.raw is None else None,
    )


def embedded(raw: bytes | None) -> Any:
    """Return JSON to stand in an answer as it came."""
    return None if raw is None else Raw(raw)


def original(value: bytes | None, caller: Caller) -> Original | None:
    """Return a record's bytes for those who may see them."""
    if value is None or not may(caller, "operate"):
        return None
    return Original(b64encode(value[:MOST]).decode(), len(value))
