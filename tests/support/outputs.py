"""What a group must have written: read by an independent client, recomputed in this process, compared byte by byte."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

import confluent_kafka
from aiokafka.structs import ConsumerRecord

from schemas.state import JournalEntry
from tests.support.consumed import offsets_of, to_records
from tests.support.record_engine import RecordEngine
from worker.configured_strategy import filled, shelf
from worker.instruments import load_engine
from worker.kafka.reader import Consumed
from worker.models.serving.library import Library, configured_stages
from worker.settings import Settings
from worker.stream.output.builder import OutputBuilder
from worker.stream.state.records import JOURNAL, unpack_entry

TIMEOUT = 20.0
ATTEMPT, PATIENCE = 5.0, 90.0  # seconds for one answer of a cluster whose brokers come and go, and for all attempts
# What a broker that has just started answers until it has its topics and groups, and what the client says that still
# asks a leader that is gone.
NOT_YET = (
    confluent_kafka.KafkaError._TIMED_OUT,
    confluent_kafka.KafkaError._TRANSPORT,
    confluent_kafka.KafkaError._ALL_BROKERS_DOWN,
    confluent_kafka.KafkaError._WAIT_COORD,
    confluent_kafka.KafkaError.REQUEST_TIMED_OUT,
    confluent_kafka.KafkaError.OFFSET_NOT_AVAILABLE,
    confluent_kafka.KafkaError.FENCED_LEADER_EPOCH,
    confluent_kafka.KafkaError.UNKNOWN_LEADER_EPOCH,
    confluent_kafka.KafkaError._UNKNOWN_PARTITION,
    confluent_kafka.KafkaError._UNKNOWN_TOPIC,
    confluent_kafka.KafkaError.UNKNOWN_TOPIC_OR_PART,
    confluent_kafka.KafkaError.LEADER_NOT_AVAILABLE,
    confluent_kafka.KafkaError.NOT_LEADER_FOR_PARTITION,
    confluent_kafka.KafkaError.NOT_COORDINATOR,
    confluent_kafka.KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    confluent_kafka.KafkaError.COORDINATOR_NOT_AVAILABLE,
)
SLICE = 777  # records; unlike any batch size of a worker
Headers = tuple[tuple[str, bytes], ...]
PLACE_HEADERS = ("ce_source", "ce_id", "__streams.errors.topic")  # the only ones that name the group or the topic


class Line(NamedTuple):
    """One record of an output topic, without its offset: aborted transactions and markers take offsets too."""

    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp: int


Outputs = dict[tuple[str, int], list[Line]]  # (topic without prefix, partition) → records in order


def _client(bootstrap: str, group: str, isolation: str) -> confluent_kafka.Consumer:
    return confluent_kafka.Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "isolation.level": isolation,
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "error",
            "fetch.message.max.bytes": 8_388_608,
        }
    )


class Progress:
    """Where the group stands, asked with librdkafka and without joining."""

    def __init__(self, settings: Settings) -> None:
        self._tps = [
            confluent_kafka.TopicPartition(settings.topics.input, p) for p in range(settings.topics.partitions)
        ]
        self._bootstrap = settings.kafka.bootstrap_servers
        self._client = _client(self._bootstrap, settings.processing.group, "read_uncommitted")

    async def committed(self) -> list[int]:
        """The group's offset per partition; 0 where there is none."""
        return await asyncio.to_thread(self._committed)

    async def ends(self) -> list[int]:
        """High watermark per partition."""
        return await asyncio.to_thread(self._ends)

    async def lag(self) -> list[int]:
        """What is not committed, per partition, at most: 0 is sure, and more may have been published meanwhile."""
        committed = await self.committed()
        return [end - at for end, at in zip(await self.ends(), committed, strict=True)]

    async def behind(self) -> list[int]:
        """The same at least: more than 0 is sure, and it may have been committed meanwhile."""
        ends = await self.ends()
        return [max(end - at, 0) for end, at in zip(ends, await self.committed(), strict=True)]

    def _committed(self) -> list[int]:
        found = self._answer(lambda: self._client.committed(self._tps, timeout=ATTEMPT))
        return [max(tp.offset, 0) for tp in found]

    def _ends(self) -> list[int]:
        return [self._answer(partial(self._client.get_watermark_offsets, tp, timeout=ATTEMPT))[1] for tp in self._tps]

    def _answer(self, ask: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return ask()
            except confluent_kafka.KafkaException as error:
                if error.args[0].code() not in NOT_YET or time.monotonic() > deadline:
                    raise
                with suppress(confluent_kafka.KafkaException):  # it learns of new leaders; the next attempt tells
                    self._client.list_topics(timeout=ATTEMPT)

    def close(self) -> None:
        self._client.close()


def read_topic(bootstrap: str, topic: str, partitions: int) -> list[list[Consumed]]:
    """All committed records of each partition up to its high watermark; waits for open transactions before it."""
    client = _client(bootstrap, "nobody", "read_committed")
    raw = _client(bootstrap, "nobody", "read_uncommitted")
    tps = [confluent_kafka.TopicPartition(topic, p, 0) for p in range(partitions)]
    ends: dict[int, int] = {}
    for tp in tps:
        first, ends[tp.partition] = raw.get_watermark_offsets(tp, timeout=TIMEOUT)
        tp.offset = first
    raw.close()
    found: list[list[Consumed]] = [[] for _ in tps]
    client.assign(tps)
    waiting = {partition for partition, end in ends.items() if end > 0}
    try:
        while waiting:
            message = client.poll(TIMEOUT)
            assert message is not None, f"{topic}: no end of partitions {waiting} within {TIMEOUT} s"
            partition, offset = message.partition(), message.offset()
            assert partition is not None
            assert offset is not None
            if error := message.error():
                assert error.code() == confluent_kafka.KafkaError._PARTITION_EOF, error
                if offset >= ends[partition]:
                    waiting.discard(partition)
            else:
                found[partition].append(_record(topic, message))
    finally:
        client.close()
    return found


def _record(topic: str, message: Any) -> Consumed:
    headers = tuple(message.headers() or ())
    kind, timestamp = message.timestamp()
    key, value = message.key(), message.value()
    return ConsumerRecord(
        topic, message.partition(), message.offset(), timestamp, kind, key, value, None, 0, 0, headers
    )


def _line(record: Consumed) -> Line:
    return Line(record.key, record.value, tuple(record.headers), record.timestamp)


def published(settings: Settings) -> Outputs:
    """What lies in both output topics."""
    topics = settings.topics
    found: Outputs = {}
    for name, full in ((topics.decisions, topics.output), (topics.rejected, topics.rejections)):
        for p, records in enumerate(read_topic(settings.kafka.bootstrap_servers, full, topics.partitions)):
            found[name, p] = [_line(record) for record in records]
    return found


def read_input(settings: Settings) -> list[list[Consumed]]:
    """All committed input records by partition."""
    return read_topic(settings.kafka.bootstrap_servers, settings.topics.input, settings.topics.partitions)


def read_journal(settings: Settings) -> list[list[JournalEntry]]:
    """Every journal entry ever committed, by partition: also those that were removed since, and all of one key in the
    order of their ordinals. The state topic must not have been compacted."""
    found = []
    for records in read_topic(settings.kafka.bootstrap_servers, settings.state_topic, settings.topics.partitions):
        entries: dict[bytes, JournalEntry] = {}
        for record in records:
            key = record.key or b""
            if key.startswith(JOURNAL) and record.value is not None:
                entry = unpack_entry(key, record.value)
                assert entries.setdefault(key, entry) == entry, "an entry never changes"
        found.append(sorted(entries.values(), key=lambda entry: entry.ordinal))
    return found


def expected(
    settings: Settings, inputs: Sequence[list[Consumed]], journal: Sequence[Sequence[JournalEntry]] | None = None
) -> Outputs:
    """What must lie there: the engine of this process over each partition's records in one go, with its journal."""
    topics = settings.topics
    found: Outputs = {(name, p): [] for name in (topics.decisions, topics.rejected) for p in range(len(inputs))}
    publisher = OutputBuilder(topics, settings.processing.group)
    parameters = filled(load_engine(settings.engine))
    stages = configured_stages(parameters.plugins)
    models = Library(parameters.model, settings.models.registry, stages=stages, voice=parameters.voice)
    strategies = shelf(parameters)
    for partition, records in enumerate(inputs):
        strategy = None if strategies is None else strategies.hooked()
        engine = RecordEngine(parameters, None, models.switchboard(), strategy, strategies.find if strategies else None)
        if strategies is not None:
            engine.speak(strategies.voices)
        for entry in journal[partition] if journal else ():
            engine.controls.add(entry)
        for start in range(0, len(records), SLICE):
            part = records[start : start + SLICE]
            for output in publisher.outputs(part, engine.process(to_records(part), offsets_of(part))):
                line = Line(output.key, output.value, tuple(output.headers), output.timestamp_ms)
                found[output.topic.removeprefix(topics.prefix), partition].append(line)
    return found


def elsewhere(outputs: Outputs) -> Outputs:
    """The same without the three headers' mention of group and topic, to compare runs on different topics."""
    return {at: [line._replace(headers=_placeless(line.headers)) for line in lines] for at, lines in outputs.items()}


def _placeless(headers: Headers) -> Headers:
    return tuple(
        (name, value.rpartition(b"-")[2] if name == "ce_id" else b"") if name in PLACE_HEADERS else (name, value)
        for name, value in headers
    )


def without_repeats(outputs: Outputs) -> Outputs:
    """The first of all records with the same `ce_id`; they must be equal."""
    once: Outputs = {}
    for at, lines in outputs.items():
        first: dict[bytes, Line] = {}
        for line in lines:
            assert first.setdefault(dict(line.headers)["ce_id"], line) == line
        once[at] = list(first.values())
    return once


def count(outputs: Outputs) -> int:
    """Number of records."""
    return sum(map(len, outputs.values()))


def assert_equal(found: Outputs, wanted: Outputs) -> None:
    """Fail with the first difference, not with megabytes."""
    assert found.keys() == wanted.keys()
    for at, lines in wanted.items():
        for number, (line, other) in enumerate(zip(found[at], lines, strict=False)):
            assert line == other, f"{at}: record {number} differs"
        assert len(found[at]) == len(lines), f"{at}: {len(found[at])} records, not {len(lines)}"
