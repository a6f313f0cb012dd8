"""The published schemas are current, valid, and true of what is really written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from schemas import SnapshotEnvelope, Tick, generate
from schemas.jsonschema import NAMES, json_schema
from schemas.tick import REQUIRED
from tests.contract import messages
from tests.corpus import CASES
from tests.corpus.case import fields
from worker.sources.simulation.simulator import Simulation, simulate

UNBOUNDED = "volume of 400 digits"  # JSON Schema's numbers have no bound; a float64 has


def validator(name: str) -> Any:
    """Of the committed file, not of the code's answer."""
    schema = msgspec.json.decode((generate.HERE / f"json/{name}.schema.json").read_bytes())
    return Draft202012Validator(schema, format_checker=FormatChecker())


def refusals(name: str, value: Any) -> list[str]:
    return [error.message for error in validator(name).iter_errors(value)]


def test_committed_documents_are_current() -> None:
    assert generate.stale() == [], "run `python -m schemas.generate`"


def test_check_tells_stale_from_current(tmp_path: Path) -> None:
    assert len(generate.stale(tmp_path)) == len(NAMES) + 1
    generate.write(tmp_path)
    assert generate.stale(tmp_path) == []
    (tmp_path / "json/tick.schema.json").write_text("{}\n")
    assert generate.stale(tmp_path) == ["json/tick.schema.json"]


@pytest.mark.parametrize("name", NAMES)
def test_follows_the_metaschema(name: str) -> None:
    schema = json_schema(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:alphapulse:schema:{name}:v1"


@pytest.mark.parametrize(("name", "topic"), [("decision", "decisions"), ("rejection", "ticks.rejected")])
def test_real_outcomes_validate(name: str, topic: str) -> None:
    check = validator(name)
    found = list(messages.values(topic))
    assert len(found) > 100
    assert [error.message for value in found for error in check.iter_errors(value)] == []


@pytest.mark.parametrize("field", ["sequence", "action", "position", "reasons"])
def test_a_decision_without_a_field_is_refused(field: str) -> None:
    value = next(iter(messages.values("decisions")))
    del value[field]
    assert refusals("decision", value)


def test_published_bars_validate_unless_a_fault_was_put_in() -> None:
    check = validator("tick")
    records = list(simulate(Simulation(symbols=5, bars=200, seed=11, fault_rate=0.05)))
    unreadable = {"nan", "malformed"}
    assert {label.fault for _, label in records} >= unreadable
    for record, label in records:
        if label.fault not in unreadable:
            assert not list(check.iter_errors(msgspec.json.decode(record.value)))


@pytest.mark.parametrize("field", REQUIRED)
@pytest.mark.parametrize("value", [None, ...])
def test_a_bar_needs_every_field_although_the_struct_does_not(field: str, value: Any) -> None:
    assert refusals("tick", fields()) == []
    assert refusals("tick", fields(**{field: value}))


def test_schema_and_ingestion_agree_on_json_of_the_corpus() -> None:
    """What ingestion calls malformed or incomplete the schema refuses; what it takes further the schema allows."""
    check, compared = validator("tick"), 0
    for case in CASES:
        try:
            value = msgspec.json.decode(case.value or b"")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        if (
            case.expected_code in ("payload_too_large", "missing_key", "key_mismatch")
            or case.name in BEYOND
            or case.name == UNBOUNDED
        ):
            continue
        compared += 1
        unreadable = case.expected_code in ("malformed_record", "missing_field")
        assert bool(list(check.iter_errors(value))) is unreadable, case.name
    assert compared > 60


# What JSON Schema cannot say: 1.0 is an integer to it, depth and int64 of intervals are none of its business, and
# Python's `re` lets `$` match before a line break where ECMA 262 does not.
BEYOND = {
    "ts an exponent",
    "ts a float",
    "nested 65 deep",
    "nested 2,000 deep",
    "the longest interval",
    "line break after the symbol",
    "interval with a line break",
}


def test_snapshot_envelope_as_an_array_validates() -> None:
    envelope = SnapshotEnvelope(1, "A", 5, "00ff", 1, b"\x00\xff", b"", 7)
    assert refusals("snapshot", msgspec.json.decode(msgspec.json.encode(envelope))) == []
    assert refusals("snapshot", [1, "A"])


def test_old_readers_take_new_fields() -> None:
    value = fields(exchange="X", nested={"a": 1})
    assert refusals("tick", value) == []
    assert msgspec.json.decode(msgspec.json.encode(value), type=Tick).symbol == value["symbol"]
