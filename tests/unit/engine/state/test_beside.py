"""Bytes of a strategy's records by frame, and own states from version to version."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.hand_strategy import Hand
from worker.engine.asking.standing import STANDING
from worker.engine.settings import EngineSettings
from worker.engine.state.beside import Beside
from worker.engine.state.frames import Spill
from worker.engine.state.layout import STATE
from worker.engine.state.own import adopt, described, dtype_of
from worker.engine.state.symbols import Symbols
from worker.errors import ConfigError, TryAgain

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


class Slots:
    """A store of equally long states, each at slot × its size, as in a file."""

    def __init__(self) -> None:
        self.data, self.full = bytearray(1 << 20), False

    def put(self, slot: int, state: NDArray[np.uint8]) -> bool:
        if not self.full:
            self.data[slot * state.size : (slot + 1) * state.size] = state.tobytes()
        return not self.full

    def get(self, slot: int, state: NDArray[np.uint8]) -> None:
        state[:] = np.frombuffer(self.data, np.uint8)[slot * state.size : (slot + 1) * state.size]


def test_what_is_spilled_is_widened_too() -> None:
    store = Slots()
    symbols = Symbols(EngineSettings(), Spill(2, store), Beside(Odd()))
    frames = symbols.frames
    for number in range(7):
        slot = symbols.add(b"S%d" % number)
        frames.state(slot)[:] = number + 1
        beside = frames.beside
        assert beside is not None
        beside.write(frames.frame(slot), np.full(beside.itemsize, 100 + number, np.uint8))
    assert frames.spilled == 5
    frames.widen(Hand())  # more indicators, and as much state
    assert frames.beside is not None
    for number in range(7):
        whole = frames.read(symbols.add(b"S%d" % number))
        memory, own, standing = frames.beside.split(whole[STATE.itemsize :])
        assert set(whole[: STATE.itemsize].tolist()) == {number + 1}
        assert set(memory[:24].tolist()) == set(own.tolist()) == set(standing.tolist()) == {100 + number}
        assert not memory[24:].any()
    size = frames.beside.itemsize
    frames.widen(Odd())
    assert frames.beside.itemsize == size


def test_a_store_that_takes_no_more_ends_the_worker() -> None:
    store = Slots()
    symbols = Symbols(EngineSettings(), Spill(1, store), Beside(Odd()))
    for key in (b"A", b"B"):
        symbols.frames.state(symbols.add(key))
    store.full = True
    with pytest.raises(TryAgain, match="no room"):
        symbols.frames.widen(Hand())


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
