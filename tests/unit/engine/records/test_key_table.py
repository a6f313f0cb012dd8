"""The compiled table of keys answers as the dictionary of slots does."""

from __future__ import annotations

import random

import numpy as np
import pytest

from worker.engine.records.key_table import LONGEST, NONE, KeyTable
from worker.engine.records.raw import RawRecords, raw_records
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings
from worker.engine.state.symbols import Symbols

KEYS = [b"", b"A", b"A\0", b"A\0\0", b"SYM0001", b"SYM00012", b"SYM000123", b"x" * LONGEST, b"x" * (LONGEST + 1)]


def raw_keys(keys: list[bytes | None]) -> RawRecords:
    return raw_records(Records(keys, [b"a value behind all keys"] * len(keys), [0] * len(keys)))


def test_keys_that_differ_in_length_alone_are_different_keys() -> None:
    table = KeyTable(16)
    for slot, key in enumerate(KEYS):
        table.put(key, slot)
    found = np.empty(len(KEYS), np.int64)
    row = table.find(raw_keys([*KEYS]), np.zeros(len(KEYS), np.bool_), found)
    assert row == len(KEYS) - 1, "the longest key is left to the caller"
    assert found[:row].tolist() == [*range(row)]


def test_a_key_at_the_very_end_of_the_buffer_is_left_to_the_caller() -> None:
    raw = raw_records(Records([b"KEY"], [None], [0]))
    assert KeyTable(1).find(raw, np.zeros(1, np.bool_), np.empty(1, np.int64)) == 0


@pytest.mark.parametrize("seed", range(4))
def test_any_order_of_putting_and_removing_keeps_the_rest(seed: int) -> None:
    rng = random.Random(seed)
    table, slots = KeyTable(64), {}
    free = list(range(64))
    for _ in range(2_000):
        if free and rng.random() < 0.55:
            key, slot = b"%d" % rng.randrange(10**9), free.pop(rng.randrange(len(free)))
            table.put(key, slot)
            slots[key] = slot
        elif slots:
            key = rng.choice(list(slots))
            table.remove(slots[key])
            free.append(slots.pop(key))
    asked: list[bytes | None] = [*slots, b"never", None]
    found = np.empty(len(asked), np.int64)
    assert table.find(raw_keys(asked), np.zeros(len(asked), np.bool_), found) == len(asked)
    assert found.tolist() == [*slots.values(), NONE, NONE]


@pytest.mark.parametrize("seed", range(6))
def test_slots_of_raw_keys_are_those_of_keys(seed: int) -> None:
    rng = random.Random(seed)
    plain, raw = Symbols(EngineSettings()), Symbols(EngineSettings())
    pool: list[bytes | None] = [*KEYS, None, *(b"S%d" % n for n in range(400)), *(b"L" * n for n in range(60, 70))]
    for _ in range(30):
        keys = rng.choices(pool, k=rng.randrange(60))
        wanted = np.array([key is not None and rng.random() < 0.5 for key in keys], np.bool_)
        expected, added = plain.slots(keys, wanted.tolist())
        found, new = raw.slots_raw(raw_keys(keys), wanted)
        assert (found.tolist(), new) == (expected.tolist(), added)
        for slot in {slot for slot in found.tolist() if slot >= 0 and rng.random() < 0.8}:
            for symbols in (plain, raw):
                symbols.states[slot]["derived"]["validation"]["accepted"] = 1
        assert raw.forget_unused(new) == plain.forget_unused(added)
    assert len(raw) == len(plain) > 64, "the table has grown"
