"""`verify` finds each kind of fault, and only faults."""

from __future__ import annotations

import pytest

from worker.operate.report import EXAMPLES, Outcome, PartitionReport, Report, judge
from worker.stream.state.placement import Homes, told

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


def test_each_fault_counts_also_where_it_is_not_listed() -> None:
    many: dict[int, bytes | None] = dict.fromkeys(range(40), A)
    report = judge(PartitionReport(0), many, [Outcome(0, A, 1, True)] * 8, exactly_once=True)
    assert (report.lost, report.count("lost")) == ([1, 2, 3, 4, 5], 39)
    assert (len(report.doubled), report.count("doubled")) == (EXAMPLES, 7)
    assert report.faults == 39 + 7
    whole = Report([report, report])
    assert whole.faults == whole.as_dict()["faults"] == 2 * report.faults
    assert whole.as_dict()["partitions"][0]["counts"] == {"doubled": 7, "lost": 39}


def test_at_least_once_allows_equal_repeats_only() -> None:
    assert judged([*GOOD, GOOD[0]], exactly_once=False).faults == 0
    assert judged([*GOOD, GOOD[0]._replace(sequence=7)], exactly_once=False).doubled == [0]


def judged_with(sequences: tuple[int, int], resets: list[int]) -> PartitionReport:
    """A's last two outcomes have these sequence numbers; B's only one lies between them."""
    second, third = sequences
    outcomes = [GOOD[0], GOOD[1]._replace(sequence=second), GOOD[2], GOOD[3]._replace(sequence=third)]
    outcomes[1] = outcomes[1]._replace(accepted=True)
    return judge(PartitionReport(0), INPUTS, outcomes, True, resets=resets)


@pytest.mark.parametrize(
    ("sequences", "resets", "faults"),
    [
        ((2, 1), [2], []),
        ((2, 1), [3], []),
        ((1, 1), [1, 2], []),
        ((2, 1), [], [3]),
        ((2, 3), [2], [3]),  # the state was not thrown away after all
        ((2, 2), [2], [3]),
        ((2, 1), [1], [1, 3]),
        ((2, 3), [4], []),
    ],
)
def test_after_a_reset_sequences_begin_at_1(sequences: tuple[int, int], resets: list[int], faults: list[int]) -> None:
    assert judged_with(sequences, resets).sequence_faults == faults


def test_a_trimmed_input_may_begin_within_a_sequence() -> None:
    later = [Outcome(0, A, 8, True), Outcome(1, A, 9, False), Outcome(2, B, None, False), Outcome(3, A, 10, True)]
    assert judged(later, whole=False).faults == 0
    assert judged(later).sequence_faults == [0]


def test_a_time_of_a_symbol_is_decided_once() -> None:
    timed = [outcome._replace(ts=60_000 * (1 + number)) for number, outcome in enumerate(GOOD)]
    assert judged(timed).faults == 0
    again = [*timed[:3], timed[3]._replace(ts=timed[0].ts)]
    assert (judged(again).decided_twice, judged(again).faults) == ([3], 1)
    rejected = [timed[0], timed[1]._replace(ts=timed[0].ts), *timed[2:]]
    assert judged(rejected).faults == 0
    assert judged([*timed, timed[0]], exactly_once=False).faults == 0  # the same decision, not a second one


def test_a_key_on_two_partitions_is_a_fault() -> None:
    homes = Homes()
    homes.note(0, [A, B, None, A])
    homes.note(3, [b"C", None])
    assert homes.split == {}
    homes.note(3, [A, b"C"])
    homes.note(1, [A])
    report = Report([judged(GOOD)], homes.split)
    assert (report.split_keys, report.faults, report.complete) == ({"A": [0, 1, 3]}, 1, False)
    assert report.as_dict()["split_keys"] == {"A": [0, 1, 3]}
    assert "A on 0 and 1 and 3" in told(report.split_keys)
    assert "murmur2" in told(report.split_keys)
