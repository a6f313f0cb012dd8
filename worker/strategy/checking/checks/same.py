"""Whether ways to play the same bars give the same bytes: modes, cuts, batches."""

from __future__ import annotations

import numpy as np

from worker.engine.asking.intent import KEEP, Status
from worker.strategy.checking.desk import Desk
from worker.strategy.checking.playing.differences import first_difference, sentence
from worker.strategy.checking.playing.making import scrambled
from worker.strategy.checking.playing.market import Market
from worker.strategy.checking.playing.play import Played
from worker.strategy.checking.report import Fault, Found
from worker.strategy.loading import Mode

CUTS: dict[Mode, int] = {"compiled": 24, "python": 8}
FUTURE = 600  # rows that are changed behind a cut
SINGLES = 900  # rows that are played one at a time
NAMES: dict[Mode, str] = {"compiled": "compiled", "python": "in Python"}
NAN = ": int() of NaN raises in Python alone, as whole numbers of more than 64 bits do"
OWN = "A step may depend on `c` and on its own State only"


def modes(desk: Desk) -> Found:
    """Compare the compiled step with the interpreted one, on calm and on hard bars."""
    if desk.compiled is None:
        return Found([], ["not compared: it runs in Python only"])
    for market in (desk.market, desk.hard):
        one, other = (desk.whole(mode) if market is desk.market else desk.play(mode, market) for mode in desk.modes)
        text = sentence(market, one, other, "compiled", "in Python")
        if text is not None:
            return Found([_raising(desk, market, one, other) or Fault(text, None, _fix(""))])
    return Found([], [f"{len(desk.market) + len(desk.hard):,} bars"])


def _raising(desk: Desk, market: Market, one: Played, other: Played) -> Fault | None:
    """Return the first difference, if there the step raises in Python and goes on when compiled."""
    first = first_difference(one.rows, other.rows)
    if first is None or other.rows["said"]["intent"]["status"][first.row] != Status.raised:
        return None
    watcher, _, _ = desk.watch(market, market.keys[first.row])
    raised = watcher.raised.get(int(market.rows["ts"][first.row]))
    text = sentence(market, one, other, "compiled", "in Python")
    told = "" if raised is None else f" ({raised.text})"
    return Fault(f"{text}{told}", None if raised is None else raised.line, _fix(NAN))


def _fix(more: str) -> str:
    return f"docs/strategies.md, Compiled or in Python, says what differs{more}"


def future(desk: Desk) -> Found:
    """Cut the bars, and change the future: what was said before must stay."""
    cuts = _cuts(desk)
    for number, cut in enumerate(cuts):
        changed = scrambled(desk.market.until(cut + FUTURE), cut, desk.options.seed)
        for mode in desk.modes:
            if number >= CUTS[mode]:
                continue
            part = Played(desk.whole(mode).rows[:cut], {})
            alone = desk.play(mode, desk.market.until(cut))
            text = sentence(desk.market, part, alone, "with later bars in the input", "without them")
            if text is None:
                other = desk.play(mode, changed)
                text = sentence(desk.market, part, Played(other.rows[:cut], {}), "before one future", "before another")
            if text is not None:
                return Found([Fault(f"it looks ahead ({NAMES[mode]}): {text}", None, OWN)])
    return Found([], [f"{min(len(cuts), CUTS[desk.modes[0]])} cuts"])


def _cuts(desk: Desk) -> list[int]:
    """Draw cuts, half of them right behind a bar at which something is said: that bar has no future then."""
    rng, n = np.random.default_rng(desk.options.seed), len(desk.market)
    said = np.flatnonzero(desk.whole("python").rows["said"]["intent"]["side"] != KEEP)
    behind = said[said < n - 1] + 1
    most = max(CUTS.values())
    chosen = rng.choice(behind, min(most // 2, behind.size), replace=False) if behind.size else behind
    others = rng.integers(1, n, most - chosen.size)
    drawn: list[int] = rng.permutation(sorted({*chosen.tolist(), *others.tolist()})).tolist()
    return drawn  # in Python the first of them


def batches(desk: Desk) -> Found:
    """Play the bars one at a time, by seven and in random batches."""
    n, start = len(desk.market), desk.warm()
    singles = range(start, min(start + SINGLES, n))
    rng = np.random.default_rng(desk.options.seed)
    random = sorted(rng.choice(np.arange(1, n), min(n - 1, 60), replace=False).tolist())
    ways = {"one at a time": list(singles), "by seven": list(range(7, n, 7)), "in random batches": random}
    for mode in desk.modes:
        for way, cuts in ways.items():
            text = sentence(desk.market, desk.whole(mode), desk.play(mode, desk.market, cuts), "in one batch", way)
            if text is not None:
                return Found([Fault(f"batches show ({NAMES[mode]}): {text}", None, OWN)])
    return Found()
