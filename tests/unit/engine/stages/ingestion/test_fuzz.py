"""Whatever bytes arrive, ingestion and the engine give one outcome each that encodes and decodes back."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import Decision, Rejection
from tests.corpus import CASES, KEY, history
from tests.corpus.case import fields, text
from tests.support.examples import drawn
from tests.support.record_engine import RecordEngine
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings

INT64 = st.integers(-(2**63), 2**63 - 1)
SEEDS = [text(), msgspec.msgpack.encode(fields())]
SEEDS += [case.value for case in CASES if case.value and len(case.value) < 400]
NUMBERS = st.one_of(st.floats(), st.integers(-(2**63), 2**64 - 1), st.none())


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """A value of the corpus with some bytes replaced, removed or repeated."""
    value = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(value)))
        value[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return bytes(value)


@st.composite
def bars(draw: st.DrawFn) -> bytes:
    """A MessagePack bar with any numbers: NaN, infinities, subnormals and integers beyond int64 among them."""
    prices = {name: draw(NUMBERS) for name in ("open", "high", "low", "close", "volume")}
    interval = draw(st.sampled_from(["1m", "5m", "1d", "1ms", "999999w", None]))
    return msgspec.msgpack.encode(fields(ts=draw(INT64), interval=interval, **prices))


KEYS = st.one_of(st.just(KEY), st.none(), st.binary(max_size=80))
VALUES = st.one_of(st.none(), st.binary(max_size=300), spoilt(), bars())
RECORDS = st.lists(st.tuples(KEYS, VALUES, INT64), max_size=20)


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    RecordEngine(EngineSettings()).warm_up()  # so that the first example is not the slow one


@settings(max_examples=drawn(40, 250), deadline=None)
@given(RECORDS, st.booleans())
def test_any_bytes_give_one_outcome_each(records: list[tuple[bytes | None, bytes | None, int]], known: bool) -> None:
    engine = RecordEngine(EngineSettings())
    if known:
        engine.process(history())
    keys, values, timestamps = ([*column] for column in zip(*records, strict=True)) if records else ([], [], [])
    outcomes = engine.process(Records(keys, values, timestamps))
    assert len(outcomes) == len(records)
    for outcome in outcomes:
        kind = Decision if isinstance(outcome, Decision) else Rejection
        assert msgspec.json.decode(msgspec.json.encode(outcome), type=kind) == outcome
