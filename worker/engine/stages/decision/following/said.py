"""What a strategy said at a bar, and the facts of its orders that the rules have none of."""

from __future__ import annotations

import math

import numpy as np

from worker.engine.asking.intent import INTENT, MARKET, NOTES, silence
from worker.engine.kernel import embedded
from worker.engine.rounding import significant
from worker.engine.stages.decision.publish import DIGITS, money, tick_decimals
from worker.engine.stages.execution.account import TRADE
from worker.engine.stages.execution.fills import opens
from worker.engine.stages.execution.turning import forget_trade

# Written only where a strategy decides.
OUTPUT = np.dtype(
    [
        ("intent", INTENT),  # notes rounded
        ("earlier", TRADE),  # that a reversal ended, where the other side ended in the same bar too
        ("kind", "i8"),  # entry of the opening order that stands after this bar
        ("price", "f8"),  # of a limit or stop entry, rounded; NaN at the market
        ("bars", "i8"),  # for which it still waits
        ("voice", "i8"),  # number of the settings that decided, see `output.voices`; written after `decide`
    ],
    align=True,
)


@embedded
def begin(said):  # type: ignore[no-untyped-def]
    """Clear a row: rows are reused from batch to batch."""
    silence(said.intent)
    said.intent.status = 0
    forget_trade(said.earlier)
    said.kind = MARKET
    said.price = math.nan
    said.bars = 0


@embedded
def publish_said(said, pending, standing, inst):  # type: ignore[no-untyped-def]
    """Round the notes, and publish how an opening order enters."""
    notes = said.intent.notes
    for i in range(NOTES):
        notes[i] = math.nan if math.isinf(notes[i]) else significant(notes[i], DIGITS)
    if opens(pending) and standing.kind != MARKET:
        said.kind = standing.kind
        said.price = money(standing.price, tick_decimals(inst.tick))
        said.bars = standing.bars
