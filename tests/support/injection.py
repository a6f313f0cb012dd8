"""Faults multiplied into real daily bars, at fixed or random places (domain §1.6), and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from tests.support import lean
from tests.support.drive import Array, Symbol

SYMBOLS = ("aapl", "aig", "bac", "eem", "goog", "ibm", "iwm", "spy")
BARS = 3_000  # the last ones of each
FACTORS = (10.0, 0.1, 100.0, 0.01, 1.7, 0.4)
PRICES = ("open", "high", "low", "close")
CLEAR = 8  # bars without an event of the clean run on both sides of a fault
SPACING = 22  # bars between the starts of two faults
KINDS: tuple[tuple[int, tuple[str, ...], float], ...] = (
    *((n, PRICES, factor) for n in (1, 2) for factor in FACTORS),
    (1, ("high",), 10.0),
    (1, ("low",), 0.05),
)


class Fault(NamedTuple):
    """`length` bars from `start` whose `fields` are multiplied."""

    start: int
    length: int
    fields: tuple[str, ...]
    factor: float


class Tally(NamedTuple):
    """What became of injected faults, in bars."""

    bad: int
    missed: int  # bad bars that were accepted
    extra: int  # good bars whose verdict the faults changed
    left_out: int  # faults that were not injected, for an event nearby


def fixed_faults() -> list[Fault]:
    """The recipe: fault j starts at bar 100 + 22·j and is of kind j mod 14."""
    return [Fault(start, *KINDS[j % len(KINDS)]) for j, start in enumerate(range(100, BARS - CLEAR, SPACING))]


def random_faults(rng: np.random.Generator) -> list[Fault]:
    """As many, each at a random place of its own stretch of 22 bars and of a random kind."""
    stretches = np.arange(100, BARS - CLEAR - SPACING, SPACING)
    starts = stretches + rng.integers(0, SPACING - 2 * CLEAR + 4, stretches.size)
    return [Fault(int(start), *KINDS[rng.integers(len(KINDS))]) for start in starts]


def inject(clean: Array, verdicts: Array, faults: Iterable[Fault]) -> tuple[Array, Array, int]:
    """(bars with faults, which of them are bad, faults left out)."""
    event = ~verdicts["accepted"] | verdicts["shift"] | verdicts["expired"]
    bars, bad, left_out = clean.copy(), np.zeros(len(clean), dtype=bool), 0
    for fault in faults:
        end = fault.start + fault.length
        if event[fault.start - CLEAR : end + CLEAR].any():
            left_out += 1
            continue
        bad[fault.start : end] = True
        for field in fault.fields:
            bars[field][fault.start : end] *= fault.factor
    return bars, bad, left_out


def judge(place: Callable[[], list[Fault]]) -> Tally:
    """Inject what `place` gives for each series, from a fresh state, and compare with the clean run."""
    total = Tally(0, 0, 0, 0)
    for name in SYMBOLS:
        clean = lean.equity(name)[-BARS:]
        before = Symbol().feed(clean)["validation"]
        bars, bad, left_out = inject(clean, before, place())
        accepted = Symbol().feed(bars)["validation"]["accepted"]
        missed, extra = int((accepted & bad).sum()), int(((accepted != before["accepted"]) & ~bad).sum())
        found = Tally(int(bad.sum()), missed, extra, left_out)
        total = Tally(*(a + b for a, b in zip(total, found, strict=True)))
    return total
