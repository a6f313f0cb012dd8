"""Comparison of one partition's input with its outcomes; mismatches are counted as faults."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

EXAMPLES = 5  # offsets named per fault and partition
FAULTS = (
    "lost",
    "doubled",
    "foreign",
    "wrong_key",
    "sequence_faults",
    "decided_twice",
    "past_offset",
    "beyond_end",
)  # lists of a partition's report


class Outcome(NamedTuple):
    """The identity of one output record: its input record, key and sequence."""

    offset: int
    key: bytes | None
    sequence: int | None
    accepted: bool
    ts: int | None = None


@dataclass
class PartitionReport:
    """Findings on one partition; the lists hold the first few input offsets of each fault."""

    partition: int
    inputs: int = 0
    decisions: int = 0
    rejections: int = 0
    repeats: int = 0  # repeated outcomes: allowed under at_least_once, a violation under exactly_once
    pending: int = 0  # input records at the committed offset and after it
    published: int = 0  # under at_least_once: of these, records whose outcome will be repeated
    lost: list[int] = field(default_factory=list)
    doubled: list[int] = field(default_factory=list)
    foreign: list[int] = field(default_factory=list)  # outcomes of records that are not in the input
    wrong_key: list[int] = field(default_factory=list)
    sequence_faults: list[int] = field(default_factory=list)
    decided_twice: list[int] = field(default_factory=list)  # second decisions for one (symbol, ts)
    past_offset: list[int] = field(default_factory=list)  # outcomes at or after the committed offset
    beyond_end: list[int] = field(default_factory=list)  # a committed offset past the end of the input
    counts: dict[str, int] = field(default_factory=dict)  # of each fault, unlisted offsets included

    def note(self, fault: str, offset: int) -> None:
        """Count one fault at an input offset."""
        self.counts[fault] = self.counts.get(fault, 0) + 1
        examples: list[int] = getattr(self, fault)
        if len(examples) < EXAMPLES:
            examples.append(offset)

    def count(self, fault: str) -> int:
        """Return the number of faults of one kind."""
        return max(self.counts.get(fault, 0), len(getattr(self, fault)))

    @property
    def faults(self) -> int:
        """Number of faults."""
        return sum(map(self.count, FAULTS))


@dataclass
class Report:
    """Findings on all partitions."""

    partitions: list[PartitionReport]
    split_keys: dict[str, list[int]] = field(default_factory=dict)  # key → its partitions, where more than one

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
        """Return plain data, for `--json`."""
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

    `whole` means that the input begins where the group began, so that sequences must begin at 1. They restart at 1 at
    the input offsets `resets` (ascending), where an operator discarded the state.
    """
    seen: dict[int, Outcome] = {}
    for outcome in outcomes:
        if outcome.offset not in inputs:
            report.note("foreign", outcome.offset)
        elif outcome.offset in seen:
            report.repeats += 1
            if exactly_once or seen[outcome.offset] != outcome:
                report.note("doubled", outcome.offset)
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
            report.note("lost", offset)
            continue
        if found.key != inputs[offset]:
            report.note("wrong_key", offset)
        if not _follows(last, found, whole):
            report.note("sequence_faults", offset)
        if found.accepted and found.ts is not None:
            if (found.key, found.ts) in decided:
                report.note("decided_twice", offset)
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
