"""What the state topic must look like, and how it is named."""

from __future__ import annotations

from typing import Any

import pytest

from worker.errors import ConfigError
from worker.kafka.topics import Found, check, check_control, check_risk, wanted, wanted_by_risk
from worker.settings import ControlSettings, ProcessingSettings, Settings, TopicSettings

SETTINGS = Settings(topics=TopicSettings(prefix="p."), processing=ProcessingSettings(group="g"))
STATE = "p.worker.state.g"
LARGE = 1_048_588


def found(**state: Any) -> dict[str, Found]:
    """All topics as they should be, but for `state`."""
    topics = dict.fromkeys(SETTINGS.worker_topics, Found(4, LARGE, "delete"))
    return topics | {STATE: Found(4, LARGE, "compact")._replace(**state)}


def test_the_state_topic_is_compacted_and_belongs_to_the_group() -> None:
    assert SETTINGS.state_topic == STATE
    config = wanted(SETTINGS)[STATE]
    assert config["cleanup.policy"] == "compact"
    assert config["segment.bytes"] == str(64 * 2**20)
    check(SETTINGS, found())
    check(SETTINGS, found(cleanup=""))
    check(SETTINGS, found(cleanup="compact,delete"))


@pytest.mark.parametrize("group", ["a b", "a/b", "ä", "a_b"])
def test_every_group_has_a_topic_of_its_own(group: str) -> None:
    name = SETTINGS.model_copy(update={"processing": ProcessingSettings(group=group)}).state_topic
    assert name.isascii()
    assert not set(name) & set(" /")
    assert (name == f"p.worker.state.{group}") == (group == "a_b")


def test_a_state_topic_that_forgets_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"cleanup\.policy=delete"):
        check(SETTINGS, found(cleanup="delete"))


def test_another_partition_count_is_refused_with_the_migration() -> None:
    with pytest.raises(ConfigError, match="has 4 partitions, but the group's state was made for 2") as refused:
        check(SETTINGS, found(partitions=2))
    assert "publish the history" in refused.value.fix
    check(SETTINGS, found(partitions=2), SETTINGS.topics.required)


def test_a_missing_state_topic_is_named() -> None:
    topics = found()
    del topics[STATE]
    with pytest.raises(ConfigError, match=f"missing topic: {STATE}"):
        check(SETTINGS, topics)


@pytest.mark.parametrize(("read", "there", "partitions"), [("auto", True, 3), ("auto", False, 0), ("off", True, 0)])
def test_the_control_topic_is_read_where_it_exists(read: Any, there: bool, partitions: int) -> None:
    settings = SETTINGS.model_copy(update={"control": ControlSettings(read=read)})
    topics = found() | ({"p.risk.control": Found(3, LARGE, "compact")} if there else {})
    check(settings, topics)
    assert check_control(settings, topics) == partitions
    assert wanted(settings)["p.risk.control"]["cleanup.policy"] == "compact"


def test_a_control_topic_that_is_required_or_forgets_is_refused() -> None:
    required = SETTINGS.model_copy(update={"control": ControlSettings(read="required")})
    with pytest.raises(ConfigError, match=r"missing topic: p\.risk\.control"):
        check_control(required, found())
    with pytest.raises(ConfigError, match="retention would delete limits"):
        check_control(SETTINGS, {"p.risk.control": Found(1, LARGE, "delete")})


def found_for_risk(**changed: Found | None) -> dict[str, Found]:
    topics = dict.fromkeys(SETTINGS.risk_topics, Found(1, LARGE, "compact")) | {
        "p.decisions": Found(4, LARGE, "delete")
    }
    changed_names = {name.replace("_", "."): topic for name, topic in changed.items()}
    return {n: t for n, t in (topics | {f"p.{n}": t for n, t in changed_names.items()}).items() if t is not None}


def test_the_topics_of_the_portfolios_risk() -> None:
    assert {name: config["cleanup.policy"] for name, config in wanted_by_risk(SETTINGS).items()} == {
        "p.portfolio": "delete",
        "p.audit": "delete",
        "p.risk.state.g": "compact",
    }
    assert wanted_by_risk(SETTINGS)["p.audit"]["retention.ms"] == "-1"
    check_risk(SETTINGS, found_for_risk())


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"risk_state_g": None, "audit": None}, "missing topics: p.risk.state.g, p.audit"),
        (
            {"portfolio": Found(2, LARGE, "delete")},
            "p.portfolio has 2 partitions: one portfolio has one order of steps",
        ),
        ({"risk_state_g": Found(1, LARGE, "delete")}, "p.risk.state.g has cleanup.policy=delete"),
        ({"risk_control": Found(3, LARGE, "delete")}, "p.risk.control has cleanup.policy=delete"),
    ],
)
def test_topics_that_the_risk_cannot_use_are_refused(changed: dict[str, Found | None], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        check_risk(SETTINGS, found_for_risk(**changed))
