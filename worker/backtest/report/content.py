"""Content of the page as plain data: lines, trades, rejections over time and the table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.backtest.ledger import Ledger
from worker.backtest.metrics.days import Days, Value, buy_and_hold, daily, strategy, together
from worker.backtest.metrics.sessions import DAY_MS
from worker.backtest.report.levels import levels
from worker.backtest.report.thinning import COLUMNS, line
from worker.backtest.said import tag_name
from worker.engine.reasons import FATAL, QUARANTINE, Reason, Reject

PRICED = 24  # symbols with their own chart: those with the most trades
MARKED = 400  # trades drawn per symbol: the newest
LISTED = 1_000  # trades in the list: the newest
BINS = 60  # time bins for rejections
KINDS = 5  # reasons drawn by name; the others are one
ZOOMED = 24_000  # columns of the closes of all drawn symbols together
POINTS = 20_000_000  # bars × symbols up to which the curve shows every bar instead of every day
PRIMARY = [(int(code), code.name) for code in Reject if (FATAL | QUARANTINE) >> code & 1]

Data = dict[str, Any]


def lines(ledgers: Sequence[Ledger]) -> Data:
    """Return result and drawdown in percent, of the strategy and of buy-and-hold."""
    fine = sum(len(ledger.bars) for ledger in ledgers) * len(ledgers) <= POINTS
    view = _by_bar if fine else _by_day
    found: Data = {"equity": {}, "drawdown": {}}
    for name, value in (("strategy", strategy), ("buy and hold", buy_and_hold)):
        curve = together([view(ledger, value) for ledger in ledgers])
        if not curve.day.size:
            continue
        path = np.concatenate([[curve.start], curve.equity])
        fall = path / np.maximum.accumulate(path) - 1.0
        found["equity"][name] = line(curve.day, 100.0 * (curve.equity / curve.start - 1.0))
        found["drawdown"][name] = line(curve.day, 100.0 * fall[1:])
    return found


def _by_bar(ledger: Ledger, value: Value) -> Days:
    return Days(np.maximum.accumulate(ledger.bars["close_ts"]), value(ledger), ledger.budget)


def _by_day(ledger: Ledger, value: Callable[[Ledger], NDArray[np.float64]]) -> Days:
    days = daily(ledger, value)
    return days._replace(day=(days.day + 1) * DAY_MS)


def prices(ledgers: Sequence[Ledger], tags: Sequence[str] = ()) -> list[Data]:
    """Return closes and trades of the symbols that traded most; `tags` are a strategy's."""
    busiest = sorted(ledgers, key=lambda ledger: -len(ledger.trades))[:PRICED]
    columns = max(COLUMNS, ZOOMED // max(len(busiest), 1))  # a trade is looked at alone, too
    return [_price(ledger, tags, columns) for ledger in busiest]


def _price(ledger: Ledger, tags: Sequence[str], columns: int) -> Data:
    trades = [
        [entry_ts, exit_ts, side, entry, exit_, round(pnl, 2), Reason(reason).name]
        for entry_ts, exit_ts, side, _, entry, exit_, pnl, _, reason, _ in ledger.trades[-MARKED:].tolist()
    ]
    if len(ledger.said.tags):
        named, drawn = _tagged(ledger, tags)[-MARKED:], levels(ledger)[-MARKED:]
        trades = [[*row, *names, *two] for row, names, two in zip(trades, named, drawn, strict=True)]
    bars = ledger.bars
    close = line(np.maximum.accumulate(bars["close_ts"]), bars["close"], columns)
    return {"symbol": ledger.symbol, "close": close, "trades": trades, "all": len(ledger.trades)}


def _tagged(ledger: Ledger, tags: Sequence[str]) -> list[list[str | None]]:
    """Return the tags of entry and exit of each trade; nothing where no strategy decides."""
    return [[tag_name(tags, tag) for tag in pair] for pair in ledger.said.tags.tolist()]


def trades(ledgers: Sequence[Ledger], tags: Sequence[str] = ()) -> Data:
    """Return the newest closed trades, newest first, and their total number; `tags` are a strategy's."""
    rows = [row for ledger in ledgers for row in _listed(ledger, tags)]
    rows.sort(key=lambda row: (-row[2], row[0], -row[1]))
    return {"rows": rows[:LISTED], "all": sum(len(ledger.trades) for ledger in ledgers)}


def _listed(ledger: Ledger, tags: Sequence[str]) -> list[list[Any]]:
    newest = ledger.trades[-LISTED:].tolist()
    named = _tagged(ledger, tags)[-LISTED:] or [[]] * len(newest)
    return [
        [ledger.symbol, entry_ts, exit_ts, side, qty, entry, exit_, round(pnl, 2), pnl / ledger.budget, held,
         Reason(reason).name, suspect, *names]
        for (entry_ts, exit_ts, side, qty, entry, exit_, pnl, held, reason, suspect), names in zip(
            newest, named, strict=True)
    ]  # fmt: skip


def _first_reason(rejected: Any) -> Any:
    first = np.full(rejected.size, -1)
    for bit, _ in reversed(PRIMARY):
        first[(rejected["mask"] >> np.uint64(bit)) & np.uint64(1) == 1] = bit
    return first


def rejections_by_code(ledgers: Sequence[Ledger]) -> dict[str, int]:
    """Rejected records by the first reason that was enough to reject them, the most common first."""
    first = _first_reason(np.concatenate([ledger.rejected for ledger in ledgers])) if ledgers else np.zeros(0, np.int64)
    bits, counts = np.unique(first, return_counts=True)
    found = {dict(PRIMARY).get(int(bit), "other"): int(count) for bit, count in zip(bits, counts, strict=True)}
    return dict(sorted(found.items(), key=lambda each: -each[1]))


def rejections(ledgers: Sequence[Ledger]) -> Data | None:
    """Count rejected records by their first rejecting reason, in equal spans of the whole run's time."""
    rejected = np.concatenate([ledger.rejected for ledger in ledgers])
    if not rejected.size:
        return None
    first = _first_reason(rejected)
    times = [rejected["ingest_ts"], *(ledger.bars["close_ts"] for ledger in ledgers)]
    start, end = min(int(t.min()) for t in times if t.size), max(int(t.max()) for t in times if t.size)
    edges = np.linspace(start, max(end, start + 1), BINS + 1)
    names = dict(PRIMARY)
    common = sorted(set(first.tolist()), key=lambda bit: -int(np.sum(first == bit)))
    groups = [(names.get(bit, "other"), first == bit) for bit in common[:KINDS]]
    if common[KINDS:]:
        groups.append((f"{len(common) - KINDS} others", np.isin(first, common[KINDS:])))
    counts = [(name, np.histogram(rejected["ingest_ts"][rows], edges)[0].tolist()) for name, rows in groups]
    return {"edges": edges.astype(np.int64).tolist(), "series": counts}


def table(symbols: dict[str, Data], ledgers: Sequence[Ledger]) -> list[Data]:
    """Return one row per symbol."""
    lost = {ledger.symbol: len(ledger.rejected) for ledger in ledgers}
    bars = {ledger.symbol: len(ledger.bars) for ledger in ledgers}
    rows = []
    for symbol, figures in symbols.items():
        own, held = figures["strategy"], figures["buy_and_hold"]
        columns = ("total_return", "sharpe", "max_drawdown", "trades", "hit_rate", "profit_factor", "exposure")
        row = {"symbol": symbol, "bars": bars[symbol], "rejected": lost[symbol], "hold": held["total_return"]}
        rows.append(row | {name: own[name] for name in columns})
    return rows
