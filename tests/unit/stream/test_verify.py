"""`verify` finds each kind of fault, and only faults."""

from __future__ import annotations

import pytest

from worker.stream.verify import Outcome, PartitionReport, judge

A, B = b"A", b"B"
INPUTS: dict[int, bytes | None] = {0: A, 1: A, 2: B, 3: A}
GOOD = [Outcome(0, A, 1, True), Outcome(1, A, 2, False), Outcome(2, B, None, False), Outcome(3, A, 3, True)]


def judged(outcomes: list[Outcome], *, exactly_once: bool = True, whole: bool = True) -> PartitionReport:
    return judge(PartitionReport(0), INPUTS, outcomes, exactly_once, whole)


def test_a_whole_partition_has_no_fault() -> None:
    report = judged(GOOD)
    assert report.faults == 0
    assert (report.inputs, report.decisions, report.rejections) == (4, 2, 2)


@pytest.mark.parametrize(
    ("outcomes", "fault", "at"),
    [
        (GOOD[:3], "lost", 3),
        ([*GOOD, GOOD[1]], "doubled", 1),
        ([*GOOD, Outcome(9, A, 4, True)], "foreign", 9),
        ([GOOD[0]._replace(key=B), *GOOD[1:]], "wrong_key", 0),
        ([*GOOD[:3], Outcome(3, A, 4, True)], "sequence_faults", 3),
        ([*GOOD[:3], Outcome(3, A, 2, True)], "sequence_faults", 3),
        ([*GOOD[:3], Outcome(3, A, None, False)], "sequence_faults", 3),
        ([GOOD[0]._replace(sequence=2), *GOOD[1:]], "sequence_faults", 0),
        ([GOOD[0]._replace(accepted=False), *GOOD[1:]], "sequence_faults", 0),
    ],
)
def test_each_fault_is_found(outcomes: list[Outcome], fault: str, at: int) -> None:
    report = judged(outcomes)
    assert at in getattr(report, fault)


def test_at_least_once_allows_equal_repeats_only() -> None:
    assert judged([*GOOD, GOOD[0]], exactly_once=False).faults == 0
    assert judged([*GOOD, GOOD[0]._replace(sequence=7)], exactly_once=False).doubled == [0]


def test_a_trimmed_input_may_begin_within_a_sequence() -> None:
    later = [Outcome(0, A, 8, True), Outcome(1, A, 9, False), Outcome(2, B, None, False), Outcome(3, A, 10, True)]
    assert judged(later, whole=False).faults == 0
    assert judged(later).sequence_faults == [0]
