"""What waits for readers, and what leaves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from worker.gateway.stream.ring import MOST_BYTES, PIECE_BYTES, QUEUE, YOUNG, Left, Piece, Ring


def piece(events: int = 1, born: float = 0.0, size: int = 10) -> Piece:
    return Piece(b"x" * size, events, born, {})


def test_a_burst_is_held_and_then_only_the_newest_thousand() -> None:
    ring = Ring()
    for _ in range(5 * QUEUE):
        ring.add(piece())
    assert (len(ring), ring.first) == (5 * QUEUE, 0)
    ring.add(piece(born=YOUNG + 0.1))
    assert (len(ring), ring.first, ring.next) == (QUEUE, 4 * QUEUE + 1, 5 * QUEUE + 1)


def test_what_all_readers_have_taken_is_forgotten() -> None:
    ring = Ring()
    for _ in range(5):
        ring.add(piece())
    ring.forget(3)
    assert (len(ring), ring.first, ring.next) == (2, 3, 5)
    ring.forget(9)
    assert (len(ring), ring.first, ring.take(5)) == (0, 5, None)
    ring.add(piece())
    taken = ring.take(5)
    assert taken is not None
    assert taken.number == 6


def test_bytes_are_bounded_whatever_the_age() -> None:
    ring = Ring()
    for _ in range(40):
        ring.add(piece(size=1_048_576))
    assert sum(len(one.body) for one in ring._pieces) <= MOST_BYTES
    assert ring.first == 40 - MOST_BYTES // 1_048_576


@given(st.lists(st.tuples(st.integers(1, 300), st.floats(0, 0.5), st.integers(1, PIECE_BYTES)), max_size=60))
def test_a_reader_gets_every_piece_once_or_is_told(added: list[tuple[int, float, int]]) -> None:
    ring, now, number, found = Ring(), 0.0, 0, 0
    total = 0
    for events, pause, size in added:
        now += pause
        ring.add(piece(events, now, size))
        total += size
        if events % 3 == 0:  # a reader that is slow at times
            try:
                taken = ring.take(number)
            except Left:
                assert number < ring.first
                return
            assert taken is not None
            assert len(taken.body) <= 2 * PIECE_BYTES
            number, found = taken.number, found + len(taken.body)
    while ring.first <= number and (taken := ring.take(number)) is not None:
        number, found = taken.number, found + len(taken.body)
    assert found == total or number < ring.first
