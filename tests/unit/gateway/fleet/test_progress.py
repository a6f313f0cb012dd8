"""Lag in records and in seconds, and when a partition stands still."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from worker.gateway.fleet.progress import IDLE, STALLED, Progress
from worker.gateway.fleet.waiting import MOST, Waiting


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 6)), max_size=60))
def test_the_oldest_waiting_record_has_waited_since_it_was_first_seen(looks: list[tuple[int, int]]) -> None:
    waiting = Waiting()
    came: dict[int, float] = {}  # offset → when it was first seen
    end = committed = 0
    for now, (new, done) in enumerate(looks):
        came |= {offset: float(now) for offset in range(end, end + new)}
        end += new
        committed = min(committed + done, end)
        wanted = now - came[committed] if committed < end else 0.0
        assert waiting.note(float(now), end, committed) == wanted


def test_samples_are_bounded_and_the_oldest_stays() -> None:
    waiting = Waiting()
    for now in range(10 * MOST):
        seconds = waiting.note(float(now), now + 1, 0)
    assert seconds == 10 * MOST - 1
    assert len(waiting._ends) <= MOST


def test_a_partition_stalls_and_idles() -> None:
    progress = Progress()
    assert progress.look(0.0, 5, 0, 5)[2:4] == (0, 0.0)
    assert not progress.look(1.0, 5, 0, 9).stalled
    assert not progress.look(STALLED, 5, 0, 12).stalled
    standing = progress.look(STALLED + 2, 5, 0, 12)
    assert (standing.stalled, standing.lag, standing.lag_seconds) == (True, 7, STALLED + 1)
    assert not progress.look(STALLED + 3, 6, 0, 12).stalled, "it moved"
    assert not progress.look(STALLED + 4, 12, 0, 12).idle
    assert progress.look(STALLED + IDLE, 12, 0, 12).idle


def test_a_new_owner_has_taken_a_partition_when_it_commits() -> None:
    progress = Progress()
    assert progress.look(0.0, 5, 0, 9, "a").taken, "it may have been its own for long"
    assert progress.look(1.0, 5, 0, 9).taken
    assert not progress.look(2.0, 5, 0, 9, "b").taken
    assert progress.look(3.0, 6, 0, 9, "b").taken
    assert not progress.look(4.0, 6, 0, 9, "a").taken
    assert progress.look(5.0, 6, 0, 6, "a").taken, "nothing waits"


def test_new_input_after_a_rest_is_no_stall() -> None:
    progress = Progress()
    progress.look(0.0, 5, 0, 5)
    assert not progress.look(1_000.0, 5, 0, 9).stalled


def test_a_group_without_a_commit_begins_at_the_log() -> None:
    standing = Progress().look(0.0, None, 40, 100)
    assert (standing.committed, standing.lag) == (None, 60)
