"""Records of any form are shown as what they are, and never end a request in a failure of the gateway."""

from __future__ import annotations

import base64
import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import drawn
from tests.support.made_logs import MadeLogs
from tests.support.portfolio import decision
from worker.gateway.auth.caller import Caller
from worker.gateway.log.entry import Entry

API = "/api/v1"
WHOLE = json.loads(decision("A", 1_000, 10.0))
ROUTES = (
    "decisions?limit=9",
    "decisions?symbol=A&order=oldest",
    "decisions?reason=signal_weak",
    "symbols",
    "symbols/A",
    "symbols/A/bars",
    "symbols/A/explain",
    "symbols/A/explain?sequence=1",
    "decisions/A-1-b835e001",
    "positions",
    "portfolio",
    "portfolio/history",
    "rejections",
    "rejections?code=tombstone",
    "rejections/summary",
)
MADE = MadeLogs()
STRANGE: list[bytes | None] = [
    None,
    b"",
    b"{",
    b"[]",
    b"null",
    b'"text"',
    b"\xff\xfe",
    b'{"symbol":"\xff"}',
    b'{"symbol":"\\ud800"}',
    b'{"a":1e999}',
    b'{"a":NaN}',
    b'{"a":' + b"[" * 20_000,
    b'{"a":' + b"9" * 5_000 + b"}",
    b'{"schema_version":2,"decision":{"new":true}}',
    b'{"schema_version":"x","sequence":-1,"ts":1e300,"position":[],"bar":7,"reasons":{},"contributions":[[1],2]}',
    json.dumps(WHOLE | {"qty": 1e308, "position": WHOLE["position"] | {"state": "long", "qty": 1e308}}).encode(),
    json.dumps(WHOLE | {"action": "explode", "blocking": "no_such_code", "reasons": ["no_such_code"]}).encode(),
    json.dumps(WHOLE | {"symbol": "</script><img src=x onerror=alert(1)>"}).encode(),
    json.dumps({name: value for name, value in WHOLE.items() if name != "bar"}).encode(),
]


def finite(found: Any) -> bool:
    """Whether no number of an answer is NaN or infinite."""
    if isinstance(found, float):
        return math.isfinite(found)
    if isinstance(found, dict):
        return all(finite(one) for one in found.values())
    return not isinstance(found, list) or all(finite(one) for one in found)


def made_of(value: bytes | None, key: bytes | None = b"A") -> MadeLogs:
    """All topics hold this value."""
    made, topics = MADE, MADE.settings.topics
    for name in (topics.output, topics.rejections, topics.figures):
        made.fill(name, [[Entry(0, 0, 1_000, key, value)]])
    return made


async def all_routes(made: MadeLogs) -> dict[str, Any]:
    found = {}
    async with made.asking() as client:
        for route in ROUTES:
            answer = await client.get(f"{API}/{route}")
            assert answer.status_code in (200, 404), (route, answer.text)
            found[route] = answer.json()
            assert finite(found[route]), route
    return found


@pytest.mark.parametrize("value", STRANGE, ids=range(len(STRANGE)))
async def test_every_route_shows_strange_records(value: bytes | None) -> None:
    found = await all_routes(made_of(value))
    [item] = found["decisions?limit=9"]["items"]
    if item["unreadable"]:
        assert item["decision"] is None
        assert item["problem"]
        assert item["raw"] is None or base64.b64decode(item["raw"]["base64"]) == (value or b"")[: 64 * 1024]
        assert (item["raw"] is None) == (value is None)
    else:
        assert item["decision"] == json.loads(value or b"")
    assert found["symbols"]["total"] == 1
    assert len(found["rejections"]["items"]) == 1


@settings(max_examples=drawn(15, 200))
@given(st.binary(max_size=40), st.one_of(st.none(), st.binary(max_size=80)))
async def test_any_bytes_do(value: bytes, key: bytes | None) -> None:
    found = await all_routes(made_of(value, key))
    assert found["decisions?limit=9"]["items"][0]["offset"] == 0


@settings(max_examples=drawn(20, 400))
@given(st.data())
async def test_any_member_may_be_anything(data: st.DataObject) -> None:
    json_values = st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()),
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
        max_leaves=4,
    )
    changed = data.draw(st.dictionaries(st.sampled_from(sorted(WHOLE)), json_values, min_size=1, max_size=4))
    gone = data.draw(st.lists(st.sampled_from(sorted(WHOLE)), max_size=2))
    value = {name: one for name, one in (WHOLE | changed).items() if name not in gone}
    await all_routes(made_of(json.dumps(value).encode("utf-8", "surrogatepass")))


async def test_foreign_records_are_told_apart() -> None:
    made = MADE
    newer, lacking = json.dumps(WHOLE | {"schema_version": 2}), json.dumps(WHOLE | {"regime": None})
    made.decide(newer.encode(), lacking.encode(), json.dumps(WHOLE).encode(), b"{")
    async with made.asking() as client:
        items = (await client.get(f"{API}/decisions", params={"order": "oldest"})).json()["items"]
    assert "schema_version 2 is not 1" in items[0]["problem"]
    assert "regime" in items[1]["problem"]
    assert items[2]["problem"] is None
    assert [item["unreadable"] for item in items] == [False, False, False, True]


class Reads:
    """Everybody may read."""

    async def caller(self, scope: Any) -> Caller:
        return Caller("ann", "read", "none")


async def test_raw_bytes_and_payloads_are_for_operators(monkeypatch: pytest.MonkeyPatch) -> None:
    made = made_of(b"{secret")
    refused = {"schema_version": 1, "codes": ["malformed_record"], "payload": "secret", "payload_encoding": "text"}
    more = [b"{secret", json.dumps(refused).encode()]
    made.fill(made.settings.topics.rejections, [[Entry(0, at, 1, b"A", value) for at, value in enumerate(more)]])
    async with made.asking() as client:
        shown = (await client.get(f"{API}/rejections")).json()["items"]
        assert shown[0]["payload"]["text"] == "secret"
        assert shown[0]["rejection"]["payload"] is None
        assert base64.b64decode(shown[1]["raw"]["base64"]) == b"{secret"
    monkeypatch.setattr(made.gateway.auth, "caller", Reads().caller)
    async with made.asking() as client:
        for route in ROUTES:
            answer = await client.get(f"{API}/{route}")
            assert "secret" not in answer.text, route
            assert base64.b64encode(b"{secret").decode() not in answer.text, route
