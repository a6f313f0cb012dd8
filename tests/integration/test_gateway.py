"""The gateway on a real broker: what it tells is what the topics hold, whatever becomes of broker and topics."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from schemas import Decision
from tests.integration.conftest import Bootstrap
from tests.support.fleet import until
from tests.support.gateway import GatewayProcess
from tests.support.kafka import read_partition
from tests.support.published import Outcome, outcomes, publish_outcomes
from tests.support.ticks import group_settings, make_topics, recreate_topic
from worker.broker import Broker
from worker.errors import Exit
from worker.settings import Settings

pytestmark = pytest.mark.kafka
PARTITIONS = 3
SMALL = {"ALPHAPULSE_GATEWAY__HOT_BYTES": "1048576", "ALPHAPULSE_GATEWAY__READS_PER_S": "100000"}
SOON = 15.0  # seconds


async def pages(gateway: GatewayProcess, path: str, **query: Any) -> list[dict[str, Any]]:
    """All items of all pages."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await gateway.get(path, **query, **cursor)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page["items"]
        if page["cursor"] is None:
            return found
        cursor = {"cursor": page["cursor"]}


async def held(settings: Settings, topic: str) -> list[dict[str, Any]]:
    """What a topic holds, by a plain consumer, in order of time."""
    found = [
        {
            "partition": record.partition,
            "offset": record.offset,
            "timestamp": record.timestamp,
            "decision": msgspec.json.decode(record.value or b""),
        }
        for partition in range(PARTITIONS)
        for record in await read_partition(settings.kafka.bootstrap_servers, topic, partition)
    ]
    return sorted(found, key=lambda one: (one["timestamp"], one["partition"], one["offset"]))


def plain(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for item in items:
        assert not item.pop("unreadable")
        assert (item.pop("problem"), item.pop("raw")) == (None, None)
    return items


CASES: list[tuple[dict[str, Any], Callable[[dict[str, Any]], bool]]] = [
    ({"limit": 700}, lambda one: True),
    ({"symbol": "SIM0003", "limit": 150}, lambda one: one["decision"]["symbol"] == "SIM0003"),
    ({"action": "open_long"}, lambda one: one["decision"]["action"] == "open_long"),
    ({"reason": "cool_down"}, lambda one: "cool_down" in one["decision"]["reasons"]),
    ({"blocking": "warmup", "regime": "unknown"}, lambda one: one["decision"]["blocking"] == "warmup"),
]


async def test_pages_hold_the_topic_once_and_in_order(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    settings = group_settings(broker.bootstrap, topic_prefix, PARTITIONS)
    await make_topics(settings)
    found = outcomes(settings, PARTITIONS, symbols=6, bars=220)
    await publish_outcomes(settings, found)
    every = await held(settings, settings.topics.output)
    assert len(every) == sum(isinstance(one.item, Decision) for one in found)
    with GatewayProcess(settings, tmp_path, **SMALL) as gateway:
        await gateway.ready()
        assert await gateway.metric("gateway_hot_bytes") < 1_048_577  # type: ignore[operator]
        for query, passes in CASES:
            wanted = [one for one in every if passes(one)]
            assert wanted, query
            assert plain(await pages(gateway, "decisions", order="oldest", **query)) == wanted, query
            backwards = plain(await pages(gateway, "decisions", **query))
            assert [(one["timestamp"], one["partition"]) for one in backwards] == [
                (one["timestamp"], one["partition"])
                for one in sorted(wanted, key=lambda one: (-one["timestamp"], one["partition"]))
            ]
            assert sorted(map(place, backwards)) == sorted(map(place, wanted))
        assert await gateway.metric("gateway_older_reads_total")
        begin, end = every[300]["timestamp"], every[900]["timestamp"]
        between = plain(await pages(gateway, "decisions", order="oldest", **{"from": begin, "to": end}))
        assert between == [one for one in every if begin <= one["timestamp"] < end]
        await one_by_one(gateway, found, every)
        gateway.send(signal.SIGTERM)
        assert await gateway.exit_code(5) == Exit.OK


def place(item: dict[str, Any]) -> tuple[int, int]:
    return item["partition"], item["offset"]


async def one_by_one(gateway: GatewayProcess, found: list[Outcome], every: list[dict[str, Any]]) -> None:
    """Single resources, old ones too, and what is refused."""
    last = next(one for one in reversed(found) if one.key == b"SIM0003" and isinstance(one.item, Decision))
    assert last.value in (await gateway.get("symbols/SIM0003")).content
    for one in (every[0], every[-1]):
        answer = await gateway.get(f"decisions/{one['decision']['decision_id']}")
        assert plain([answer.json()]) == [one]
        again = await gateway.get(f"decisions/{one['decision']['decision_id']}", known=answer.headers["etag"])
        assert (again.status_code, again.content) == (304, b"")
    bars = (await gateway.get("symbols/SIM0003/bars", limit=5_000)).json()
    assert bars["sequence"] == [one["decision"]["sequence"] for one in every if one["decision"]["symbol"] == "SIM0003"]
    page = await gateway.get("decisions", limit=3)
    known = await gateway.get("decisions", known=page.headers["etag"], limit=3)
    assert known.status_code == 304
    missing = await gateway.get("symbols/SIM9")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
    assert missing.headers["content-type"] == "application/problem+json"
    misspelt = await gateway.get("decisions", simbol="A")
    assert (misspelt.status_code, "Did you mean symbol?" in misspelt.json()["fix"]) == (400, True)
    long = await gateway.get("decisions", symbol="A" * 5_000)
    assert (long.status_code, long.json()["code"]) == (414, "uri_too_long")


async def test_a_broker_that_is_gone_and_a_topic_made_anew(topic_prefix: str, tmp_path: Path) -> None:
    with Broker() as broker:
        settings = group_settings(broker.bootstrap, topic_prefix, PARTITIONS)
        await make_topics(settings)
        found = outcomes(settings, PARTITIONS)
        await publish_outcomes(settings, found)
        with GatewayProcess(settings, tmp_path, **SMALL) as gateway:
            await gateway.ready()
            before = await gateway.get("symbols/SIM0003")
            broker.pause()
            cold = await gateway.get("decisions", order="oldest")
            assert (cold.status_code, cold.json()["code"]) == (503, "unavailable"), "no empty page"

            async def unready() -> bool:
                return (await gateway.probe("/readyz"))[0] == 503

            await until(unready, SOON, "not ready")
            later = (await gateway.get("symbols/SIM0003")).json()
            assert later["decision"] == before.json()["decision"]
            assert later["age_ms"] > 5_000 > before.json()["age_ms"]
            assert len((await gateway.get("decisions")).json()["items"]) == 100
            broker.resume()
            await gateway.ready(seconds=SOON)
            old = (await gateway.get("decisions", limit=1)).json()
            await recreate_topic(settings, settings.topics.output)
            fresh = [one for one in found if one.key == b"SIM0001"][:5]
            await publish_outcomes(settings, fresh)

            async def refilled() -> bool:
                answer = await gateway.get("symbols")
                return answer.status_code == 200 and answer.json()["total"] == 1

            begun = time.monotonic()
            await until(refilled, 2 * SOON, "the new topic")
            assert time.monotonic() - begun < SOON
            stale = await gateway.get("decisions", limit=1, cursor=old["cursor"])
            assert (stale.status_code, stale.json()["code"]) == (409, "invalid_cursor")
            assert len(plain(await pages(gateway, "decisions"))) == sum(isinstance(one.item, Decision) for one in fresh)
