"""Columnar input says the same as the records it was made of."""

from __future__ import annotations

import numpy as np

from worker.engine.records.raw import raw_records
from worker.engine.records.records import Records

RECORDS = Records([b"A", None, b"", b"BTC"], [b"1", b"", None, b"{}"], [5, 0, -1, 7])


def test_keys_values_and_times_come_back() -> None:
    raw = raw_records(RECORDS)
    assert raw.records() == RECORDS
    assert raw.rows["offset"].tolist() == [0, 1, 2, 3]
    assert [raw.headers(i) for i in range(4)] == [b"\x00"] * 4


def test_parts_of_it_share_the_buffer() -> None:
    raw = raw_records(RECORDS, [10, 12, 13, 20])
    assert raw.slice(1, 3).records() == RECORDS.slice(1, 3)
    chosen = raw.where(np.array([True, False, False, True]))
    assert chosen.records().keys == [b"A", b"BTC"]
    assert chosen.rows["offset"].tolist() == [10, 20]
    assert chosen.data is raw.data


def test_nothing_is_nothing() -> None:
    assert len(raw_records(Records([], [], []))) == 0
