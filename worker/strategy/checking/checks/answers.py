"""Whether each answer can be followed: nothing raised, nothing invalid, no price that is NaN; on calm and hard bars."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from worker.engine.asking.intent import LONG, NO_TAG, NOTES, SHORT, Status
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
    "named": "Name what there is: `alphapulse strategy show` lists it, docs/strategies.md the rest of `c`",
    STORE: "It is text, or a number beyond 64 bits: a side is LONG, SHORT, FLAT or KEEP, a tag its place in `tags`",
    "tag": "A tag is its place in `tags`, from 0; another one stands in no decision",
    "note": "A note is its place in `notes`, from 0; another one stands in no decision",
    OBSERVE: "Its memory is put back, and what it publishes is not known at the bar: guard the line",
    "invalid": "The bar counts as one without a word: say one size, finite prices, a stop on its side",
    "still": "Where prices stand still, a distance in ranges is 0: ask for a position only where it is above",
    "nan": "NaN leaves it as it was, without a word: set it only where the number is known",
    "fraction": "The fraction is dropped between bars: declare it as float",
}


def calm(desk: Desk) -> Found:
    """Play the market."""
    found = _all(desk, desk.market)
    said = desk.whole("python").rows["said"]["intent"]["side"]
    silent = not found.faults and not ((said == LONG) | (said == SHORT)).any()
    return Found(found.faults, ["it never asks for a position on these bars"] if silent else [])


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


class Failure(NamedTuple):
    """What went wrong at one bar: its kind, a sentence, its line, a key of FIXES."""

    kind: str
    text: str
    line: int | None
    fix: str


def _of(watcher: Watcher, market: Market, played: Played, thrown: frozenset[int] = frozenset()) -> Iterator[Fault]:
    """Yield a fault for each line that fails in its way, with its first bar; an open circuit hides later ones."""
    first: dict[tuple[str, int | None], tuple[int, Failure]] = {}
    counts = Counter[tuple[str, int | None]]()
    for row in np.flatnonzero(played.rows["accepted"]).tolist():
        status, ts = played.rows["said"]["intent"]["status"][row], int(market.rows["ts"][row])
        for each in _failures(watcher, status, ts, ts in thrown):
            first.setdefault((each.kind, each.line), (row, each))
            counts[each.kind, each.line] += 1
    for key, (row, failure) in first.items():
        more = f", and at {counts[key] - 1:,} bars more" if counts[key] > 1 else ""
        yield Fault(f"{failure.kind} at {market.bar(row)}{more}: {failure.text}", failure.line, FIXES[failure.fix])
    yield from _unknown(watcher, market)


def _failures(watcher: Watcher, status: int, ts: int, thrown: bool) -> Iterator[Failure]:
    if ts in watcher.unseen:
        yield Failure(OBSERVE, *watcher.unseen[ts], OBSERVE)
    if status == Status.raised and not thrown:
        raised = watcher.raised.get(ts)
        text, line = (STORE, None) if raised is None else raised
        yield Failure("raised", text, line, STORE if raised is None else _raised_fix(text))
    elif status == Status.invalid and ts in watcher.said:
        wrong = why(watcher.said[ts])
        yield Failure("invalid", wrong.text, wrong.line, "still" if wrong.still else "invalid")
    elif status == Status.ok and ts in watcher.said:
        said = watcher.said[ts]
        tag, names = said.order["tag"], len(watcher.tags)
        if tag != NO_TAG and not 0 <= tag < names:
            yield Failure("without a name", f"order.tag is {tag}, and tags has {names}", said.lines.get("tag"), "tag")
        for i in range(len(watcher.notes), NOTES):
            if not math.isnan(said.order["notes"][i]):
                line = said.lines.get(f"notes[{i}]", said.lines.get("notes"))
                text = f"order.notes[{i}] is set, and notes has {len(watcher.notes)}"
                yield Failure("without a name", text, line, "note")


def _raised_fix(text: str) -> str:
    return "named" if text.startswith(("AttributeError", "NameError")) else "raised"


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
