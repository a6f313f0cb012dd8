"""Injection of planned faults into the records of one symbol."""

from __future__ import annotations

import math

from worker.sources.intervals import close_of
from worker.sources.record import Bar, Record, encode_bar
from worker.sources.simulation.faults import FAULTS, Label, Mark

CLEAN = Label()
Labelled = tuple[Record, Label]
_FIELDS = ("open", "high", "low", "close", "volume")


class Injector:
    """One symbol's records in the order they are delivered; holds back a bar that is to come late."""

    def __init__(self, symbol: str, interval: str, interval_ms: int) -> None:
        self._key = symbol.encode()
        self._interval = interval
        self._interval_ms = interval_ms
        self._held: Record | None = None

    def clean(self, bar: Bar) -> Record:
        """Return the record of a bar without fault."""
        return Record(self._key, encode_bar(bar, self._interval), close_of(bar.ts or 0, self._interval_ms))

    def spoil(self, bar: Bar, mark: Mark) -> list[Labelled]:
        """Return the records, none to two, that a bar with a fault becomes."""
        record, label = self.clean(bar), Label(mark.kind, FAULTS[mark.kind].reject)
        last = mark.step == mark.length - 1
        match mark.kind:
            case "dup":
                return [(record, CLEAN), (record, label)]
            case "revision":
                return [(record, CLEAN), (self._with(record, _revised(bar, mark.size)), label)]
            case "gap":
                return [(record, label)] if last else []
            case "out_of_order":
                return self._swap(record, label)
            case "split":
                return [(record, Label("split", None) if last else label)]
            case "malformed":
                return [(record._replace(value=_broken(record.value, mark.size)), label)]
        return [(self._with(record, _changed(bar, mark, self._interval_ms)), label)]

    def _with(self, record: Record, bar: Bar) -> Record:
        return record._replace(value=encode_bar(bar, self._interval))

    def _swap(self, record: Record, label: Label) -> list[Labelled]:
        if self._held is None:
            self._held = record
            return []
        late, self._held = self._held, None
        return [(record, CLEAN), (late, label)]


def _revised(bar: Bar, size: float) -> Bar:
    return bar._replace(volume=bar.volume + 1.0 + math.floor(size * 100.0))


def _broken(value: bytes, size: float) -> bytes:
    forms = (
        value[: 1 + int(size * (len(value) - 2))],  # cut off
        value.replace(b'"close":', b'"close":"n/a","was":'),  # text where a number belongs
        b"\xff" + value,  # no UTF-8
    )
    return forms[int(size * len(forms))]


def _changed(bar: Bar, mark: Mark, interval_ms: int) -> Bar:
    """Return the bar with the numbers that the fault changes."""
    size = mark.size
    match mark.kind:
        case "nan":
            return bar._replace(**{_FIELDS[int(size * len(_FIELDS))]: math.nan})  # type: ignore[arg-type]
        case "spike":
            return _scaled(bar, 2.5 + 4.0 * size if size < 0.5 else 0.4 - 0.3 * size)
        case "wick":
            return bar._replace(high=_cents(max(bar.open, bar.close) * (1.7 + size)))
        case "volume_burst":
            return bar._replace(volume=bar.volume * (5_000.0 + math.floor(5_000.0 * size)))
        case "negative_volume":
            return bar._replace(volume=-bar.volume)
        case "zero_price":
            return bar._replace(low=0.0 if size < 0.5 else -bar.low)
        case "inconsistent":
            return bar._replace(high=bar.low, low=_cents(max(bar.high, bar.low + 0.01)))
        case "future":
            return bar._replace(ts=(bar.ts or 0) + interval_ms * (2 + int(size * 1_000)) + 5_000)
    return bar  # stuck: the market itself stood still


def _scaled(bar: Bar, factor: float) -> Bar:
    open_, high, low, close = (_cents(price * factor) for price in (bar.open, bar.high, bar.low, bar.close))
    return bar._replace(open=open_, high=high, low=low, close=close)


def _cents(price: float) -> float:
    return max(round(price * 100.0), 1) / 100.0
