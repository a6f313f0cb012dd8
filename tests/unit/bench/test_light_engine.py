"""The light jobs write what the plain Python peers write, in batches that another decoder reads."""

from __future__ import annotations

import json
from collections import defaultdict
from functools import cache
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.record.memory_records import MemoryRecords

from tests.bench.peers.light_engine import LightJob
from tests.bench.peers.market import bars
from tests.bench.peers.programs.rolling import checked, window, z_score
from worker.engine.records.raw import RawRecords, raw_records
from worker.engine.records.records import Records
from worker.settings import Settings
from worker.sources.record import Record

BATCH_BYTES = 300_000


@cache
def market() -> list[Record]:
    """140 records of each symbol: windows are full, and some bars inconsistent."""
    return list(bars(14_000, symbols=100))


def raw_of(records: list[Record]) -> RawRecords:
    columns = zip(*records, strict=True)
    return raw_records(Records(*(list(column) for column in columns)))


def written(job: LightJob, parts: list[list[Record]]) -> list[Any]:
    engine, publisher = job.engine(), job.publisher(TopicPartition("bars", 0), BATCH_BYTES)
    found: list[Any] = []
    for part in parts:
        raw = raw_of(part)
        for output in publisher.outputs(raw, engine.step_raw(raw)):
            batch: Any = output.batch
            assert batch.size() <= BATCH_BYTES
            data: Any = MemoryRecords(bytes(batch._build()))
            read = data.next_batch()
            assert read.validate_crc()
            found += list(read)
    return found


def expected(rolling: bool) -> list[dict[str, Any]]:
    windows: dict[bytes, dict[str, Any]] = defaultdict(window)
    outputs = []
    for record in market():
        bar = json.loads(record.value)
        outputs.append(checked(bar) | ({"z": z_score(windows[record.key], bar["close"])} if rolling else {}))
    return outputs


@pytest.mark.parametrize("rolling", [False, True])
def test_outputs_are_those_of_plain_python(rolling: bool) -> None:
    records = market()
    found = written(LightJob(Settings(), rolling), [records[:5_000], records[5_000:5_001], records[5_001:]])
    assert [json.loads(record.value) for record in found] == expected(rolling)
    assert [(record.key, record.timestamp) for record in found] == [(r.key, r.timestamp_ms) for r in records]
    assert not all(json.loads(record.value)["ok"] for record in found)


def test_a_window_is_restored_from_its_bytes() -> None:
    job, raw = LightJob(Settings(), True), raw_of(market())
    whole, first = job.engine(), job.engine()
    last = whole.step_raw(raw).z[12_000:]
    first.step_raw(raw.slice(0, 12_000))
    second = job.engine()
    for slot in range(first.known):
        second.load(first.symbols.key(slot), *first.export(slot))
    assert second.step_raw(raw.slice(12_000, 14_000)).z.tolist() == last.tolist()
