"""What was seen of the fleet before: the steps that the journal still keeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from aiokafka import TopicPartition

from worker.alerts import journal
from worker.alerts.configuration.rules import Base
from worker.alerts.evaluation.conditions import condition, every
from worker.errors import ConfigError
from worker.kafka.client import client_options
from worker.kafka.preflight import admin_client
from worker.kafka.reader import Reader
from worker.kafka.topics import describe
from worker.leading.copy import StateCopy
from worker.moments import in_words
from worker.settings import Settings

WHAT = frozenset({"kind", "role", "group", "topic", "instance", "metric"})  # fields that say what was looked at


async def observed(
    settings: Settings, rule: Base, since: int, until: int | None, tell: Callable[[str], None]
) -> list[journal.Step]:
    """Return the journal's steps from `since` to `until`, epoch ms, in order; `tell` what of that is not kept.

    Raises:
        ConfigError: there is no journal, or nothing in it is what the rule looks at: it would fire at nothing.
        DataError: the journal is damaged.
        KafkaError, Truncated: it can't be read now.
    """
    kept = journal.steps((await _state(settings)).records)
    if not kept:
        raise ConfigError(
            f"{settings.alerts_state_topic} has no journal: nobody has looked at the fleet yet",
            "Start `alphapulse alerts`, which looks at it and keeps what it sees",
        )
    steps = [step for step in kept if since <= step.now and (until is None or step.now < until)]
    wanted = every([condition(rule.source, rule.each, one) for one in rule.where if one.field in WHAT])
    if not any(wanted(row, None) for step in steps for row in step.rows):
        raise ConfigError(
            f"of the fleet nothing that this rule looks at was seen in this time; {_span(kept)}",
            "Choose a time in which `alphapulse alerts` ran with this rule, metrics also with alerts.scrape or "
            "alerts.scrape_file",
        )
    if since < kept[0].now:
        tell(f"{_span(kept)}: nothing before was looked at")
    return steps


def _span(kept: Sequence[journal.Step]) -> str:
    return f"the journal has steps from {in_words(kept[0].now)} to {in_words(kept[-1].now)}"


async def _state(settings: Settings) -> StateCopy:
    topic = settings.alerts_state_topic
    async with admin_client(settings.kafka) as admin:
        if topic not in await describe(admin, (topic,)):
            raise ConfigError(f"the topic {topic} does not exist", "Run `alphapulse topics create`")
    copy = StateCopy(topic)
    async with Reader(client_options(settings.kafka)) as reader:
        await copy.catch_up(reader, await reader.leaders.end(TopicPartition(topic, 0)))
    return copy
