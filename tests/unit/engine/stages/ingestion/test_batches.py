"""Outcomes are a function of the log alone: not of batches, replay, hash seeds or the order between symbols."""

from __future__ import annotations

import random
from functools import cache
from itertools import pairwise

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.corpus.mixed import mixed_log
from tests.support.examples import drawn
from tests.support.record_engine import RecordEngine
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings
from worker.engine.stages.ingestion import Settings as IngestionSettings
from worker.sources.simulation.simulator import Simulation

SYMBOLS = 12
FEW = 4  # symbols allowed where the limit is to be met
MARKET = Simulation(symbols=SYMBOLS, bars=100, seed=7, fault_rate=0.05)
LIMITS = st.sampled_from([200_000, FEW])

encode = msgspec.json.Encoder().encode


def new_engine(max_symbols: int) -> RecordEngine:
    return RecordEngine(EngineSettings(ingestion=IngestionSettings(max_symbols=max_symbols)))


@cache
def log() -> Records:
    return mixed_log(MARKET)


@cache
def reference(max_symbols: int) -> list[bytes]:
    """The outcomes of the log, processed record by record."""
    engine = new_engine(max_symbols)
    return [encode(o) for row in range(len(log().keys)) for o in engine.process(log().slice(row, row + 1))]


def first_difference(found: list[bytes], expected: list[bytes]) -> tuple[int, bytes, bytes] | None:
    """Row and both values where two lists of outcomes part."""
    assert len(found) == len(expected)
    return next(((i, a, b) for i, (a, b) in enumerate(zip(found, expected, strict=True)) if a != b), None)


@st.composite
def cuts(draw: st.DrawFn) -> list[int]:
    """Batch boundaries of the log, first and last included; runs of short batches and long ones."""
    total = len(log().keys)
    sizes = draw(st.lists(st.one_of(st.integers(0, 4), st.integers(1, total)), min_size=1, max_size=40))
    bounds = [0]
    for size in sizes:
        bounds.append(min(bounds[-1] + size, total))
    return [*bounds, total]


def test_the_log_meets_the_symbol_limit_and_every_kind_of_outcome() -> None:
    few, many = reference(FEW), reference(200_000)
    assert sum(b"symbol_limit" in value for value in few) > len(few) / 2
    assert not any(b"symbol_limit" in value for value in many)
    assert sum(b"decision_id" in value for value in many) > len(many) / 2
    assert len(many) > 1_200


@settings(max_examples=drawn(4, 25), deadline=None)
@given(cuts(), LIMITS)
def test_any_batches_give_the_same_bytes(bounds: list[int], limit: int) -> None:
    engine = new_engine(limit)
    batches = (log().slice(start, stop) for start, stop in pairwise(bounds))
    found = [encode(o) for batch in batches for o in engine.process(batch)]
    assert first_difference(found, reference(limit)) is None


@settings(max_examples=drawn(4, 25), deadline=None)
@given(cuts(), st.data(), LIMITS)
def test_restored_engine_goes_on_as_if_it_had_never_stopped(bounds: list[int], data: st.DataObject, limit: int) -> None:
    restored_at = data.draw(st.integers(0, len(log().keys)))
    engine = new_engine(limit)
    for start, stop in pairwise(bounds):
        engine.advance(log().slice(start, min(stop, restored_at)))
    rest = engine.process(log().slice(restored_at, len(log().keys)))
    assert first_difference([encode(o) for o in rest], reference(limit)[restored_at:]) is None


@settings(max_examples=drawn(2, 15), deadline=None)
@given(st.integers(0, 2**32))
def test_symbols_do_not_see_each_other(seed: int) -> None:
    """Records interleaved otherwise, but in order within each symbol, give each symbol the same bytes."""
    rows = list(range(len(log().keys)))
    queues: dict[bytes | None, list[int]] = {}
    for row in rows:
        queues.setdefault(log().keys[row], []).append(row)
    order = [key for key, queue in queues.items() for _ in queue]
    random.Random(seed).shuffle(order)
    positions = {key: iter(queue) for key, queue in queues.items()}
    rows = [next(positions[key]) for key in order]
    keys, values, timestamps = log()
    shuffled = Records([keys[r] for r in rows], [values[r] for r in rows], [timestamps[r] for r in rows])
    outcomes = [encode(o) for o in new_engine(200_000).process(shuffled)]
    found = [value for _, value in sorted(zip(rows, outcomes, strict=True))]
    assert first_difference(found, reference(200_000)) is None
