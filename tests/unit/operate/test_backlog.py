"""The newest records that pass a filter are found from the end of each partition, whatever lies between them."""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import drawn
from worker.operate.backlog import Line, newest

TOPIC = "decisions"


class Record(NamedTuple):
    """What aiokafka gives, as far as it is read."""

    timestamp: int
    partition: int
    offset: int
    value: bytes | None


class Log:
    """A consumer over partitions whose offsets have gaps, as transaction markers leave them."""

    def __init__(self, partitions: list[list[tuple[int, int, bytes]]], step: int) -> None:
        self.parts = {TopicPartition(TOPIC, p): lines for p, lines in enumerate(partitions)}
        self.step = step
        self.ends = {tp: lines[-1][0] + 2 if lines else 5 for tp, lines in self.parts.items()}
        self.at: dict[TopicPartition, int] = {}
        self.fetched = 0

    async def beginning_offsets(self, tps: list[TopicPartition]) -> dict[TopicPartition, int]:
        return {tp: self.parts[tp][0][0] if self.parts[tp] else 5 for tp in tps}

    def assign(self, tps: list[TopicPartition]) -> None:
        self.at = {}

    def seek(self, tp: TopicPartition, offset: int) -> None:
        self.at[tp] = offset

    async def position(self, tp: TopicPartition) -> int:
        return self.at[tp]

    async def getmany(self, tp: TopicPartition, timeout_ms: int) -> dict[TopicPartition, list[Record]]:
        found = [line for line in self.parts[tp] if line[0] >= self.at[tp]][: self.step]
        self.at[tp] = found[-1][0] + 1 if found else self.ends[tp]
        self.fetched += len(found)
        return {tp: [Record(ts, tp.partition, offset, value) for offset, ts, value in found]}


@st.composite
def logs(draw: st.DrawFn) -> Log:
    partitions = []
    for _ in range(draw(st.integers(1, 3))):
        offset, ts, lines = draw(st.integers(0, 5)), 0, []
        for value in draw(st.lists(st.sampled_from([b"a", b"b", b"b", b"b"]), max_size=60)):
            offset, ts = offset + draw(st.integers(1, 6)), ts + draw(st.integers(0, 3))
            lines.append((offset, ts, value))
        partitions.append(lines)
    return Log(partitions, draw(st.integers(1, 9)))


def found(log: Log, last: int, wanted: bytes | None) -> tuple[list[Line], list[Line]]:
    """What is found, and all that was asked about."""
    asked: list[Line] = []

    def passes(line: Line) -> bool:
        asked.append(line)
        return wanted is None or line.value == wanted

    consumer: Any = log
    return asyncio.run(newest(consumer, log.ends, last, passes)), asked


@settings(max_examples=drawn(40, 300), deadline=None)
@given(logs(), st.integers(0, 8), st.sampled_from([b"a", b"c", None]))
def test_filters_apply_before_the_last_are_taken(log: Log, last: int, wanted: bytes | None) -> None:
    lines, asked = found(log, last, wanted)
    everything = sorted(Line(ts, tp.partition, at, value) for tp, part in log.parts.items() for at, ts, value in part)
    matching = [line for line in everything if wanted is None or line.value == wanted]
    assert lines == (matching[-last:] if last else [])
    assert len(set(asked)) == len(asked)
    if last and len(matching) < last:
        assert sorted(asked) == everything


def test_without_a_filter_only_the_end_is_read() -> None:
    log = Log([[(2 * at, at, b"a") for at in range(10_000)]], step=500)
    lines, asked = found(log, 5, None)
    assert [line.timestamp for line in lines] == list(range(9_995, 10_000))
    assert len(asked) < 30
    assert log.fetched < 30
