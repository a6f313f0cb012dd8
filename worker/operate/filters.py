"""Filters of decisions and rejections, and a summary of a topic in which none matches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from difflib import get_close_matches
from typing import NamedTuple

from schemas import Decision, Rejection
from worker.moments import in_words

Item = Decision | Rejection
NONE: frozenset[str] = frozenset()
SHOWN = 8  # names per kind in the summary


class Wanted(NamedTuple):
    """Filters; an empty set passes everything. One match in `reasons` and one in `codes` is enough.

    `codes` are the reject codes of a rejection and the quality codes of a decision; a rejection has no action, regime
    or reason. Bars open in since <= ts < until, epoch ms; a record without a readable time passes.
    """

    symbols: frozenset[str] = NONE
    actions: frozenset[str] = NONE
    regimes: frozenset[str] = NONE
    reasons: frozenset[str] = NONE
    codes: frozenset[str] = NONE
    since: int | None = None
    until: int | None = None

    def __call__(self, item: Item) -> bool:
        """Return whether a record passes every filter."""
        return self._in_time(item.ts) and all(
            not names or not names.isdisjoint(_names(item, kind)) for kind, names in self.named()
        )

    def named(self) -> list[tuple[str, frozenset[str]]]:
        """Return (kind, names) of every filter by names."""
        return [
            ("symbol", self.symbols),
            ("action", self.actions),
            ("regime", self.regimes),
            ("reason", self.reasons),
            ("code", self.codes),
        ]

    def _in_time(self, ts: int | None) -> bool:
        return ts is None or ((self.since is None or ts >= self.since) and (self.until is None or ts < self.until))


class Tally:
    """Counts of the records read."""

    def __init__(self) -> None:
        self.records = 0
        self._names: dict[str, Counter[str]] = {}
        self._first: int | None = None
        self._last: int | None = None

    def add(self, item: Item) -> None:
        """Count one record."""
        self.records += 1
        for kind, _ in Wanted().named():
            self._names.setdefault(kind, Counter()).update(_names(item, kind))
        if item.ts is not None:
            self._first = item.ts if self._first is None else min(self._first, item.ts)
            self._last = item.ts if self._last is None else max(self._last, item.ts)

    def nothing_of(self, wanted: Wanted, topic: str) -> str:
        """Return the sentence for a filter that no record passes."""
        if not self.records:
            return f"the topic {topic} is empty"
        found = [f"nothing in {topic} matches; it holds {self.records:,} records"]
        found += [self._held(kind, names) for kind, names in wanted.named() if names]
        if (wanted.since is not None or wanted.until is not None) and self._first is not None:
            assert self._last is not None
            found.append(f"bars open from {in_words(self._first)} to {in_words(self._last)}")
        return "; ".join(found)

    def _held(self, kind: str, wanted: frozenset[str]) -> str:
        names = self._names.get(kind, Counter())
        if not names:
            return f"none has {'an' if kind[0] in 'aeiou' else 'a'} {kind}"
        near = [name for text in sorted(wanted) for name in get_close_matches(text, names, 2)]
        shown = dict.fromkeys([*near, *(name for name, _ in names.most_common(SHOWN))])
        told = ", ".join(f"{name} {names[name]:,}" for name in list(shown)[:SHOWN])
        more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
        return f"by {kind}: {told}{more}"


def _names(item: Item, kind: str) -> Iterable[str]:
    if kind == "symbol":
        return () if item.symbol is None else (item.symbol,)
    if isinstance(item, Rejection):
        return item.codes if kind == "code" else ()
    if kind == "code":
        return item.quality.codes
    return item.reasons if kind == "reason" else (getattr(item, kind),)
