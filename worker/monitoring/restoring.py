"""The monitor from its stored state, checked against what it has written; rebuilt where the state is damaged."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from aiokafka import TopicPartition

from worker.engine.settings import EngineSettings
from worker.errors import ConfigError, DataError
from worker.kafka.identity import ids_of, text_of
from worker.kafka.leaders import Leaders
from worker.kafka.reader import Reader
from worker.monitoring import inputs, portfolios
from worker.monitoring.inputs import Inputs
from worker.monitoring.rebuilding import rebuild
from worker.risk.monitor import Monitor
from worker.risk.records.state import HEAD
from worker.settings import Settings

log = logging.getLogger(__name__)


class Sources(NamedTuple):
    """The numbers of partitions of decisions and of control records."""

    decisions: int
    control: int


class Restored(NamedTuple):
    """The monitor, and how far its inputs have entered."""

    monitor: Monitor
    inputs: Inputs
    began: bool  # without any state
    rebuilt: Mapping[str, bytes]  # the whole state, where the stored one was damaged


class Restoring:
    """The restoring of one portfolio; `again` rebuilds a lost state, too."""

    def __init__(
        self,
        settings: Settings,
        engine: EngineSettings,
        options: dict[str, Any],
        sources: Sources,
        again: bool = False,
    ) -> None:
        self._settings, self._engine, self._options = settings, engine, options
        self._sources, self._again = sources, again

    async def restore(self, reader: Reader, stored: Mapping[str, bytes]) -> Restored:
        """Return the monitor for the newest record of each key of its state.

        Raises:
            ConfigError: a topic was recreated, or has another number of partitions.
            DataError: the state is lost or damaged and can't be rebuilt.
            KafkaError, Truncated: a topic can't be read now.
        """
        now = await self._now(reader.leaders)
        last = await portfolios.newest(reader, self._settings.topics.figures)
        if HEAD not in stored:
            return await self._without(reader, now, last)
        try:
            known = inputs.decode(stored.get(inputs.KEY, b""))
            monitor = self._monitor(stored)
        except DataError as damage:
            return await self._rebuilt(reader, now, damage)
        self._check_topics(known, now)
        cut = len(monitor.cut)
        if cut != self._sources.decisions:
            raise self._other_count(cut)
        if last is not None and last.portfolio.number != monitor.number:
            return await self._contradicted(reader, now, monitor.number, last.portfolio.number)
        await self._check_cut(reader, monitor)
        return Restored(monitor, _widened(known, self._sources.control), False, {})

    def _monitor(self, stored: Mapping[str, bytes] | None) -> Monitor:
        return Monitor(self._settings.risk, self._engine, self._sources.decisions, stored)

    async def _now(self, leaders: Leaders) -> Inputs:
        topics = self._settings.topics
        ids = await ids_of(leaders, (topics.output, topics.limits, topics.acts))
        decisions, control, audit = map(text_of, ids)
        return Inputs(inputs.FORMAT, decisions, control, audit, [0] * self._sources.control, [0])

    async def _without(self, reader: Reader, now: Inputs, last: portfolios.Kept | None) -> Restored:
        if last is None:
            return Restored(self._monitor(None), now, True, {})
        lost = DataError(
            f"{self._settings.topics.figures} has record {last.portfolio.number} of the portfolio, but the topic "
            f"{self._settings.risk_state_topic} has no state",
            "Check topics.prefix, risk.name and the group; if the state was deleted, start once with --rebuild",
        )
        if not self._again:
            raise lost
        return await self._rebuilt(reader, now, lost)

    async def _contradicted(self, reader: Reader, now: Inputs, state: int, written: int) -> Restored:
        figures = self._settings.topics.figures
        damage = DataError(
            f"the state of the portfolio's risk is of record {state}, but the last one in {figures} is {written}",
            f"Restore {figures}: records that were committed are gone",
        )
        if written < state:
            raise damage
        return await self._rebuilt(reader, now, damage)

    async def _rebuilt(self, reader: Reader, now: Inputs, damage: DataError) -> Restored:
        log.error("the state is rebuilt", extra={"cause": damage.message})
        monitor = self._monitor(None)
        state = await rebuild(self._settings, self._options, reader, monitor, self._sources.decisions, damage)
        # Which acknowledgements have entered is not known: one that came since must be given again.
        ends = [await reader.leaders.end(TopicPartition(self._settings.topics.acts, 0))]
        found = Inputs(now.format, now.decisions, now.control, now.audit, now.control_cut, ends)
        return Restored(monitor, found, False, state | {inputs.KEY: found.encoded()})

    def _check_topics(self, known: Inputs, now: Inputs) -> None:
        topics = self._settings.topics
        for name, before, after in (
            (topics.output, known.decisions, now.decisions),
            (topics.limits, known.control, now.control),
            (topics.acts, known.audit, now.audit),
        ):
            if before and after and before != after:
                raise recreated(name, self._settings)

    async def _check_cut(self, reader: Reader, monitor: Monitor) -> None:
        for tp, offset in zip(_decisions(self._settings, self._sources), monitor.cut, strict=True):
            first, end = await reader.bounds(tp)
            if offset < first:
                raise DataError(
                    f"{tp.topic} partition {tp.partition} begins at {first}, but the portfolio goes on at {offset}: "
                    "retention has deleted decisions that it has not counted",
                    f"Set retention.ms=-1 on {tp.topic}; {anew()}",
                )
            if offset > end:
                raise DataError(
                    f"{tp.topic} partition {tp.partition} ends at {end}, but the portfolio has counted up to {offset}: "
                    "committed decisions are gone",
                    f"Restore {tp.topic}; else {anew()}",
                )

    def _other_count(self, before: int) -> ConfigError:
        topic = self._settings.topics.output
        return ConfigError(
            f"{topic} has {self._sources.decisions} partitions, but the portfolio was begun with {before}",
            f"Recreate {topic} with {before}; else {anew()}",
        )


def _decisions(settings: Settings, sources: Sources) -> list[TopicPartition]:
    return [TopicPartition(settings.topics.output, partition) for partition in range(sources.decisions)]


def _widened(known: Inputs, partitions: int) -> Inputs:
    # The topic of limits may have got more partitions: a key's records then go on in another one.
    more = max(partitions - len(known.control_cut), 0)
    return msgspec.structs.replace(known, control_cut=[*known.control_cut, *[0] * more])


def anew() -> str:
    """Return how to begin a new portfolio, as a part of a sentence."""
    return (
        "begin a new portfolio under another risk.name and topics.portfolio: the limits of the former one then hold "
        "as an operator's until `alphapulse control lift`"
    )


def recreated(topic: str, _: Settings) -> ConfigError:
    """Return the error to stop with when a topic is not the one that the monitor has worked on."""
    return ConfigError(
        f"the topic {topic} was deleted and recreated: it is not the one that the portfolio's risk has worked on",
        anew().capitalize(),
    )
