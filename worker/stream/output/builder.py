"""The builder of Kafka records from the engine's outcomes: value, key and headers that identify the input."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import msgspec

from schemas import Decision, Rejection
from schemas.tick import MAX_TS, MIN_TS
from worker.kafka.reader import Consumed
from worker.kafka.records.outputs import Header, Output
from worker.settings import TopicSettings

TRACE_HEADERS = ("traceparent", "tracestate")
DECISION = b"io.alphapulse.decision.v1"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(4096)  # the symbols of a market share their bars' times
def rfc3339(ms: int) -> str:
    """Format epoch ms as an RFC 3339 time in UTC with milliseconds, clamped to the years 1 to 9999."""
    ms = min(max(ms, MIN_TS), MAX_TS)
    return (_EPOCH + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def common_headers(group: str) -> tuple[Header, ...]:
    """Return the headers that all outputs of a group have."""
    return (
        ("content-type", b"application/json"),
        ("ce_specversion", b"1.0"),
        ("ce_source", f"/alphapulse/{group}".encode()),
    )


class OutputBuilder:
    """The builder of one group's output records. Nothing in them depends on the worker."""

    def __init__(self, topics: TopicSettings, group: str) -> None:
        self._topics = topics
        self._encode = msgspec.json.Encoder().encode
        self._common = common_headers(group)

    def outputs(self, records: Sequence[Consumed], outcomes: Sequence[Decision | Rejection]) -> Iterator[Output]:
        """Yield one output per record, in order."""
        for record, outcome in zip(records, outcomes, strict=True):
            yield self._output(record, outcome)

    def _output(self, record: Consumed, outcome: Decision | Rejection) -> Output:
        decided = isinstance(outcome, Decision)
        headers = [
            *self._common,
            ("ce_id", f"{record.topic}-{record.partition}-{record.offset}".encode()),
            ("alphapulse.ingest_ms", str(record.timestamp).encode()),
            *((name, value) for name, value in record.headers if name in TRACE_HEADERS),
        ]
        headers += self._decision(outcome) if isinstance(outcome, Decision) else self._rejection(record, outcome)
        return Output(
            topic=self._topics.output if decided else self._topics.rejections,
            key=record.key,
            value=self._encode(outcome),
            timestamp_ms=max(record.timestamp, 0),
            headers=headers,
        )

    def _decision(self, decision: Decision) -> list[Header]:
        return [
            ("ce_type", DECISION),
            ("ce_time", rfc3339(decision.close_ts).encode()),
        ]

    def _rejection(self, record: Consumed, rejection: Rejection) -> list[Header]:
        return [
            ("ce_type", b"io.alphapulse.rejection.v1"),
            ("__streams.errors.topic", record.topic.encode()),
            ("__streams.errors.partition", str(record.partition).encode()),
            ("__streams.errors.offset", str(record.offset).encode()),
            ("alphapulse.reason", ";".join(rejection.codes).encode()),
            ("alphapulse.stage", b"validation"),
        ]
