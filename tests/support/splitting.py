"""Histories with a split: raw with its record, and adjusted, which is the truth that the record must lead to."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.control import CorporateAction
from schemas.state import JournalEntry
from tests.support.engine_drive import leaves
from tests.support.lean import DAY, day, epoch_ms, equity, shared
from tests.unit.engine.controls.entries import entry
from worker.engine.controls import Action
from worker.engine.partition import PartitionEngine
from worker.engine.reasons import Reject, bits
from worker.engine.settings import EngineSettings
from worker.engine.state.frames import Spill
from worker.engine.state.layout import STATE
from worker.engine.strategy.hooked import Hooked

Array = NDArray[Any]
PRICES = ("open", "high", "low", "close")
VERSIONS = {"risk.control_version", "decision.control_version"}  # what names the record itself


class Split(NamedTuple):
    """A split of real history: the first day at the new prices."""

    symbol: str
    action: Action


def splits(symbol: str) -> list[Split]:
    """The splits that LEAN's factor file knows, at the bars of the symbol."""
    with (shared() / f"data/lean/equity/usa/factor_files/{symbol}.csv").open(newline="") as file:
        rows = [(row[0], float(row[2])) for row in csv.reader(file) if len(row) > 2]
    times, found = equity(symbol)["ts"], []
    for (date, before), (_, after) in pairwise(rows):
        ratio = before / after if after else 1.0
        if abs(ratio - 1.0) < 0.01:
            continue
        last = epoch_ms(f"{date[:4]}-{date[4:6]}-{date[6:]}") + DAY - 1
        at = int(np.searchsorted(times, last))
        factor = float(Fraction(ratio).limit_denominator(20))  # the file rounds it
        if 0 < at < len(times):
            found.append(Split(symbol, Action(int(times[at]), factor)))
    return found


def named(split: Split) -> str:
    return f"{split.symbol} {day(split.action.ex_ts)} x{split.action.factor:.4g}"


def adjusted(bars: Array, *actions: Action) -> Array:
    """The bars as if the earlier ones had had the later prices."""
    found = bars.copy()
    for action in actions:
        before = bars["ts"] < action.ex_ts
        for name in PRICES:
            found[name][before] *= action.factor
        found["volume"][before] /= action.factor
    return found


def recorded(symbol: str, *actions: Action, visible: Sequence[int] = ()) -> list[JournalEntry]:
    """The journal of the records of actions, each seen from an input offset on."""
    offsets = visible or [0] * len(actions)
    return [
        entry(symbol, n + 1, visible_from=offset, corp_action=CorporateAction(action.ex_ts, action.factor))
        for n, (action, offset) in enumerate(zip(actions, offsets, strict=True))
    ]


class Played(NamedTuple):
    """Output rows, and the state at the end as bytes, with what lies beside it."""

    outs: Array
    whole: NDArray[np.uint8]

    @property
    def state(self) -> Array:
        return self.whole[: STATE.itemsize].view(STATE)


def engine_of(
    settings: EngineSettings,
    journal: Sequence[JournalEntry] = (),
    strategy: Hooked | None = None,
    spill: Spill | None = None,
) -> PartitionEngine:
    engine = PartitionEngine(settings, spill, strategy=strategy)
    for item in journal:
        engine.controls.add(item)
    return engine


def play(
    bars: Array,
    settings: EngineSettings,
    journal: Sequence[JournalEntry] = (),
    *,
    strategy: Hooked | None = None,
    batch: int = 0,
    engine: PartitionEngine | None = None,
    key: bytes = b"S",
    first: int = 0,
) -> Played:
    """Play the bars of one symbol, from input offset `first` on."""
    engine = engine or engine_of(settings, journal, strategy)
    offsets, outs, size = np.arange(first, first + len(bars)), [], batch or max(len(bars), 1)
    for start in range(0, len(bars), size):
        part = slice(start, start + size)
        outs.append(engine.step_key(key, bars[part].copy(), offsets=offsets[part]).copy())
        outs[-1]["control"] = 0  # a row of that batch
    slot = engine.symbols.get(key)
    assert slot is not None
    return Played(np.concatenate(outs), engine.symbols.frames.read(slot).copy())


def differing(
    one: Array, other: Array, tolerance: float = 0.0, apart: frozenset[str] = frozenset()
) -> dict[str, float]:
    """The fields in which rows differ by more than a tolerance, relative to the largest of their values."""
    found = {}
    others = dict(_numbers(other))
    for name, values in _numbers(one):
        wanted = others[name]
        if name in VERSIONS or name in apart:
            continue
        if name == "validation.mask":
            values, wanted = (each & ~np.uint64(bits(Reject.corporate_action)) for each in (values, wanted))
        if values.dtype.kind != "f":
            if not np.array_equal(values, wanted):
                found[name] = float(np.mean(values != wanted))
            continue
        same = (values == wanted) | (np.isnan(values) & np.isnan(wanted))
        if same.all():
            continue
        with np.errstate(invalid="ignore"):
            off = np.abs(values - wanted) / np.maximum(np.nanmax(np.abs(wanted)), 1e-300)
        off[same] = 0.0
        worst = float(np.max(np.where(np.isnan(off), np.inf, off)))
        if worst > tolerance:
            found[name] = worst
    return found


def _numbers(rows: Array, name: str = "") -> Iterator[tuple[str, Array]]:
    """Every plain field by its dotted name, those of records in arrays too."""
    if rows.dtype.names is None:
        yield name, rows
    else:
        for part, values in leaves(rows).items():
            yield from _numbers(values, f"{name}.{part}" if name else part)
