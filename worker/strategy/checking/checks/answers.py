"""Whether each answer can be followed: nothing raised, nothing invalid, no price that is NaN; on calm and hard bars."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from worker.engine.asking.intent import Status
from worker.strategy.checking.desk import Desk
from worker.strategy.checking.playing.answers import why
from worker.strategy.checking.playing.market import Market
from worker.strategy.checking.playing.play import Played
from worker.strategy.checking.playing.watching import Watcher, setting_line
from worker.strategy.checking.report import Fault, Found

MOST = 5  # faults that one check tells
OBSERVE = "observe raised"
STORE = "what it writes can't be stored"
THROWN = 0.03  # share of bars at which an exception is thrown
FIXES = {
    "raised": "Its state is put back and the bar is lost: guard the line",
    OBSERVE: "Its memory is put back, and what it publishes is not known at the bar: guard the line",
    "invalid": "The bar counts as one without a word: say one size, finite prices, a stop on its side",
    "nan": "NaN leaves it as it was, without a word: set it only where the number is known",
    "fraction": "The fraction is dropped between bars: declare it as float",
}


def calm(desk: Desk) -> Found:
    """Play the market."""
    return _all(desk, desk.market)


def hard(desk: Desk) -> Found:
    """Play hard bars, and throw exceptions at some bars of the market."""
    found = _all(desk, desk.hard)
    symbol = desk.market.symbols[0]
    times = desk.market.of(symbol).rows["ts"]
    thrown = times[np.random.default_rng(desk.options.seed).random(len(times)) < THROWN].tolist()
    watcher, part, played = desk.watch(desk.market, symbol, thrown)
    faults = _merged([*found.faults, *_of(watcher, part, played, frozenset(thrown))])
    return Found(faults, found.notes)


def _all(desk: Desk, market: Market) -> Found:
    faults: list[Fault] = []
    for symbol in market.symbols:
        watcher, part, played = desk.watch(market, symbol)
        faults += _of(watcher, part, played)
    return Found(_merged(faults), [])


def _of(watcher: Watcher, market: Market, played: Played, thrown: frozenset[int] = frozenset()) -> Iterator[Fault]:
    """Yield a fault for each kind of failure, with its first bar."""
    status, times = played.rows["said"]["intent"]["status"], market.rows["ts"]
    # The circuit of a failing strategy hides what comes after.
    first: dict[tuple[str, str, int | None], tuple[int, int]] = {}
    for row in np.flatnonzero(played.rows["accepted"]).tolist():
        ts = int(times[row])
        if ts in watcher.unseen:
            begun, count = first.get(key := (OBSERVE, *watcher.unseen[ts]), (row, 0))
            first[key] = begun, count + 1
        if status[row] == Status.raised and ts not in thrown:
            raised = watcher.raised.get(ts)
            key = ("raised", STORE, None) if raised is None else ("raised", raised.text, raised.line)
        elif status[row] == Status.invalid and ts in watcher.said:
            wrong = why(watcher.said[ts])
            key = ("invalid", wrong.text, wrong.line)
        else:
            continue
        begun, count = first.get(key, (row, 0))
        first[key] = begun, count + 1
    merged: dict[tuple[str, int | None], tuple[str, int, int]] = {}
    for (kind, text, line), (row, count) in first.items():
        said, begun, before = merged.get((kind, line), (text, row, 0))
        merged[kind, line] = said, begun, before + count
    for (kind, line), (text, row, count) in merged.items():
        more = f", and at {count - 1:,} bars more" if count > 1 else ""
        yield Fault(f"{kind} at {market.bar(row)}{more}: {text}", line, FIXES[kind])
    yield from _unknown(watcher, market)


def _unknown(watcher: Watcher, market: Market) -> Iterator[Fault]:
    times = market.rows["ts"].tolist()
    for name, (ts, line) in watcher.unknown.items():
        text = f"order.{name} is NaN at {market.bar(times.index(ts))}"
        if ts not in watcher.raised:
            yield Fault(text, line, FIXES["nan"])
    for name, (ts, value) in watcher.fractions.items():
        text = f"the state's {name} is a whole number, and was given {value} at {market.bar(times.index(ts))}"
        yield Fault(text, setting_line(watcher.text, name), FIXES["fraction"])


def _merged(faults: list[Fault]) -> list[Fault]:
    """Return one fault for each line and kind, the first of them; the same one shows in many markets."""
    found: dict[tuple[str, int | None], Fault] = {}
    for fault in faults:
        kind = fault.fix if fault.line is not None else fault.says.partition(" at bar ")[0]
        found.setdefault((kind, fault.line), fault)
    kept = list(found.values())
    more = [Fault(f"and {len(kept) - MOST} faults of other lines")] if len(kept) > MOST else []
    return kept[:MOST] + more
