"""The OpenAPI document tells the truth: what it allows is what the gateway takes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any, NamedTuple

import pytest
from jsonschema import Draft202012Validator

from schemas.alert import FINGERPRINT
from schemas.silence import ID
from schemas.tick import END
from tests.support.asked import API, asking, gateway_of
from worker.errors import ConfigError
from worker.gateway.resources.problem import Refused
from worker.gateway.routes.answering import ANY
from worker.gateway.routes.writing import PRINTABLE, VERSION, key_of, once, version_of
from worker.operate.acts.alerts import acknowledge_alert, end_silence
from worker.operate.acts.limits import EXISTING, NEW
from worker.operate.controls import KEY

# What any text may be asked for: nothing is found by a wrong one. A cursor that is none is a conflict (409).
FREE = {"symbol", "decision_id", "q", "who", "subject", "rule", "reason", "cursor"}
HEX = "0123456789abcdef"
TEXTS = (
    *("", "*", "A", "BTC/USD", "a b", "é", "\x85", "A\n", "A" * 64, "A" * 65, "~!", "\x7f", "\t*", "null"),
    *('"7"', '"0"', "7", 'W/"7"', 'w/"7"', '"07"', '"1" ', '"9999999999999999999"', '"99999999999999999999"', '"7"\n'),
    *(HEX, HEX.upper(), HEX[1:], HEX * 2, HEX * 2 + "\n", HEX + "\n", "g" * 16, "**"),
)


class Operation(NamedTuple):
    path: str
    method: str
    told: dict[str, Any]

    def parameters(self, *places: str) -> list[dict[str, Any]]:
        """Its parameters in these places."""
        return [one for one in self.told.get("parameters", ()) if one["in"] in places]


async def _document() -> dict[str, Any]:
    async with asking(gateway_of()) as client:
        found: dict[str, Any] = (await client.get("/openapi.json")).json()
    return found


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return asyncio.run(_document())


@pytest.fixture(scope="module")
def operations(document: dict[str, Any]) -> list[Operation]:
    return [Operation(p, method, told) for p, item in document["paths"].items() for method, told in item.items()]


def inside(what: Any) -> Iterator[tuple[str, Any]]:
    """All members of all objects."""
    for name, value in what.items() if isinstance(what, dict) else ():
        yield name, value
    for value in what.values() if isinstance(what, dict) else what if isinstance(what, list) else ():
        yield from inside(value)


def test_each_text_in_a_path_or_a_header_has_a_pattern_or_may_be_any(operations: list[Operation]) -> None:
    for operation in operations:
        for one in operation.parameters("path", "header"):
            bounds = {"pattern", "enum", "anyOf"} & set(one["schema"])
            known = one["name"] == "If-None-Match" and "304" in operation.told["responses"]  # any list of versions
            assert bounds or known or one["name"] in FREE, f"{operation.method} {operation.path}: {one}"
        for one in operation.parameters("query"):
            schema = one["schema"]
            if schema.get("type") == "string":
                assert {"pattern", "enum", "maxLength"} & set(schema), f"{operation.method} {operation.path}: {one}"
            assert {"type": "string"} not in schema.get("oneOf", ()), f"{operation.path}: {one['name']} is never null"


def test_patterns_admit_no_line_break_and_references_lead_somewhere(document: dict[str, Any]) -> None:
    patterns = [value for name, value in inside(document) if name == "pattern" and isinstance(value, str)]
    assert {KEY, VERSION, PRINTABLE, FINGERPRINT, ID} <= set(patterns)
    assert all(pattern.endswith(END) for pattern in patterns)
    named = {value.rpartition("/")[2] for name, value in inside(document) if name == "$ref"}
    assert named == set(document["components"]["schemas"])


PARSERS: dict[str, Callable[[str], Any]] = {
    KEY: key_of,
    VERSION: version_of,
    PRINTABLE: once,
    FINGERPRINT: lambda text: acknowledge_alert(text, "r"),
    ID: lambda text: end_silence(text, "r"),
}


@pytest.mark.parametrize("pattern", PARSERS)
def test_a_pattern_is_what_its_parser_takes(pattern: str) -> None:
    headers = pattern in (VERSION, PRINTABLE)
    for text in (one for one in TEXTS if one.strip(" \t") != "*" or not headers):
        sent = text.strip(" \t") if headers else text  # as HTTP passes a header on
        with nullcontext() if re.search(pattern, sent) else pytest.raises((Refused, ConfigError)):
            PARSERS[pattern](text)


def test_a_star_stands_for_any_version_or_for_none() -> None:
    assert version_of(" *") == EXISTING
    assert version_of(None, "*\t") == NEW
    for text in TEXTS:
        with nullcontext() if text.strip(" \t") == "*" else pytest.raises(Refused, match="If-None-Match is not"):
            version_of(None, text)


@pytest.mark.parametrize(
    ("struct", "method", "path", "body", "fits"),
    [
        ("LimitsChange", "PUT", "/limits/A", {}, False),
        ("LimitsChange", "PUT", "/limits/A", {"effective_ts": 1}, False),
        ("LimitsChange", "PUT", "/limits/A", {"kill": "none"}, True),
        ("LimitsChange", "PUT", "/limits/A", {"max_notional": None}, True),
        ("ModelOrder", "POST", "/models/switch", {"name": "a"}, False),
        ("ModelOrder", "POST", "/models/switch", {"name": "a", "version": ""}, False),
        ("ModelOrder", "POST", "/models/switch", {"name": None, "version": "1"}, False),
        ("ModelOrder", "POST", "/models/switch", {"name": None, "digest": HEX * 4}, False),
        ("ModelOrder", "POST", "/models/switch", {"name": "a\n", "version": "1"}, False),
        ("ModelOrder", "POST", "/models/switch", {"name": "a", "version": "1", "digest": HEX * 4}, True),
        ("KillOrder", "POST", "/kill", {"key": "a b", "word": "KILL"}, False),
        ("KillOrder", "POST", "/kill", {"key": "A\n", "word": "KILL"}, False),
    ],
)
async def test_a_body_is_refused_where_its_schema_refuses_it(
    document: dict[str, Any], struct: str, method: str, path: str, body: dict[str, Any], fits: bool
) -> None:
    sent = body | {"reason": "r"}
    async with asking(gateway_of()) as client:
        answer = await client.request(method, API + path, json=sent)
    assert Draft202012Validator(document["components"]["schemas"][struct]).is_valid(sent) == fits
    assert (answer.status_code != 400) == fits, answer.text


def test_each_operation_tells_how_it_may_fail(operations: list[Operation]) -> None:
    for operation in operations:
        answers = operation.told["responses"]
        assert {str(status) for status in ANY} <= set(answers)
        assert not any("content" in answers[status] for status in ("204", "304") if status in answers)
        if operation.parameters("query") and any(one["name"] == "cursor" for one in operation.parameters("query")):
            assert "409" in answers, operation.path
        if operation.method != "get":
            assert "304" not in answers


async def test_a_url_that_is_too_long_is_refused_as_told() -> None:
    async with asking(gateway_of()) as client:
        answer = await client.get(f"{API}/audit?who={'x' * 5_000}")
    assert (answer.status_code, answer.json()["code"]) == (414, "uri_too_long")


async def test_a_parameter_given_twice_is_refused_by_every_operation(operations: list[Operation]) -> None:
    async with asking(gateway_of()) as client:
        for operation in operations:
            for one in operation.parameters("query"):
                value = one["schema"].get("default", "1")
                path = re.sub(r"\{.*?\}", "A", operation.path)
                answer = await client.request(
                    operation.method, f"{path}?{one['name']}={value}&{one['name']}={value}", json={}
                )
                assert answer.status_code == 400, f"{operation.path} {one['name']}: {answer.text}"


async def test_a_header_that_decides_is_refused_where_it_comes_twice() -> None:
    async with asking(gateway_of()) as client:
        answer = await client.put(
            f"{API}/limits/A",
            headers=[("If-Match", '"1"'), ("If-Match", '"2"')],
            json={"kill": "none", "reason": "r"},
        )
    assert (answer.status_code, answer.json()["detail"]) == (400, "the header if-match was sent twice")


async def test_both_preconditions_hold_of_no_record() -> None:
    headers = {"If-Match": '"1"', "If-None-Match": "*"}
    async with asking(gateway_of()) as client:
        answer = await client.put(f"{API}/limits/A", headers=headers, json={"kill": "none", "reason": "r"})
        wrong = await client.put(
            f"{API}/limits/A", headers=headers | {"Idempotency-Key": "a b"}, json={"kill": "none", "reason": "r"}
        )
    assert (answer.status_code, answer.json()["code"]) == (412, "version_conflict")
    assert wrong.status_code == 400, "what can't be read is refused before what does not hold"


@pytest.mark.parametrize(
    ("method", "path", "body", "told"),
    [
        ("GET", "decisions?action=buy", None, "action: one of hold, open_long"),
        ("GET", "decisions?from=yesterday", None, "from: least time, epoch ms UTC"),
        ("GET", "decisions?limit=0", None, "limit: "),
        ("POST", "kill", {"key": "A", "reason": "r", "word": "kill"}, "word: one of KILL"),
        ("POST", "kill", {"key": "A", "reason": "r", "wrd": "KILL"}, "the body has key, "),
        ("GET", "archive/decisions?format=xml", None, "format: one of arrow, parquet, ndjson, csv"),
    ],
)
async def test_a_refused_value_is_told_what_it_may_be(
    method: str, path: str, body: dict[str, Any] | None, told: str
) -> None:
    async with asking(gateway_of()) as client:
        answer = await client.request(method, f"{API}/{path}", json=body)
    assert answer.status_code == 400
    assert told in answer.json()["fix"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"allow_open": 0}, "allow_open: Expected `bool`, got `int`"),
        ({"allow_open": "false"}, "allow_open: Expected `bool`, got `str`"),
        ({"risk_mult": "0.5"}, "risk_mult: Expected `float"),
        ({"risk_mult": True}, "risk_mult: Expected `float"),
    ],
)
async def test_a_value_of_another_type_is_not_converted(body: dict[str, Any], told: str) -> None:
    async with asking(gateway_of()) as client:
        answer = await client.put(f"{API}/limits/A", headers={"If-None-Match": "*"}, json={"reason": "r"} | body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_body")
    assert told in answer.json()["detail"]


async def test_a_whole_number_may_have_a_point() -> None:
    headers = {"If-None-Match": "*", "If-Match": "*", "Content-Type": "application/json"}
    async with asking(gateway_of()) as client:
        body = b'{"reason": "r", "effective_ts": 13481.0, "risk_mult": 1}'
        answer = await client.put(f"{API}/limits/A", headers=headers, content=body)
        half = await client.put(f"{API}/limits/A", headers=headers, content=body.replace(b".0", b".5"))
    assert (answer.status_code, half.status_code) == (412, 400)


@pytest.mark.parametrize("body", [b"[" * 30_000, b'{"key":' * 9_000, b"{", b"\xff", b"", b"1e999"])
async def test_a_body_that_is_no_json_of_its_kind_is_the_callers_fault(body: bytes) -> None:
    async with asking(gateway_of()) as client:
        answer = await client.post(f"{API}/kill", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400, answer.text
