"""Partitions that lie in memory, served by a fake broker: what was appended is read, until a test takes it away."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from aiokafka import TopicPartition
from aiokafka.protocol import fetch

from tests.support.fake_answers import FETCH_WAIT, Topic, cluster
from tests.support.fake_broker import Answer, Api, Asked, FakeBroker
from tests.support.record_sets import MARKER_COMMIT, batch, marker
from worker.kafka.protocol.log_ends import (
    FIRST,
    EpochEndRequest,
    EpochEndResponse,
    ListOffsetsRequest,
    ListOffsetsResponse,
)

Headers = Sequence[tuple[str, bytes]]
Record = tuple[bytes | None, bytes | None, Headers]  # key, value, headers
MOST = 200  # records of an answer
FETCHERS = 11  # version of Fetch that consumers use; our own is 4
OUT_OF_RANGE, NO_EPOCH = 1, -1


class FakeLog:
    """One partition's records."""

    def __init__(self, identity: int, start: int = 0) -> None:
        self.id, self.start = identity, start
        self.epoch = 0  # of its leader
        self.ends: dict[int, int] = {}  # epochs of former leaders → offset behind their last record
        self.damaged = False  # whether a byte of each answer is another
        self._records: list[Record | None] = []  # None: an offset that a marker takes

    @property
    def end(self) -> int:
        """Offset behind the last record."""
        return self.start + len(self._records)

    def append(self, *records: Record) -> int:
        """The offset of the first of them."""
        at = self.end
        self._records += records
        return at

    def mark(self, count: int) -> None:
        """So many transactions end: their markers take offsets."""
        self._records += [None] * count

    def lose(self, count: int) -> None:
        """Truncate: the last records are gone."""
        del self._records[len(self._records) - count :]

    def delete(self, before: int) -> None:
        """Retention: records before this offset are gone."""
        del self._records[: before - self.start]
        self.start = before

    def compact(self, before: int) -> None:
        """Compaction: of the records before this offset only those stay that are the last of their key."""
        last = {record[0]: offset for offset, record in self.records()}
        for offset, record in list(self.records()):
            if offset < before and last[record[0]] != offset:
                self._records[offset - self.start] = None

    def read(self, at: int) -> bytes:
        """Some records from an offset on, as a record set."""
        found = self._records[at - self.start :][:MOST]
        parts: list[bytes] = []
        for marks, group in groupby(enumerate(found, at), lambda each: each[1] is None):
            run = list(group)
            if marks:
                parts += [marker(offset, 7, MARKER_COMMIT) for offset, _ in run]
            else:
                parts.append(batch([(r[0], r[1], 1, r[2]) for _, r in run if r], run[0][0]))
        data = b"".join(parts)
        return data[:-1] + bytes([data[-1] ^ 1]) if data and self.damaged else data

    def records(self) -> Iterable[tuple[int, Record]]:
        """All, with their offsets."""
        return ((offset, record) for offset, record in enumerate(self._records, self.start) if record)


def serve(broker: FakeBroker, logs: Mapping[TopicPartition, FakeLog]) -> None:
    """Let a broker lead these partitions."""
    topics = {
        tp.topic: Topic({tp.partition: (0, broker.node)}, 0, log.id.to_bytes(16, "big"), log.epoch)
        for tp, log in logs.items()
    }

    async def fetched(asked: Asked) -> Answer:
        told: list[Any] = []
        busy = False
        request: Any = asked.read(fetch.FetchRequest_v11 if asked.version == FETCHERS else fetch.FetchRequest_v4)
        for topic, rows in request.topics:
            for partition, *row in rows:
                at = row[1] if asked.version == FETCHERS else row[0]
                log = logs[TopicPartition(topic, partition)]
                code = 0 if log.start <= at <= log.end else OUT_OF_RANGE
                data = b"" if code else log.read(at)
                busy = busy or bool(code or data)
                middle = (
                    (log.end, log.end, log.start, None, -1) if asked.version == FETCHERS else (log.end, log.end, None)
                )
                told.append((topic, [(partition, code, *middle, data)]))
        if not busy:
            await asyncio.sleep(FETCH_WAIT)
        return fetch.FetchResponse_v11(0, 0, 0, told) if asked.version == FETCHERS else fetch.FetchResponse_v4(0, told)

    def bounds(asked: Asked) -> Answer:
        told: list[Any] = []
        for topic, rows in asked.read(ListOffsetsRequest).topics:  # type: ignore[attr-defined]
            for partition, _, at in rows:
                log = logs[TopicPartition(topic, partition)]
                told.append((topic, [(partition, 0, -1, log.start if at == FIRST else log.end, log.epoch)]))
        return ListOffsetsResponse(0, told)

    def epoch_ends(asked: Asked) -> Answer:
        told: list[Any] = []
        for topic, rows, _ in asked.read(EpochEndRequest).topics:  # type: ignore[attr-defined]
            for partition, _, epoch, _ in rows:
                log = logs[TopicPartition(topic, partition)]
                known = [each for each in log.ends if each <= epoch]
                last, end = (epoch, log.end) if epoch >= log.epoch else (NO_EPOCH, -1)
                if epoch < log.epoch and known:
                    last, end = max(known), log.ends[max(known)]
                told.append((topic, [(0, partition, last, end, {})], {}))
        return EpochEndResponse(0, told, {})

    broker.on(Api.METADATA, cluster([broker], topics))
    broker.on(Api.FETCH, fetched)
    broker.on(Api.LIST_OFFSETS, bounds)
    broker.on(Api.OFFSET_FOR_LEADER_EPOCH, epoch_ends)
