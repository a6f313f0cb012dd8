"""Snapshots as bytes: what was written comes back, and whatever else lies there is noticed."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.stream.state.records import OWNER, REPLAY_FROM, Damaged, Snapshot, pack, state_key, symbol_of, unpack

SNAPSHOT = Snapshot("AAA", 41, "00ff", 1, b"carry" * 9, bytes(4_000) + b"derived" * 9, "1", "cafe", 3, 7, 12)


def test_a_snapshot_comes_back() -> None:
    assert unpack(b"AAA", pack(SNAPSHOT)) == SNAPSHOT


def test_a_snapshot_of_a_release_without_terms_comes_back() -> None:
    former = SNAPSHOT._replace(term=0)
    fields = msgspec.msgpack.decode(pack(former))
    assert unpack(b"AAA", msgspec.msgpack.encode(fields[:-1])) == former


def test_zeros_take_no_room_and_noise_is_left_as_it_is() -> None:
    assert len(pack(SNAPSHOT)) < 400
    noise = SNAPSHOT._replace(derived=bytes(range(256)))
    assert 256 < len(pack(noise)) < 256 + 200
    assert unpack(b"AAA", pack(noise)) == noise


@given(st.data())
def test_any_changed_byte_is_noticed(data: st.DataObject) -> None:
    value = bytearray(pack(SNAPSHOT))
    at = data.draw(st.integers(0, len(value) - 1))
    value[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Damaged):
        unpack(b"AAA", bytes(value))


@pytest.mark.parametrize("value", [b"", b"\xff", b"{}", pack(SNAPSHOT)[:-1]])
def test_what_is_no_snapshot_is_noticed(value: bytes) -> None:
    with pytest.raises(Damaged):
        unpack(b"AAA", value)


def test_another_symbols_snapshot_is_noticed() -> None:
    with pytest.raises(Damaged):
        unpack(b"BBB", pack(SNAPSHOT))


@given(st.binary() | st.sampled_from([OWNER, REPLAY_FROM, b"__", b"___", b"_", b""]))
def test_no_symbol_is_taken_for_a_key_of_ours(symbol: bytes) -> None:
    key = state_key(symbol)
    assert symbol_of(key) == symbol
    assert key not in (OWNER, REPLAY_FROM)


def test_our_own_keys_are_no_symbols() -> None:
    assert symbol_of(OWNER) is symbol_of(REPLAY_FROM) is None
