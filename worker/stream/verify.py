"""Proves promise 1 on live topics: every input record has exactly one outcome, every symbol's sequence is whole,
no time of a symbol is decided twice, and every key lies on one partition."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple, TypeAlias

import msgspec
from aiokafka import TopicPartition

from worker.settings import Settings
from worker.stream.placement import Homes
from worker.stream.reading import Consumed, Reader, high_watermarks

Resets: TypeAlias = Callable[[int], Awaitable[Sequence[int]]]  # of a partition: input offsets, ascending
EXAMPLES = 5  # offsets named per fault and partition
FAULTS = (
    "lost",
    "doubled",
    "foreign",
    "wrong_key",
    "sequence_faults",
    "decided_twice",
)  # lists of a partition's report


class Outcome(NamedTuple):
    """What one output record says of its input record."""

    offset: int
    key: bytes | None
    sequence: int | None
    accepted: bool
    ts: int | None = None


class _Sequenced(msgspec.Struct):
    sequence: int | None
    ts: int | None = None


@dataclass
class PartitionReport:
    """Findings on one partition; the lists hold the first few input offsets concerned."""

    partition: int
    inputs: int = 0
    decisions: int = 0
    rejections: int = 0
    repeats: int = 0  # equal records a second time: allowed at least once, a fault exactly once
    pending: int = 0  # input records behind the committed offset's position
    lost: list[int] = field(default_factory=list)
    doubled: list[int] = field(default_factory=list)
    foreign: list[int] = field(default_factory=list)  # outcomes of records that the input does not hold
    wrong_key: list[int] = field(default_factory=list)
    sequence_faults: list[int] = field(default_factory=list)
    decided_twice: list[int] = field(default_factory=list)  # decisions for a (symbol, ts) that has one already

    @property
    def faults(self) -> int:
        """Number of faults (as far as they are listed)."""
        return sum(len(getattr(self, name)) for name in FAULTS)


@dataclass
class Report:
    """Findings on all partitions."""

    partitions: list[PartitionReport]
    split_keys: dict[str, list[int]] = field(default_factory=dict)  # keys on two partitions or more, and which

    @property
    def complete(self) -> bool:
        """No fault, and nothing left to process."""
        return not self.faults and not self.pending

    @property
    def faults(self) -> int:
        """Faults over all partitions."""
        return sum(p.faults for p in self.partitions) + len(self.split_keys)

    @property
    def pending(self) -> int:
        """Input records that the group has not committed yet."""
        return sum(p.pending for p in self.partitions)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for `--json`."""
        return {
            "complete": self.complete,
            "faults": self.faults,
            "pending": self.pending,
            "partitions": [asdict(p) for p in self.partitions],
            "split_keys": self.split_keys,
        }


def judge(
    report: PartitionReport,
    inputs: dict[int, bytes | None],
    outcomes: Iterable[Outcome],
    exactly_once: bool,
    whole: bool = True,
    resets: Sequence[int] = (),
) -> PartitionReport:
    """Compare one partition's inputs (offset → key) with the outcomes found.

    `whole` says that the input begins where the group began, so that sequences must begin at 1. They begin at 1 again
    at the input offsets `resets` (ascending), where the state was thrown away on purpose.
    """
    seen: dict[int, Outcome] = {}
    for outcome in outcomes:
        if outcome.offset not in inputs:
            _note(report.foreign, outcome.offset)
        elif outcome.offset in seen:
            report.repeats += 1
            if exactly_once or seen[outcome.offset] != outcome:
                _note(report.doubled, outcome.offset)
        else:
            seen[outcome.offset] = outcome
    report.inputs = len(inputs)
    report.decisions = sum(o.accepted for o in seen.values())
    report.rejections = len(seen) - report.decisions
    last: dict[bytes | None, int] = {}
    decided: set[tuple[bytes | None, int | None]] = set()
    left = list(resets)
    for offset in sorted(inputs):
        while left and offset >= left[0]:
            last, decided, whole = {}, set(), True
            del left[0]
        found = seen.get(offset)
        if found is None:
            _note(report.lost, offset)
            continue
        if found.key != inputs[offset]:
            _note(report.wrong_key, offset)
        if not _follows(last, found, whole):
            _note(report.sequence_faults, offset)
        if found.accepted and found.ts is not None:
            if (found.key, found.ts) in decided:
                _note(report.decided_twice, offset)
            decided.add((found.key, found.ts))
    return report


def _follows(last: dict[bytes | None, int], outcome: Outcome, whole: bool) -> bool:
    before = last.get(outcome.key, 0)
    if not whole and before == 0:
        last[outcome.key] = outcome.sequence or 0
        return True
    if outcome.sequence is None:
        return before == 0 and not outcome.accepted
    last[outcome.key] = outcome.sequence
    return outcome.sequence == before + 1 and (before > 0 or outcome.accepted)


def _note(examples: list[int], offset: int) -> None:
    if len(examples) < EXAMPLES:
        examples.append(offset)


def _outcomes(records: list[Consumed], source: bytes, accepted: bool, prefix: bytes) -> Iterable[Outcome]:
    decode = msgspec.json.Decoder(_Sequenced).decode
    for record in records:
        headers = dict(record.headers)
        identity = headers.get("ce_id", b"")
        if headers.get("ce_source") == source and identity.startswith(prefix):
            said = decode(record.value or b"")
            yield Outcome(int(identity[len(prefix) :]), record.key, said.sequence, accepted, said.ts)


async def verify(
    settings: Settings,
    options: dict[str, Any],
    committed: dict[int, int],
    on_progress: Callable[[int], None] = lambda records: None,
    resets: Resets | None = None,
) -> Report:
    """Read input and outputs (read_committed) and compare. `committed` is the group's offset per partition, `resets`
    is asked only about partitions whose sequences begin again."""
    names, group = settings.topics, settings.processing.group
    source = f"/alphapulse/{group}".encode()
    exactly_once = settings.processing.guarantee == "exactly_once"
    reports, homes = [], Homes()
    outputs = [TopicPartition(topic, p) for topic in (names.output, names.rejections) for p in committed]
    ends = await high_watermarks(options, outputs)
    async with Reader(options) as reader:
        for partition, offset in sorted(committed.items()):
            report = PartitionReport(partition)
            first, _ = await reader.bounds(TopicPartition(names.input, partition))
            inputs: dict[int, bytes | None] = {}
            async for records in reader.batches(TopicPartition(names.input, partition)):
                inputs.update((r.offset, r.key) for r in records if r.offset < offset)
                homes.note(partition, (r.key for r in records))
                report.pending += sum(r.offset >= offset for r in records)
                on_progress(len(records))
            found: list[Outcome] = []
            prefix = f"{names.input}-{partition}-".encode()
            for topic, accepted in ((names.output, True), (names.rejections, False)):
                tp = TopicPartition(topic, partition)
                async for records in reader.batches(tp, stop=ends[tp]):
                    # What lies outside was trimmed from the input, or is being committed right now.
                    inside = (o for o in _outcomes(records, source, accepted, prefix) if first <= o.offset < offset)
                    found.extend(inside)
                    on_progress(len(records))
            whole = first == 0
            pending = report.pending
            judge(report, inputs, found, exactly_once, whole)
            if report.sequence_faults and resets and (offsets := await resets(partition)):
                again = PartitionReport(partition, pending=pending)
                report = judge(again, inputs, found, exactly_once, whole, offsets)
            reports.append(report)
    return Report(reports, homes.split)
