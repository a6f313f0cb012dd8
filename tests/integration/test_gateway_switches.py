"""Switches of the model and of the strategy by the gateway: those that workers could not follow are not written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from schemas.control import MODEL_KEY, STRATEGY_KEY, ModelSwitch
from tests.integration.conftest import Bootstrap
from tests.integration.test_gateway_writes import process, sent
from tests.support.acts import audits, control_records
from tests.support.fleet import until
from tests.support.gateway import GatewayProcess
from tests.support.switching import NAME, files
from tests.support.ticks import group_settings, make_audit_topic, make_topics
from tests.unit.models import graphs
from worker.models.registry import Registry
from worker.settings import ModelsSettings, Settings

pytestmark = pytest.mark.kafka


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    content = graphs.sigmoid()
    graphs.put(tmp_path / "models", content, graphs.manifest(content))
    return tmp_path / "models"


async def history(gateway: GatewayProcess, path: str, length: int) -> Any:
    """What a resource says once it has read so many switches."""
    found: list[Any] = []

    async def there() -> bool:
        found.append((await sent(gateway, "GET", path)).json())
        return len(found[-1]["history"]) == length

    await until(there, 20, f"{length} switches in {path}")
    return found[-1]


async def switched(gateway: GatewayProcess, path: str, status: int, **body: Any) -> Any:
    answer = await sent(gateway, "POST", f"/{path}/switch", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def choosing(settings: Settings, registry: Path, folder: Path) -> Settings:
    first, second = files(folder)
    strategy = {"file": str(first), "candidates": [str(second)]}
    return settings.model_copy(update={"models": ModelsSettings(registry=registry), "engine": {"strategy": strategy}})


async def test_a_switch_is_checked_written_and_shown(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path, registry: Path
) -> None:
    settings = choosing(group_settings(broker.bootstrap, topic_prefix, 1), registry, tmp_path)
    await make_topics(settings)
    await make_audit_topic(settings)
    digest = Registry(registry).manifest(graphs.NAME, graphs.VERSION)[1]
    known = {"name": graphs.NAME, "version": graphs.VERSION}
    with process(settings, tmp_path) as gateway:
        await gateway.ready()
        before = await history(gateway, "/models", 0)
        assert [(row["name"], row["digest"], row["problem"]) for row in before["registry"]] == [
            (graphs.NAME, digest, None)
        ]
        assert (before["in_force"], before["configured"], before["version"]) == (None, None, None)
        for body, code in (
            (known | {"version": "2.0.0"}, "conflict"),
            (known | {"digest": "0" * 64}, "conflict"),
            ({"name": "UPPER", "version": "1"}, "invalid_body"),
            ({"name": graphs.NAME}, "invalid_body"),
            ({"name": None, "version": "1"}, "invalid_body"),
        ):
            refused = await switched(gateway, "models", 409 if code == "conflict" else 400, **body, reason="r")
            assert refused["code"] == code
        told = await switched(gateway, "models", 200, **known, reason="better")
        assert told["model"] == known | {"digest": digest}
        await switched(gateway, "models", 200, name=None, reason="none for now")
        withdrawn = await sent(gateway, "DELETE", "/models/switch?reason=as+before")
        assert (withdrawn.status_code, withdrawn.json()["version"]) == (200, None)
        after = await history(gateway, "/models", 3)
        assert [(one["reason"], one["who"]) for one in after["history"]] == [
            ("as before", "operate"),
            ("none for now", "operate"),
            ("better", "operate"),
        ]
        nothing = {"name": None, "version": "", "digest": ""}
        assert [one["to"] for one in after["history"]] == [None, nothing, known | {"digest": digest}]
        assert [one["from"] for one in after["history"]] == [nothing, known | {"digest": digest}, None]

        found = await history(gateway, "/strategies", 0)
        assert found["configured"] == found["in_force"]
        assert [one["configured"] for one in found["available"]] == [True, False]
        assert {one["name"] for one in found["available"][0]["fields"]} == set(found["configured"]["parameters"])
        for parameters, extra, status in (
            ({"entre": 3}, {}, 409),
            ({"enter": 1}, {}, 409),
            ({"enter": 400}, {}, 409),
            ({}, {"digest": "0" * 64}, 409),
            ({"enter": [1]}, {}, 400),
        ):
            await switched(gateway, "strategies", status, parameters=parameters, reason="r", **extra)
        told = await switched(gateway, "strategies", 200, parameters={"risk": 0.002}, reason="less risk")
        assert told["strategy"]["parameters"] == found["configured"]["parameters"] | {"risk": 0.002}
        seen = await history(gateway, "/strategies", 1)
        assert seen["in_force"]["parameters"]["risk"] == 0.002
        assert (await sent(gateway, "DELETE", "/strategies/switch?reason=over")).status_code == 200
        assert (await history(gateway, "/strategies", 2))["in_force"] == found["configured"]
    models = [record and record.model for record in await control_records(settings, MODEL_KEY)]
    assert models == [ModelSwitch(graphs.NAME, graphs.VERSION, digest), ModelSwitch(), None]
    key = STRATEGY_KEY + NAME
    assert [record and record.reason for record in await control_records(settings, key)] == ["less risk", None]
    acts = [act.action for act in await audits(settings)]
    assert acts == ["switch_model"] * 3 + ["switch_strategy"] * 2
