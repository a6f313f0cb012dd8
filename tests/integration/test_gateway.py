"""The gateway on a real broker: what it reads is what the topics hold."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import Bootstrap
from tests.support.gateway import GatewayProcess
from tests.support.published import Outcome, outcomes, publish_outcomes
from tests.support.ticks import group_settings, make_topics
from worker.errors import Exit
from worker.settings import Settings

pytestmark = pytest.mark.kafka
PARTITIONS = 3


@pytest.fixture
def settings(broker: Bootstrap, topic_prefix: str) -> Settings:
    return group_settings(broker.bootstrap, topic_prefix, PARTITIONS)


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


def of_topic(found: list[Outcome], topic: str) -> dict[int, list[bytes]]:
    return {p: [one.value for one in found if (one.topic, one.partition) == (topic, p)] for p in range(PARTITIONS)}


async def test_pages_hold_the_topic_once_and_in_order(settings: Settings, tmp_path: Path) -> None:
    await make_topics(settings)
    found = outcomes(settings, PARTITIONS)
    await publish_outcomes(settings, found)
    with GatewayProcess(settings, tmp_path) as gateway:
        await gateway.ready()
        items = await pages(gateway, "decisions", limit=300, order="oldest")
        assert [item["timestamp"] for item in items] == sorted(item["timestamp"] for item in items)
        wanted = of_topic(found, settings.topics.output)
        for partition in range(PARTITIONS):
            mine = [item for item in items if item["partition"] == partition]
            assert [item["offset"] for item in mine] == sorted({item["offset"] for item in mine})
            assert [len(mine)] == [len(wanted[partition])]
        newest = await gateway.get("symbols/SIM0003")
        last = next(one for one in reversed(found) if one.key == b"SIM0003" and one.topic == settings.topics.output)
        assert last.value in newest.content
        missing = await gateway.get("symbols/SIM9")
        assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
        assert missing.headers["content-type"] == "application/problem+json"
        misspelt = await gateway.get("decisions", simbol="A")
        assert (misspelt.status_code, "Did you mean symbol?" in misspelt.json()["fix"]) == (400, True)
        gateway.send(signal.SIGTERM)
        assert await gateway.exit_code(5) == Exit.OK
