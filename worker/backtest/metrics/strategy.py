"""What a strategy said over a run: its statuses, what it asked for and did not get, and the results by tag."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from worker.backtest.ledger import Ledger, Rows
from worker.backtest.said import tag_name
from worker.engine.asking.ask import OPEN_BARS, OPENS_AFTER
from worker.engine.asking.intent import Status
from worker.engine.reasons import Reason

LINES = "`alphapulse strategy check` names the line."
MEANINGS = {
    Status.ok: "It was asked, and what it said was taken.",
    Status.warming_up: "Not all of its indicators were known, so it was not asked.",
    Status.raised: f"It raised, so nothing of this bar is kept. {LINES}",
    Status.invalid: "What it said makes no sense: a size or price that is no number, two sizes, a risk without a stop, "
    f"or a stop on the wrong side. {LINES}",
    Status.circuit_open: f"It had raised at {OPENS_AFTER} bars in a row, so it was not asked for {OPEN_BARS} bars.",
}
ASKED = np.uint32(1 << Reason.strategy)
UNTAGGED = "(no tag)"


def strategy(ledgers: Sequence[Ledger], described: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `metrics.json` tells of the strategy; `described` is its `describing.summary`."""
    names = described["tags"]
    return {
        **{name: described[name] for name in ("name", "version", "digest", "parameters", "indicators")},
        "statuses": _statuses(ledgers),
        "unknown": _unknown(ledgers),
        "not_done": _not_done(ledgers, names),
        "tags": _results(ledgers, lambda trade, tags: _tag(names, tags["entry"])),
        "exits": _results(ledgers, lambda trade, tags: exit_name(names, trade["reason"], tags["exit"])),
    }


def exit_name(names: Sequence[str], reason: int, tag: int) -> str:
    """Return what ended a trade: the strategy's tag, or the code of the reason."""
    return tag_name(names, tag) or Reason(reason).name


def _tag(names: Sequence[str], tag: int) -> str:
    return tag_name(names, tag) or UNTAGGED


def _statuses(ledgers: Sequence[Ledger]) -> list[dict[str, Any]]:
    """Return each status that came, with the number of its bars and the first of them."""
    found = []
    for status, meaning in MEANINGS.items():
        masks = [(ledger, ledger.said.bars["status"] == status) for ledger in ledgers]
        bars = sum(int(mask.sum()) for _, mask in masks)
        if bars:
            found.append({"status": status.name, "bars": bars, "first": _first(masks), "meaning": meaning})
    return found


def _first(masks: Sequence[tuple[Ledger, Rows]]) -> dict[str, Any]:
    """Return symbol and open of the earliest bar."""
    firsts = [(int(ledger.bars["ts"][mask][0]), ledger.symbol) for ledger, mask in masks if mask.any()]
    ts, symbol = min(firsts)
    return {"symbol": symbol, "ts": ts}


def _unknown(ledgers: Sequence[Ledger]) -> list[dict[str, Any]]:
    """Return the indicators that were known at no bar of some symbols."""
    count = Counter(name for ledger in ledgers if len(ledger.bars) for name in ledger.said.unknown)
    return [{"indicator": name, "symbols": symbols} for name, symbols in count.items()]


def _not_done(ledgers: Sequence[Ledger], names: Sequence[str]) -> list[dict[str, Any]]:
    """Return how often something was asked for, and the first reason against it, the most common first."""
    pairs: dict[tuple[int, int], list[tuple[Ledger, Rows]]] = defaultdict(list)
    for ledger in ledgers:
        rows = ledger.said.bars
        barred = (rows["blocking"] >= 0) & (rows["status"] == Status.ok) & (rows["reasons"] & ASKED != 0)
        for tag, reason in set(rows[["tag", "blocking"]][barred].tolist()):
            mask = barred & (rows["tag"] == tag) & (rows["blocking"] == reason)
            pairs[tag, reason].append((ledger, mask))
    found = [
        {
            "tag": _tag(names, tag),
            "reason": Reason(reason).name,
            "bars": sum(int(mask.sum()) for _, mask in masks),
            "first": _first(masks),
            "meaning": Reason(reason).meaning,
        }
        for (tag, reason), masks in pairs.items()
    ]
    return sorted(found, key=lambda each: (-each["bars"], each["tag"], each["reason"]))


def _results(ledgers: Sequence[Ledger], name: Callable[[Any, Any], str]) -> list[dict[str, Any]]:
    """Return count, share with a gain, sum and mean of the results of closed trades by a name, the most first."""
    groups: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for trade, tags in _trades(ledgers):
        groups[name(trade, tags)].append((float(trade["pnl"]), int(trade["bars_held"])))
    found = [
        {
            "tag": each,
            "trades": len(rows),
            "hit_rate": sum(pnl > 0.0 for pnl, _ in rows) / len(rows),
            "pnl": sum(pnl for pnl, _ in rows),
            "mean": sum(pnl for pnl, _ in rows) / len(rows),
            "bars_held": sum(held for _, held in rows) / len(rows),
        }
        for each, rows in groups.items()
    ]
    return sorted(found, key=lambda each: (-each["trades"], each["tag"]))


def _trades(ledgers: Sequence[Ledger]) -> Iterator[tuple[Any, Any]]:
    for ledger in ledgers:
        yield from zip(ledger.trades, ledger.said.tags, strict=True)
