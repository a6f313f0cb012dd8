"""Nothing is lost where each symbol's numbers follow, over decisions and rejections together."""

from __future__ import annotations

import random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from worker.gateway.fleet.sequences import GRACE, Gap, Sequences
from worker.gateway.log.entry import Entry


def decision(symbol: str, sequence: int) -> Entry:
    return Entry(0, 0, 0, symbol.encode(), msgspec.json.encode({"symbol": symbol, "sequence": sequence}))


def rejection(symbol: str | None, sequence: int | None) -> Entry:
    return Entry(0, 0, 0, b"key", msgspec.json.encode({"symbol": symbol, "sequence": sequence}))


@given(st.integers(0, 2**32), st.sets(st.tuples(st.sampled_from("ABC"), st.integers(4, 29)), max_size=6))
def test_exactly_what_is_missing_is_lost(seed: int, missing: set[tuple[str, int]]) -> None:
    """However the two topics interleave within the time of grace."""
    rng = random.Random(seed)
    sequences = Sequences()
    sequences.begin([decision(symbol, 3) for symbol in "ABC"], [rejection("A", 2), rejection(None, None)])
    outcomes = [(symbol, number) for symbol in "ABC" for number in range(4, 31) if (symbol, number) not in missing]
    decided = [one for one in outcomes if one[1] == 30 or rng.random() < 0.7]
    rejected = [one for one in outcomes if one not in decided]
    now = 0.0
    while decided or rejected:
        now += rng.random() * GRACE / 60
        queue, take, made = rng.choice(
            [(decided, sequences.decided, decision), (rejected, sequences.rejected, rejection)]
        )
        take(now, [made(*queue.pop(0)) for _ in range(min(rng.randrange(4), len(queue)))])
        if not queue and rng.random() < 0.1:
            sequences.judge(now)
    for _ in range(10):
        now += GRACE + 1
        sequences.judge(now)
    assert sequences.lost == len(missing)
    assert sequences.symbols == 3
    assert sum(gap.missing for gap in sequences.gaps) == len(missing)


def test_a_late_record_of_the_other_topic_is_waited_for() -> None:
    sequences = Sequences()
    sequences.begin([decision("A", 1)], [])
    sequences.decided(0.0, [decision("A", 3)])
    sequences.judge(GRACE - 1)
    sequences.rejected(GRACE - 1, [rejection("A", 2)])
    sequences.judge(100.0)
    assert sequences.lost == 0
    sequences.decided(100.0, [decision("A", 7)])
    sequences.judge(100 + GRACE - 1)
    assert sequences.lost == 0
    sequences.judge(101 + GRACE)
    assert (sequences.lost, list(sequences.gaps)) == (3, [Gap("A", 3, 3)])
    sequences.decided(200.0, [decision("A", 8)])
    sequences.judge(300.0)
    assert sequences.lost == 3


def test_repeats_resets_new_symbols_and_what_can_not_be_read_are_no_loss() -> None:
    sequences = Sequences()
    sequences.begin([decision("A", 5)], [])
    strange = Entry(0, 0, 0, b"A", b"\xff"), Entry(0, 0, 0, b"A", None), Entry(0, 0, 0, b"A", b'{"sequence":"x"}')
    sequences.decided(0.0, [decision("A", 5), decision("A", 1), decision("NEW", 41), decision("NEW", 42), *strange])
    sequences.rejected(0.0, [rejection(None, 3), rejection("A", None), *strange])
    sequences.judge(100.0)
    assert (sequences.lost, sequences.records) == (0, 4)
