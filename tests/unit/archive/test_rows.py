"""Records to rows: nothing is lost, whatever a record holds, and what comes from a newer release is refused."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from schemas import Rejection
from worker.archive.rows.encoding import Encoder
from worker.archive.rows.kinds import kinds
from worker.archive.rows.pending import Pending
from worker.engine.records.raw import RawRecords
from worker.errors import ConfigError
from worker.kafka.records.columns import raw_of
from worker.settings import load_settings
from worker.wire.plain import header, packed_headers

KINDS = {kind.name: kind for kind in kinds(load_settings({"archive": {"tables": ["rejections", "audit"]}}))}
TS = 1_700_000_000_000
GOOD = Rejection(1, "S\x00'\"", 7, TS, 3, ["late"], 0.0, "Invalid", None, None, None, "x", "text", 1, None)


def raw(*values: bytes | None, first: int = 10) -> RawRecords:
    """Records with these values, from an offset on."""
    records = [
        SimpleNamespace(offset=at, timestamp=TS, key=b"k", value=value, headers=[("a", None), ("ce_id", b"id-%d" % at)])
        for at, value in enumerate(values, first)
    ]
    return raw_of(records)


def encoded(value: Any) -> bytes:
    return msgspec.json.encode(value)


def changed(**fields: Any) -> bytes:
    return encoded(msgspec.to_builtins(GOOD) | fields)


def test_every_record_is_a_row_here_or_there() -> None:
    """Also one whose numbers fit no column, in the midst of others, and one that claims an absurd time."""
    values = (changed(), b"{", None, changed(mask=2**64 - 1), b"\xff", changed(ts=2**60), changed(ts=None))
    found = Encoder(KINDS["rejections"]).encode(4, raw(*values))
    rows, others = found.rows.to_pydict(), found.unreadable.to_pydict()
    assert rows["offset"] == [10, 15, 16]
    assert others["offset"] == [11, 12, 13, 14]
    assert others["value"] == [values[at] for at in (1, 2, 3, 4)]
    assert set(rows["partition"]) == set(others["partition"]) == {4}
    assert rows["ce_id"] == ["id-10", "id-15", "id-16"]
    assert rows["symbol"][0] == GOOD.symbol
    assert [None if ts is None else round(ts.timestamp() * 1000) for ts in rows["ts"]] == [TS, None, None]
    assert all(others["error"])
    assert {str(day) for day in rows["date"] + others["date"]} == {"2023-11-14"}


def test_a_newer_schema_is_refused_whether_or_not_it_can_be_read() -> None:
    for value in (changed(schema_version=2), encoded({"schema_version": 2, "other": 1})):
        with pytest.raises(ConfigError, match="partition 0, offset 11 has schema version 2"):
            Encoder(KINDS["rejections"]).encode(0, raw(changed(), value))


def test_other_topics_are_archived_as_text() -> None:
    found = Encoder(KINDS["audit"]).encode(0, raw(b'{"who":"x"}', b"\x00", '{"µ":1}'.encode()))
    assert found.rows.to_pydict()["record"] == ['{"who":"x"}', '{"µ":1}']
    assert found.rows.to_pydict()["key"] == ["k", "k"]
    assert found.unreadable.to_pydict()["offset"] == [11]


def test_what_a_table_holds_already_is_dropped_by_partition() -> None:
    pending = Pending(KINDS["rejections"])
    for partition in (0, 1):
        pending.put(Encoder(KINDS["rejections"]).encode(partition, raw(changed(), b"{", changed(), changed())))
    assert len(pending) == 8
    assert pending.drop({0: 12, 1: None}) == 2
    rows, unreadable = pending.tables()
    assert list(zip(rows["partition"].to_pylist(), rows["offset"].to_pylist(), strict=True)) == [
        (0, 12), (0, 13), (1, 10), (1, 12), (1, 13)
    ]  # fmt: skip
    assert unreadable["partition"].to_pylist() == [1]
    assert len(pending) == 6


def test_rows_are_arranged_once_and_again_when_more_came() -> None:
    pending, encoder = Pending(KINDS["rejections"]), Encoder(KINDS["rejections"])

    def arranged() -> list[tuple[str, int]]:
        rows, unreadable = pending.arranged()
        assert unreadable["offset"].to_pylist() == [11]
        return list(zip(rows["symbol"].to_pylist(), rows["offset"].to_pylist(), strict=True))

    pending.put(encoder.encode(0, raw(changed(symbol="B"), b"{", changed(symbol="A"))))
    assert arranged() == [("A", 12), ("B", 10)]
    assert arranged() == [("A", 12), ("B", 10)]
    pending.put(encoder.encode(0, raw(changed(symbol="A"), changed(symbol="0"), first=13)))
    assert arranged() == [("0", 14), ("A", 12), ("A", 13), ("B", 10)]
    assert pending.drop({0: 13}) == 3  # the unreadable one, too
    assert pending.arranged()[0]["offset"].to_pylist() == [14, 13]


def test_a_header_is_found_among_others() -> None:
    packed = packed_headers([("ce_idx", b"no"), ("x", None), ("ce_id", b"yes"), ("ce_id", b"later"), ("none", None)])
    assert header(packed, b"ce_id") == b"yes"
    assert header(packed, b"none") is None
    assert header(packed, b"missing") is None
    with pytest.raises(IndexError):
        header(packed[:9], b"missing")
