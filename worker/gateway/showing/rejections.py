"""Rejections as items, and their counts."""

from __future__ import annotations

from collections import Counter

import msgspec

from schemas.rejection import Rejection
from worker.engine.reasons import Reject
from worker.gateway.auth.caller import Caller
from worker.gateway.auth.roles import may
from worker.gateway.gateway import Gateway
from worker.gateway.log.entry import Entry
from worker.gateway.log.newest import name_of
from worker.gateway.log.quality import MINUTE, UNREADABLE, Minute
from worker.gateway.log.values import Found, fields, text, whole
from worker.gateway.reading.items import embedded, original
from worker.gateway.reading.sight import Reader
from worker.gateway.resources.rejections import (
    CodeCount,
    InputPlace,
    MinuteSeries,
    PartitionCount,
    Payload,
    RejectionItem,
    RejectionSummary,
    SymbolCount,
)

SYMBOLS, LINES = 20, 8  # of a summary
PAYLOAD = ("payload", "payload_encoding", "payload_sha256")
PLACE = ("__streams.errors.topic", "__streams.errors.partition", "__streams.errors.offset")
_rejection = Reader(Rejection)
_encode = msgspec.json.Encoder().encode


def rejection_item(entry: Entry, caller: Caller) -> RejectionItem:
    """Return a rejection as an item; its payload only for those who may see it."""
    sight = _rejection.look(entry.value)
    found = fields(sight.raw)
    payload = _payload(found) if sight.raw is not None and may(caller, "operate") else None
    # The payload stands beside it.
    rest = found | {name: None for name in PAYLOAD if name in found}
    return RejectionItem(
        partition=entry.partition,
        offset=entry.offset,
        timestamp=entry.timestamp,
        key=None if entry.key is None else name_of(entry.key),
        rejection=None if sight.raw is None else embedded(_encode(rest)),
        input=_place(entry),
        payload=payload,
        unreadable=sight.raw is None,
        problem=sight.problem,
        raw=original(entry.value, caller) if sight.raw is None else None,
    )


def _payload(found: Found) -> Payload | None:
    told = text(found, "payload")
    if told is None:
        return None
    size, sha256 = whole(found, "payload_bytes"), text(found, "payload_sha256")
    encoded = text(found, "payload_encoding") == "base64"
    return Payload(None if encoded else told, told if encoded else None, size, sha256)


def _place(entry: Entry) -> InputPlace | None:
    headers = dict(entry.headers)
    try:
        topic, partition, offset = (headers[name].decode() for name in PLACE)
        place = InputPlace(topic, int(partition), int(offset))
    except (KeyError, ValueError):
        return None
    return place if max(place.partition, place.offset) < 2**63 else None


def summary(gateway: Gateway, minutes: int) -> RejectionSummary:
    """Count the outcomes of the last minutes up to the newest record."""
    quality = gateway.logs.quality
    last = quality.newest // MINUTE or max(quality.minutes, default=0)
    window = range(max(last - minutes + 1, 0), last + 1)
    nothing = Minute()
    series = [quality.minutes.get(at, nothing) for at in window]
    rejected, accepted, codes, symbols = Counter[int](), Counter[int](), Counter[str](), Counter[str]()
    for minute in series:
        rejected.update(minute.rejected)
        accepted.update(minute.accepted)
        codes.update(minute.codes)
        symbols.update(minute.symbols)
    total, taken = rejected.total(), accepted.total()
    return RejectionSummary(
        since=window.start * MINUTE,
        total=total,
        accepted=taken,
        share=total / (total + taken) if total + taken else None,
        by_code=[CodeCount(code, _meaning(code), count) for code, count in codes.most_common()],
        by_partition=[PartitionCount(p, rejected[p], accepted[p]) for p in range(_partitions(gateway))],
        by_symbol=[SymbolCount(symbol, count) for symbol, count in symbols.most_common(SYMBOLS)],
        series=MinuteSeries(
            [at * MINUTE for at in window],
            [minute.rejected.total() for minute in series],
            [minute.accepted.total() for minute in series],
            {code: [minute.codes[code] for minute in series] for code, _ in codes.most_common(LINES)},
        ),
        sequence_gaps=quality.sequence_gaps,
        misplaced_keys=quality.misplaced_keys,
    )


def _partitions(gateway: Gateway) -> int:
    logs = gateway.logs
    return max((log.partitions for log in (logs.decisions, logs.rejections) if log is not None), default=0)


def _meaning(code: str) -> str:
    if code == UNREADABLE:
        return "The rejection itself can't be read."
    return Reject[code].meaning if code in Reject.__members__ else "This gateway does not know this code."
