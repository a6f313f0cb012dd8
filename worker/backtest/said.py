"""What a strategy said at the bars of one symbol, and the tags of the trades that came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.engine.asking.intent import NO_TAG, Status
from worker.engine.reasons import Reason
from worker.engine.stages.decision import Action

Rows = NDArray[Any]

SAID = np.dtype(
    [
        ("status", "u1"),  # asking.intent.Status
        ("tag", "i1"),  # index of the strategy's tags, NO_TAG = none
        ("side", "i1"),  # of the wanted position, intent.KEEP = as it is
        ("action", "u1"),  # stages.decision.Action
        ("blocking", "i1"),  # the first reason that prevented a trade, -1 = none
        ("reasons", "u4"),  # bit mask of reason codes
        ("stop", "f8"),  # of the opening order, else of the held position; NaN without either
        ("target", "f8"),
    ]
)
TAGS = np.dtype([("entry", "i1"), ("exit", "i1")])  # of a trade; NO_TAG = the strategy said none, or did not decide it
OPENING = (Action.open_long, Action.open_short, Action.reverse)
LEAVING = (Action.close, Action.reverse)


class Said(NamedTuple):
    """One symbol's rows; empty where no strategy decides."""

    bars: Rows = np.zeros(0, SAID)  # as those of the ledger
    tags: Rows = np.zeros(0, TAGS)  # of its trades
    unknown: tuple[str, ...] = ()  # indicators that were known at no bar


def tag_name(names: Sequence[str], tag: int) -> str | None:
    """Return the name of a tag; None where there is none."""
    return names[tag] if 0 <= tag < len(names) else None


def said(outs: Rows) -> Rows:
    """Return what was said at accepted output rows."""
    rows, intent, decided = np.zeros(len(outs), SAID), outs["said"]["intent"], outs["decision"]
    for name in ("status", "tag", "side"):
        rows[name] = intent[name]
    for name in ("action", "blocking", "reasons", "stop", "target"):
        rows[name] = decided[name]
    return rows


def tags(rows: Rows, trades: Rows, at: NDArray[np.int64]) -> Rows:
    """Return the tags of closed trades (`ledger.TRADES`), which ended in the bars `at`."""
    found = np.full(len(trades), NO_TAG, TAGS)
    columns = zip(at.tolist(), trades["bars_held"].tolist(), trades["side"].tolist(), trades["reason"], strict=True)
    for trade, (end, held, side, reason) in enumerate(columns):
        found["entry"][trade] = _entry(rows, end - held - 1, side)
        if reason == Reason.strategy and end > 0 and rows["action"][end - 1] in LEAVING:
            found["exit"][trade] = rows["tag"][end - 1]
    return found


def _entry(rows: Rows, row: int, side: int) -> int:
    """Return the tag of the order that stands after a bar: an entry that waits was decided some bars before."""
    while row >= 0 and rows["action"][row] in OPENING:
        if rows["side"][row] == side and rows["status"][row] == Status.ok:
            return int(rows["tag"][row])
        row -= 1
    return NO_TAG
