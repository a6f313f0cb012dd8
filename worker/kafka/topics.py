"""The topics of a fleet: their required settings, and checks of existing topics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from aiokafka.admin import AIOKafkaAdminClient

from schemas.rejection import MAX_PAYLOAD
from worker.errors import ConfigError, NotPermitted
from worker.kafka import asking
from worker.kafka.asking.topics import MISSING_AFTER
from worker.kafka.seams.clients import client_of
from worker.settings import Settings

# The largest rejection: payload as base64 or escaped text, at most six bytes per byte, and headers.
MIN_MESSAGE_BYTES = 6 * MAX_PAYLOAD + 16_384
FOREVER = {"retention.ms": "-1", "retention.bytes": "-1"}
# LogAppendTime: with CreateTime the broker would refuse records of a worker whose clock is an hour ahead.
COMPACTED = {
    "cleanup.policy": "compact",
    "segment.bytes": str(64 * 1024 * 1024),
    "message.timestamp.type": "LogAppendTime",
}
CREATE_TIME = {"message.timestamp.type": "CreateTime", "message.timestamp.after.max.ms": str(2**63 - 1)}


class Found(NamedTuple):
    """A topic as the broker describes it."""

    partitions: int
    max_message_bytes: int
    cleanup: str = ""  # cleanup.policy; empty if unknown


def wanted(settings: Settings) -> dict[str, dict[str, str]]:
    """Return name → configuration of every topic that `topics create` creates.

    Timestamps in input and outputs are the bars' own, so default retention would delete replayed history.
    """
    size = {"max.message.bytes": str(settings.topics.max_message_bytes)}
    logs = {name: FOREVER | CREATE_TIME | size | {"cleanup.policy": "delete"} for name in settings.topics.required}
    # CreateTime: the age of a control record is its own time compared with the bars'.
    limits = {settings.topics.limits: size | COMPACTED | CREATE_TIME}
    return logs | {settings.state_topic: size | COMPACTED} | limits


def wanted_by_operators(settings: Settings) -> dict[str, dict[str, str]]:
    """Return name → configuration of the topic of operators' acts, which has one partition."""
    return {settings.topics.acts: wanted_by_risk(settings)[settings.topics.acts]}


def wanted_by_risk(settings: Settings) -> dict[str, dict[str, str]]:
    """Return name → configuration of the further topics of the portfolio's risk; each has one partition."""
    size = {"max.message.bytes": str(settings.topics.max_message_bytes)}
    kept = FOREVER | CREATE_TIME | size | {"cleanup.policy": "delete"}
    return {
        settings.topics.figures: kept,
        settings.topics.acts: kept,
        settings.risk_state_topic: size | COMPACTED,
    }


def wanted_by_alerts(settings: Settings) -> dict[str, dict[str, str]]:
    """Return name → configuration of the further topics of the alerts; each has one partition."""
    size = {"max.message.bytes": str(settings.topics.max_message_bytes)}
    kept = FOREVER | CREATE_TIME | size | {"cleanup.policy": "delete"}
    compacted = size | COMPACTED
    return {
        settings.topics.alarms: compacted,
        settings.alerts_state_topic: compacted,
        settings.topics.messages: compacted,
        settings.topics.acts: kept,
    }


async def describe(
    admin: AIOKafkaAdminClient, names: tuple[str, ...], missing_after: float = MISSING_AFTER
) -> dict[str, Found]:
    """Return the existing topics among `names`, without creating any.

    A topic counts as missing only if two brokers, or the only one, have not known it for `missing_after` seconds.

    Raises:
        NotPermitted: this user may not see a topic.
        TryAgain, BrokerUnavailable: no certain answer.
    """
    client = client_of(admin)
    described = await asking.find_topics(client, names, missing_after)
    if described.denied:
        # Not the same as missing: limits that this user may not read must not count as limits that nobody set.
        denied = ", ".join(sorted(described.denied))
        raise NotPermitted(f"no right to see {denied}", "Grant DESCRIBE and what docs/operations.md lists")
    told = await asking.topic_settings(client, described.partitions)
    return {
        name: _found(described.partitions[name], told.get(name, {})) for name in names if name in described.partitions
    }


def _found(partitions: int, configs: Mapping[str, str | None]) -> Found:
    size = int(configs.get("max.message.bytes") or MIN_MESSAGE_BYTES)
    return Found(partitions, size, configs.get("cleanup.policy") or "")


def check(settings: Settings, found: dict[str, Found], names: tuple[str, ...] | None = None) -> None:
    """Refuse unusable topics; `names` limits the check, else all required topics are checked.

    Raises:
        ConfigError: one is missing, partition counts differ, a rejection could be too large for its topic, or the state
            topic is not compacted.
    """
    required = names or settings.worker_topics
    if missing := [name for name in required if name not in found]:
        raise ConfigError(
            f"missing topic{'s' if len(missing) > 1 else ''}: {', '.join(missing)}",
            "Run `alphapulse topics create` with the same --group and --prefix",
        )
    counts = {name: found[name].partitions for name in required}
    made_for = counts.get(settings.state_topic, counts[required[0]])
    if made_for != counts[required[0]]:
        raise partitions_changed(required[0], made_for, counts[required[0]])
    if len(set(counts.values())) > 1:
        text = ", ".join(f"{name} has {count}" for name, count in counts.items())
        raise ConfigError(
            f"the topics' partition counts differ: {text}",
            f"Input partition p goes to output partition p: recreate the outputs with {counts[required[0]]} partitions",
        )
    rejections = settings.topics.rejections
    if (size := found[rejections].max_message_bytes) < MIN_MESSAGE_BYTES:
        raise ConfigError(
            f"max.message.bytes of {rejections} is {size}, but a rejection may take {MIN_MESSAGE_BYTES}",
            f"Set max.message.bytes={MIN_MESSAGE_BYTES} or more on {rejections}",
        )
    if settings.state_topic in required:
        _check_compacted(settings.state_topic, found[settings.state_topic], "state")


def check_risk(settings: Settings, found: dict[str, Found]) -> None:
    """Refuse topics that the portfolio's risk can't use.

    Raises:
        ConfigError: one is missing, has more than one partition, or is not compacted.
    """
    if missing := [name for name in settings.risk_topics if name not in found]:
        raise ConfigError(
            f"missing topic{'s' if len(missing) > 1 else ''}: {', '.join(missing)}",
            "Run `alphapulse topics create` with the same --group and --prefix",
        )
    for name in wanted_by_risk(settings):
        if (count := found[name].partitions) != 1:
            raise ConfigError(
                f"{name} has {count} partitions: one portfolio has one order of steps",
                f"Recreate {name} with one partition, or give it another name in topics.*",
            )
    _check_compacted(settings.risk_state_topic, found[settings.risk_state_topic], "state")
    _check_compacted(settings.topics.limits, found[settings.topics.limits], "limits")


def check_alerts(settings: Settings, found: dict[str, Found]) -> None:
    """Refuse topics that the alerts can't use.

    Raises:
        ConfigError: one is missing, has more than one partition, or is not compacted.
    """
    alone = wanted_by_alerts(settings)
    needed = (*alone, settings.topics.output, settings.topics.rejections)
    if missing := [name for name in needed if name not in found]:
        raise ConfigError(
            f"missing topic{'s' if len(missing) > 1 else ''}: {', '.join(missing)}",
            "Run `alphapulse topics create` with the same --group and --prefix",
        )
    for name in alone:
        if (count := found[name].partitions) != 1:
            raise ConfigError(
                f"{name} has {count} partitions: alerts have one order of steps",
                f"Recreate {name} with one partition, or give it another name in topics.*",
            )
    for name in (settings.topics.alarms, settings.alerts_state_topic, settings.topics.messages):
        _check_compacted(name, found[name], "what it holds")


def partitions_changed(topic: str, before: int, now: int) -> ConfigError:
    """Return the error for an input topic whose partition count differs from that of the group's state."""
    return ConfigError(
        f"{topic} has {now} partitions, but the group's state was made for {before}: symbols would change partition "
        "and lose their state",
        f"Create a new input topic with {now} partitions under another topics.prefix, publish the history into it "
        f"and run another processing.group; or recreate {topic} with {before} partitions",
    )


def check_control(settings: Settings, found: dict[str, Found]) -> int:
    """Return the number of partitions of the control topic; 0 if it is not read.

    Raises:
        ConfigError: it is required but missing, or not compacted.
    """
    name, read = settings.topics.limits, settings.control.read
    if read == "required" and name not in found:
        raise ConfigError(f"missing topic: {name}", "Run `alphapulse topics create`, or set control.read=auto")
    if read == "off" or name not in found:
        return 0
    _check_compacted(name, found[name], "limits")
    return found[name].partitions


def _check_compacted(name: str, topic: Found, what: str) -> None:
    if topic.cleanup and "compact" not in topic.cleanup:
        raise ConfigError(
            f"{name} has cleanup.policy={topic.cleanup}: retention would delete {what}",
            f"Set cleanup.policy=compact on {name}",
        )
