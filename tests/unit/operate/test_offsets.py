"""What `state offsets` says of a committed offset, and what it would commit in its place."""

from __future__ import annotations

import pytest

from schemas.state import ReplayFrom
from worker.operate.offsets import Reached, judged
from worker.stream.state.checkpoint import Checkpoint, Committed
from worker.stream.state.contradiction import LeftOut
from worker.stream.state.topic import StateRecords
from worker.stream.state.witness import OutputsEnd

OURS = Checkpoint(0, 0, 0, 1)
END = 400
SAVED = 190


def row(
    offset: int | None,
    *,
    own: bool = False,
    outputs: int = 220,
    left: LeftOut | None = None,
    end: int = END,
    exactly_once: bool = True,
    seen: bool = True,
) -> Reached:
    found = None if offset is None else Committed(offset, OURS if own else None)
    stored = StateRecords(resume=ReplayFrom(1, 0, 100, SAVED)) if seen else StateRecords()
    return judged(0, found, stored, OutputsEnd(outputs if seen else 0, True), left, end, exactly_once)


def test_what_agrees_is_left_alone() -> None:
    for one in (
        row(220, own=True),
        row(220),
        row(221),
        row(SAVED, own=True, exactly_once=False),
        row(None, seen=False),
    ):
        assert not one.contradicted
        assert one.sentence.endswith("and nothing contradicts it"), one.sentence


@pytest.mark.parametrize("offset", [None, 100, 219])
def test_behind_it_is_set_forward(offset: int | None) -> None:
    one = row(offset)
    assert (one.behind, one.ahead, one.next) == (True, False, 220)
    assert "but its outputs show 220" in one.sentence


def test_ahead_it_is_set_back() -> None:
    one = row(280, left=LeftOut(225, 220, True))
    assert (one.behind, one.ahead, one.next) == (False, True, 220)
    assert "processed up to 220: the records from 225 on have no outcome" in one.sentence
    assert one.as_dict()["left_out"] == 225


def test_what_can_not_be_told_is_only_said() -> None:
    one = row(280, left=LeftOut(225, 220, False))
    assert not one.contradicted
    assert "it is unknown whether" in one.sentence


def test_beyond_the_end_by_hand_it_is_set_back() -> None:
    one = row(900)
    assert (one.ahead, one.next) == (True, 220)
    assert "the input ends at 400, and the group has processed up to 220" in one.sentence
    new = row(900, seen=False)
    assert (new.ahead, new.next) == (True, END)


@pytest.mark.parametrize(("own", "offset"), [(True, 220), (False, 220)])
def test_lost_records_are_not_mended_by_an_offset(own: bool, offset: int) -> None:
    one = row(offset, own=own, end=200)
    assert not one.contradicted
    assert "the cluster has lost records" in one.sentence


def test_at_least_once_an_offset_by_hand_is_not_behind_what_was_saved() -> None:
    one = row(100, exactly_once=False)
    assert (one.behind, one.next) == (True, SAVED)
    assert not row(100, own=True, exactly_once=False).behind
    assert not row(SAVED, exactly_once=False).behind
