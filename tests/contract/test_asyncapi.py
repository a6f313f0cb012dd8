"""The AsyncAPI document is sound and says what the worker really does.

No AsyncAPI validator can be had as a Python package: structure is checked here against the rules of the 3.0
specification and of the Kafka bindings 0.5.0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from schemas import generate
from tests.contract import messages
from tests.support.monitored import Run
from tests.support.portfolio import MINUTE, START, decision
from worker.kafka import topics
from worker.monitoring.records import Step, Writer
from worker.settings import Settings

DOCUMENT: dict[str, Any] = msgspec.json.decode((generate.HERE / "asyncapi.json").read_bytes())


def resolve(reference: str) -> Any:
    node: Any = DOCUMENT
    assert reference.startswith("#/")
    for part in reference[2:].split("/"):
        node = node[part]
    return node


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for child in node.values():
            yield from references(child)
    elif isinstance(node, list):
        for child in node:
            yield from references(child)


def test_every_reference_resolves_inside_the_document() -> None:
    found = set(references(DOCUMENT))
    assert len(found) > 10
    for reference in found:
        assert resolve(reference)


def test_required_parts_of_the_specification() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= set(DOCUMENT["info"])
    allowed = {"asyncapi", "id", "info", "servers", "defaultContentType", "channels", "operations", "components"}
    assert set(DOCUMENT) <= allowed
    for server in DOCUMENT["servers"].values():
        assert {"host", "protocol"} <= set(server)


@pytest.mark.parametrize("name", list(DOCUMENT["operations"]))
def test_operations_point_to_messages_of_their_channel(name: str) -> None:
    operation = DOCUMENT["operations"][name]
    assert operation["action"] in ("send", "receive")
    channel = operation["channel"]["$ref"]
    assert channel.startswith("#/channels/")
    for message in operation["messages"]:
        assert message["$ref"].startswith(f"{channel}/messages/")
        assert resolve(resolve(message["$ref"])["$ref"])["payload"]["schema"]["$ref"]
    binding = operation["bindings"]["kafka"]
    assert set(binding) <= {"groupId", "clientId", "bindingVersion"}
    assert binding["bindingVersion"] == "0.5.0"


def test_channels_are_the_topics_that_the_worker_creates() -> None:
    settings = Settings()
    alone = topics.wanted_by_risk(settings) | topics.wanted_by_alerts(settings)
    wanted = topics.wanted(settings) | alone
    channels = {channel["address"]: channel["bindings"]["kafka"] for channel in DOCUMENT["channels"].values()}
    # The group's state is its own business: nobody else reads or writes it.
    assert set(channels) == set(wanted) - {settings.state_topic, settings.risk_state_topic, settings.alerts_state_topic}
    for address, binding in channels.items():
        assert binding["topic"] == address
        assert binding["partitions"] == (1 if address in alone else settings.topics.partitions)
        assert "replicas" not in binding  # as many as the cluster can hold
        assert binding["bindingVersion"] == "0.5.0"
        told = {name: binding["topicConfiguration"][name] for name in binding["topicConfiguration"]}
        told["cleanup.policy"] = ",".join(told["cleanup.policy"])
        assert {name: str(value) for name, value in told.items()}.items() <= wanted[address].items()
    group = DOCUMENT["operations"]["readTicks"]["bindings"]["kafka"]["groupId"]["default"]
    assert group == settings.processing.group


@pytest.mark.parametrize(("name", "topic"), [("Decision", "decisions"), ("Rejection", "ticks.rejected")])
def test_real_headers_are_those_described(name: str, topic: str) -> None:
    schema = DOCUMENT["components"]["messages"][name]["headers"]
    check = Draft202012Validator(schema | {"additionalProperties": False}, format_checker=FormatChecker())
    found = [dict(output.headers) for output in messages.outputs() if output.topic == topic]
    assert found
    for headers in found:
        told = {header: value.decode() for header, value in headers.items()}
        assert [error.message for error in check.iter_errors(told)] == []


@pytest.mark.parametrize(("name", "topic"), [("Decision", "decisions"), ("Rejection", "ticks.rejected")])
def test_payload_schemas_hold_for_real_values(name: str, topic: str) -> None:
    schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    check = Draft202012Validator(schema)
    for value in messages.values(topic):
        check.validate(value)
        break
    assert list(check.iter_errors({})) != []


def test_what_the_monitor_writes_is_described() -> None:
    run = Run()
    run.monitor.take(0, 0, decision("A", START, 100.0))
    run.step(START + MINUTE)
    step = Step(1, START + MINUTE, START + MINUTE, run.outputs[0])
    found = {placed.record.topic: placed.record for placed in Writer(Settings(), 4).records([step])}
    for name, topic in (("Portfolio", "portfolio"), ("Control", "risk.control")):
        headers = DOCUMENT["components"]["messages"][name]["headers"]
        check = Draft202012Validator(headers | {"additionalProperties": False}, format_checker=FormatChecker())
        told = {header: value.decode() for header, value in found[topic].headers}
        assert [error.message for error in check.iter_errors(told)] == []
        schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
        Draft202012Validator(schema).validate(msgspec.json.decode(found[topic].value or b""))
