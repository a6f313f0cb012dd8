"""Bytes of a strategy's records by frame, and own states from version to version."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.support.hand_strategy import Hand
from worker.engine.asking.standing import STANDING
from worker.engine.state.beside import Beside
from worker.engine.state.own import adopt, described, dtype_of
from worker.errors import ConfigError

RECORDS = [
    np.dtype([("a", "u1"), ("b", "f8", (3, 2)), ("c", "?")], align=True),
    np.dtype([("a", "i8")]),
    np.dtype([("a", "V5")]),
    np.dtype([]),
]


class Bare(Hand):
    """A strategy that keeps nothing."""

    words, own = 0, np.dtype([])


class Odd(Hand):
    """One whose own state is no whole number of words."""

    words, own = 3, np.dtype([("a", "u1", (13,))])


@pytest.mark.parametrize("hand", [Bare, Odd])
def test_frames_grow_and_keep_their_bytes(hand: type[Hand]) -> None:
    beside = Beside(hand())
    beside.grow(2)
    assert beside.memory.shape == (2, hand.words)
    assert beside.own.shape == (2, 1 if hand is Bare else 2)
    content = np.arange(beside.itemsize, dtype=np.uint8)
    beside.write(1, content)
    beside.grow(5)
    assert beside.read(1).tobytes() == content.tobytes()
    assert not any(beside.read(row).any() for row in (0, 2, 3, 4))
    parts = beside.split(content)
    assert [part.size for part in parts] == [8 * hand.words, 8 * beside.own.shape[1], STANDING.itemsize]
    assert beside.standings[1].tobytes() == parts.standing.tobytes()
    beside.clear(1)
    assert not beside.read(1).any()


@pytest.mark.parametrize("record", RECORDS)
def test_a_record_is_described_whole(record: np.dtype[Any]) -> None:
    again = dtype_of(described(record))
    assert described(again) == described(record)
    assert again.itemsize == record.itemsize
    content = bytes(range(record.itemsize))
    assert adopt(content, again, record, lambda old: None) == content


def test_fields_of_one_name_and_kind_keep_their_values() -> None:
    old = np.array([(7, 2.5)], [("a", "i8"), ("b", "f8")])
    new = np.dtype([("c", "f8"), ("b", "f8"), ("a", "i8")])
    found = np.frombuffer(adopt(old.tobytes(), old.dtype, new, lambda _: None), new)[0]
    assert found.tolist() == (0.0, 2.5, 7)
    assert adopt(b"", np.dtype([]), new, lambda _: None) == bytes(24)


@pytest.mark.parametrize("new", [[("a", "i8")], [("a", "i8"), ("b", "i8")], [("a", "i8"), ("b", "f8", (2,))], []])
def test_what_would_be_lost_needs_a_migration(new: Any) -> None:
    old = np.array([(7, 2.5)], [("a", "i8"), ("b", "f8")])
    kind = np.dtype(new)
    with pytest.raises(ConfigError, match="b"):
        adopt(old.tobytes(), old.dtype, kind, lambda _: None)
    if new:
        found = adopt(old.tobytes(), old.dtype, kind, lambda was: {"a": was["a"] + was["b"]})
        assert np.frombuffer(found, kind)["a"][0] == 9
    with pytest.raises(ConfigError, match="zzz"):
        adopt(old.tobytes(), old.dtype, kind, lambda _: {"zzz": 1})
