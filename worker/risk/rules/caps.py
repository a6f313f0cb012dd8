"""Caps on single symbols: where a symbol, its group or its cluster is too large."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from worker.risk.measure import Joint, Measured
from worker.risk.rules.scale import CALM, CALM_STEPS
from worker.risk.rules.trip import Trip
from worker.risk.settings import RiskSettings

CAP_TO = 0.9  # of the limit
MOVED = 0.05  # a cap is rewritten from this relative move on


class Load(NamedTuple):
    """One symbol under one rule."""

    rule: str
    name: str  # of the symbol, group or cluster
    symbol: str
    part: float  # the symbol's share of what is limited
    figure: float
    limit: float
    rate: float


class Cap(msgspec.Struct):
    """Largest notional of a symbol under one rule."""

    rule: str
    symbol: str
    notional: float  # quote currency
    calm: int = 0  # steps in a row below 80% of the limit


class Caps(msgspec.Struct):
    """The caps in force."""

    caps: list[Cap] = []  # by rule and symbol

    def advance(self, measured: Measured, settings: RiskSettings) -> list[Trip]:
        """Take the figures of a step; return what trips, once for a group or cluster."""
        caps = {(cap.rule, cap.symbol): cap for cap in self.caps}
        trips: dict[tuple[str, str], Trip] = {}
        quiet = set(caps)
        for one in loads(measured, settings):
            key = (one.rule, one.symbol)
            cap = caps.get(key)
            if cap is None and one.figure <= one.limit:
                continue
            wanted = _notional(one, measured.equity)
            if cap is None:
                caps[key] = Cap(one.rule, one.symbol, wanted)
                trips[one.rule, one.name] = Trip(one.rule, one.name, one.figure, one.limit, measured.equity)
            elif one.figure > CALM * one.limit:
                quiet.discard(key)
                if abs(wanted - cap.notional) >= MOVED * cap.notional:
                    cap.notional = wanted
        for key, cap in caps.items():
            cap.calm = cap.calm + 1 if key in quiet else 0
        self.caps = [cap for _, cap in sorted(caps.items()) if cap.calm < CALM_STEPS]
        return list(trips.values())

    def smallest(self) -> dict[str, float]:
        """Return each capped symbol's largest notional, quote currency."""
        found: dict[str, float] = {}
        for cap in self.caps:
            found[cap.symbol] = min(found.get(cap.symbol, math.inf), cap.notional)
        return found


def _notional(one: Load, equity: float) -> float:
    # Without a rate nobody can say what the cap is in the symbol's currency.
    amount = CAP_TO * one.limit * max(equity, 0.0) * one.part
    return amount / one.rate if one.rate > 0.0 else 0.0


def loads(measured: Measured, settings: RiskSettings) -> Iterator[Load]:
    """Yield each held symbol under each rule that concerns it."""
    held = measured.held
    rates = held.rates.tolist()
    for symbol, figure, rate in zip(held.symbols, measured.shares.tolist(), rates, strict=True):
        yield Load("symbol", symbol, symbol, 1.0, figure, settings.max_symbol, rate)
    joints: tuple[tuple[str, list[Joint], float], ...] = (
        ("group", measured.groups, settings.max_group),
        ("cluster", measured.clusters, settings.max_cluster),
    )
    for rule, found, limit in joints:
        for joint in found:
            for at in joint.places.tolist():
                # Without equity all shares are infinite, and the cap is 0 anyway.
                part = float(measured.shares[at]) / joint.share if 0.0 < joint.share < math.inf else 0.0
                yield Load(rule, joint.name, held.symbols[at], part, joint.share, limit, rates[at])
