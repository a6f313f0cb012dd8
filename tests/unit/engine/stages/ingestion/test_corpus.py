"""Every bad record ends as the rejection it should be, says so truthfully, and leaves its symbol's state alone."""

from __future__ import annotations

import base64
import hashlib

import msgspec
import numpy as np
import pytest

from schemas import Decision, Rejection
from schemas.rejection import MAX_PAYLOAD
from tests.corpus import CASES, KEY, Case, history
from tests.corpus.case import BARS
from tests.support.record_engine import RecordEngine
from worker.engine.reasons import FATAL, QUARANTINE, Reject, bits
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings
from worker.engine.state.layout import STATE

# Validation remembers late bars and the candidates of a level shift although it rejects them (decisions 2 and 5).
REMEMBERED = QUARANTINE | bits(Reject.out_of_order)
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def one(engine: RecordEngine, case: Case) -> Decision | Rejection:
    [outcome] = engine.process(Records([case.key], [case.value], [case.timestamp]))
    return outcome


def first_code(outcome: Decision | Rejection) -> str | None:
    return None if isinstance(outcome, Decision) else outcome.codes[0]


def state(engine: RecordEngine, *, with_validation: bool) -> bytes:
    """The record of the corpus' symbol with its sequence, and on request its validation state, set to zero."""
    snapshot = engine.snapshot(KEY)
    assert snapshot is not None
    raw = bytearray(snapshot)  # changed in place: a copy of a numpy record would not carry its padding
    record = np.frombuffer(raw, STATE)
    record["carry"]["sequence"] = 0
    if not with_validation:
        record["derived"]["validation"] = np.zeros(1, STATE["derived"]["validation"])
    return bytes(raw)


@pytest.fixture
def engine() -> RecordEngine:
    return RecordEngine(EngineSettings())


@pytest.fixture
def knowing(engine: RecordEngine) -> RecordEngine:
    assert all(isinstance(outcome, Decision) for outcome in engine.process(history()))
    return engine


def test_names_are_unique() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


@each_case
def test_outcome_for_a_symbol_without_history(engine: RecordEngine, case: Case) -> None:
    outcome = one(engine, case)
    assert first_code(outcome) == case.expected_code
    if isinstance(outcome, Rejection):
        assert outcome.sequence is None
        assert engine.known == 0
        assert engine.snapshot(case.key or b"") is None
    carries_the_original(outcome, case)


@each_case
def test_outcome_after_history(knowing: RecordEngine, case: Case) -> None:
    before = {flag: state(knowing, with_validation=flag) for flag in (True, False)}
    outcome = one(knowing, case)
    assert first_code(outcome) == case.known_code
    assert outcome.sequence == (BARS + 1 if case.key == KEY else None)
    if isinstance(outcome, Rejection):
        same = not outcome.mask & REMEMBERED
        assert state(knowing, with_validation=same) == before[same]
        assert outcome.mask & (FATAL | QUARANTINE)


def carries_the_original(outcome: Decision | Rejection, case: Case) -> None:
    encoded = msgspec.json.encode(outcome)
    assert msgspec.json.decode(encoded, type=type(outcome)) == outcome
    if isinstance(outcome, Decision):
        return
    value = case.value
    assert outcome.codes == [code.name for code in Reject if outcome.mask >> code & 1]
    assert outcome.payload_bytes == len(value or b"")
    if value is None:
        assert (outcome.payload, outcome.payload_encoding) == (None, None)
        return
    kept = carried(outcome)
    assert value.startswith(kept)
    assert len(kept) > min(len(value), MAX_PAYLOAD) - 4
    cut = len(value) > MAX_PAYLOAD
    assert (kept == value) is not cut
    assert outcome.payload_sha256 == (hashlib.sha256(value).hexdigest() if cut else None)


def carried(rejection: Rejection) -> bytes:
    """The bytes that a rejection carries."""
    assert rejection.payload is not None
    text = rejection.payload_encoding == "text"
    return rejection.payload.encode() if text else base64.b64decode(rejection.payload, validate=True)


def test_bad_records_between_good_ones_change_no_decision() -> None:
    """A symbol's decisions are the same, sequence apart, whether rejected records lie between its bars or not."""
    poison = [c for c in CASES if c.expected_code and c.known_code and not bits(Reject[c.known_code]) & REMEMBERED]
    clean, dirty = RecordEngine(EngineSettings()), RecordEngine(EngineSettings())
    bars = history(bars=len(poison))
    expected = [stripped(outcome) for outcome in clean.process(bars)]
    found = []
    for row, case in enumerate(poison):
        assert isinstance(one(dirty, case), Rejection)
        found += dirty.process(bars.slice(row, row + 1))
    assert [stripped(outcome) for outcome in found] == expected


def stripped(outcome: Decision | Rejection) -> bytes:
    """A decision without what counts records."""
    assert isinstance(outcome, Decision)
    return msgspec.json.encode(msgspec.structs.replace(outcome, sequence=1, decision_id=""))
