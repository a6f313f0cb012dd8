"""Compiled code reads a record exactly as the decoder does, or leaves it to the decoder."""

from __future__ import annotations

import random
from itertools import product

import numpy as np
import pytest

from tests.corpus import CASES, KEY
from tests.corpus.case import text
from tests.corpus.mixed import market
from tests.support.differential import Watched, compared, numbers_compared
from tests.support.examples import drawn
from tests.support.fuzzed import fuzzed
from worker.engine.records.raw import RawRecords, raw_records
from worker.engine.records.records import Records
from worker.engine.stages.ingestion.numerals import REACH
from worker.engine.stages.ingestion.scanner import PAD
from worker.sources.record import Bar, encode_bar
from worker.sources.simulation.simulator import Simulation

MARKET = Simulation(symbols=20, bars=500, seed=3, fault_rate=0.0)
ROUNDS = drawn(2, 5)


def one(value: bytes, key: bytes = KEY) -> Records:
    return Records([key], [value], [0])


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_random_records_give_the_same_bars(seed: int) -> None:
    found = compared(fuzzed(random.Random(seed), 10_000))
    assert found.differing == []
    assert found.fast > 4_000


def test_random_decimals_are_those_of_python() -> None:
    found = numbers_compared(random.Random(9), count := drawn(15_000, 50_000))
    assert found.differing == []
    assert found.fast > 0.9 * count


def test_the_corpus_gives_the_same_bars() -> None:
    found = compared(Records([case.key for case in CASES], [case.value for case in CASES], [0] * len(CASES)))
    assert found.differing == []
    assert found.fast > 20


def test_what_sources_publish_needs_no_exact_decoder() -> None:
    decoder = Watched({})
    decoded = decoder.decode(market(MARKET))
    assert (decoder.exact, len(decoded.bars)) == (0, 10_000)


def test_any_finite_float_that_sources_publish_needs_none() -> None:
    rng, decoder = random.Random(4), Watched({})
    values = [[rng.lognormvariate(0, 12) for _ in range(5)] for _ in range(drawn(5_000, 20_000))]
    bars = [Bar("S", 10**12 + n, a, b, c, d, e) for n, (a, b, c, d, e) in enumerate(values)]
    decoded = decoder.decode(Records([b"S"] * len(bars), [encode_bar(b, "1m") for b in bars], [0] * len(bars)))
    assert decoder.exact <= 2  # a float whose shortest decimal lies on the edge of certainty
    for name in ("open", "high", "low", "close", "volume"):
        assert decoded.bars[name].tolist() == [getattr(bar, name) for bar in bars]


@pytest.mark.parametrize("cut", range(12))
def test_a_value_at_the_very_end_of_the_buffer_is_read_from_a_copy(cut: int) -> None:
    value = text()
    data = np.frombuffer((KEY + value)[: len(KEY) + len(value) - cut], np.uint8)
    rows = raw_records(one(value)).rows
    rows["key"], rows["value"], rows["value_size"] = 0, len(KEY), len(value) - cut
    decoder = Watched({})
    decoded = decoder.decode_raw(RawRecords(data, rows))
    assert (decoded.bars["mask"][0] == 0, decoder.exact) == (cut == 0, min(cut, 1))


@pytest.mark.parametrize("size", [100, 255, 256, 70_000, 999_000])
def test_long_values_are_read_wherever_they_lie(size: int) -> None:
    for position in (0, 1):
        values = [text(), text()]
        values[position] = text(note="x" * size)
        found = compared(Records([KEY, KEY], [*values], [0, 0]))
        assert found.differing == []


def test_digits_before_the_next_record_are_not_read_into_this_one() -> None:
    """A value cut inside a number is followed by digits in the buffer."""
    whole = text(interval=...)
    last = b'"volume":1000'
    cut = whole[: whole.index(last) + len(last)]
    found = compared(Records([KEY] * 2, [cut, b"000.0}" + b"0" * PAD], [0, 0]))
    assert (found.differing, found.fast) == ([], 0)


def test_every_byte_that_may_follow_a_token_gives_the_same_bar() -> None:
    value = text(interval="1m")
    records = [value[:at] + bytes([byte]) + value[at:] for at, byte in product(range(len(value) + 1), range(256))]
    found = compared(Records([KEY] * len(records), [*records], [0] * len(records)))
    assert found.differing == []
    assert found.fast > 1_000


def test_every_changed_byte_gives_the_same_bar() -> None:
    value = text(interval="1m")
    records = [value[:at] + bytes([byte]) + value[at + 1 :] for at, byte in product(range(len(value)), range(256))]
    assert compared(Records([KEY] * len(records), [*records], [0] * len(records))).differing == []


def test_intervals_of_their_own_are_those_of_the_decoder() -> None:
    own = {"A": 1, "BB": 2, "X" * 64: 3, "never": 4}
    keys = ["A", "BB", "CC", "X" * 64, "A"]
    values = [text(symbol=key) for key in keys]
    records = Records([key.encode() for key in keys], [*values], [0] * 5)
    decoder = Watched(own)
    assert decoder.decode(records).bars["interval_ms"].tolist() == [1, 2, 60_000, 3, 1]
    assert decoder.exact == 0
    assert compared(records, own).differing == []


def test_a_number_longer_than_what_is_looked_at_is_left_alone() -> None:
    found = compared(one(text().replace(b"1000.0", b"0." + b"0" * REACH)))
    assert (found.differing, found.fast) == ([], 0)
