"""Records of topics to events: only the fields that rules name are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from schemas.silence import Silence
from worker.alerts.evaluation.fields import decoder
from worker.alerts.evaluation.sources import Event

OWN = {"decisions": ("symbol", "sequence", "ts", "close_ts"), "rejections": ("symbol", "sequence"), "portfolio": ()}


class Record(NamedTuple):
    """A record as its topic has it."""

    source: str
    topic: str
    partition: int
    offset: int
    timestamp: int  # epoch ms
    value: bytes


class Act(msgspec.Struct, frozen=True):
    """What an operator did, as far as alerts are concerned."""

    action: str
    subject: str
    who: str
    ts: int
    reason: str = ""
    silence: Silence | None = None


_act = msgspec.json.Decoder(Act).decode


class Reading:
    """Decoders of all sources."""

    def __init__(self, paths: Mapping[str, Iterable[str]]) -> None:
        """Create them; `paths` are the fields that are read, by source."""
        self._decode = {source: decoder(source, {*own, *paths.get(source, ())}).decode for source, own in OWN.items()}

    def event(self, record: Record, now: int) -> Event | None:
        """Return a record's event; None for one that can't be read. A time behind the present is of a wrong clock."""
        try:
            found: Any = self._decode[record.source](record.value)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        interval = 0
        if record.source == "decisions" and found.close_ts is not None and found.ts is not None:
            interval = max(int(found.close_ts - found.ts), 0)
        ts = min(max(record.timestamp, 0), now)
        return Event(record.source, record.topic, record.partition, record.offset, ts, found, interval)


def act_of(value: bytes) -> Act | None:
    """Return an operator's act; None for one that can't be read."""
    try:
        return _act(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
