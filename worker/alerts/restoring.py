"""The core from its stored state, checked against the topics; from the topic of alerts where the state is gone."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import msgspec
from aiokafka import TopicPartition

from schemas.alert import Alert
from worker.alerts import journal
from worker.alerts.configuration.plan import Plan
from worker.alerts.core import Core
from worker.alerts.evaluation.series import Series
from worker.alerts.inputs import Sources
from worker.alerts.routing.members import Member
from worker.errors import ConfigError, DataError
from worker.kafka.identity import ids_of, text_of
from worker.kafka.reader import Reader
from worker.settings import Settings

log = logging.getLogger(__name__)
RECENT = 16  # offsets of the portfolio with which the first start begins: its present state is among them
_alert = msgspec.json.Decoder(Alert).decode


class Restoring:
    """The restoring of one fleet's alerts."""

    def __init__(self, settings: Settings, plan: Plan, sources: Sources) -> None:
        self._settings, self._plan, self._sources = settings, plan, sources

    async def restore(self, reader: Reader, stored: Mapping[str, bytes]) -> Core:
        """Return the core for the newest record of each key of its state.

        Raises:
            ConfigError: a source was recreated, or has fewer partitions.
            DataError: the state is damaged, or committed records are gone.
            KafkaError, Truncated: a topic can't be read now.
        """
        most = self._settings.alerts.max_series
        ids = await self._ids(reader)
        steps = journal.steps(stored)
        if not steps:
            return await self._anew(reader, ids)
        last = steps[-1]
        cut = {source: await self._cut(reader, source, last, ids) for source in self._sources.topics}
        last = msgspec.structs.replace(last, cut=cut, topics=last.topics | ids)
        if last.config != self._plan.digest:
            log.info("rules or routes have changed since the last step")
        return Core.restored(self._plan, most, stored, last)

    async def _ids(self, reader: Reader) -> dict[str, str]:
        topics = self._sources.topics
        ids = await ids_of(reader.leaders, tuple(topics.values()))
        return dict(zip(topics, map(text_of, ids), strict=True))

    async def _anew(self, reader: Reader, ids: Mapping[str, str]) -> Core:
        """Return a core that begins. Alerts that a lost state had opened go on; their windows begin anew."""
        cut = {source: [await self._begin(reader, tp) for tp in self._tps(source)] for source in self._sources.topics}
        open_, number = await self._written(reader)
        stored = {f"series/{one.rule}/{one.fingerprint}": _series(one) for one in open_}
        stored |= {f"member/{one.fingerprint}": _member(one) for one in open_ if one.state != "pending"}
        if number:
            log.error("the state was deleted: windows begin anew", extra={"open": len(open_), "step": number})
        last = journal.Step(journal.FORMAT, number, 0, cut, {}, [], dict(ids), self._plan.digest)
        return Core.restored(self._plan, self._settings.alerts.max_series, stored, last)

    async def _begin(self, reader: Reader, tp: TopicPartition) -> int:
        first, end = await reader.bounds(tp)
        topics = self._settings.topics
        if self._settings.alerts.begin == "beginning" or tp.topic == topics.acts:
            return first
        return max(first, end - RECENT) if tp.topic == topics.figures else end

    async def _written(self, reader: Reader) -> tuple[list[Alert], int]:
        """Return the alerts that are open, and the number of the last step that wrote one."""
        tp = TopicPartition(self._settings.topics.alarms, 0)
        end = await reader.leaders.end(tp, committed=False)
        newest: dict[str, Alert] = {}
        number = 0
        async for batch in reader.batches(tp, stop=end):
            for record in batch:
                try:
                    found = _alert(record.value or b"")
                except (msgspec.DecodeError, UnicodeDecodeError):
                    log.error("an alert can't be read", extra={"offset": record.offset})
                    continue
                newest[found.fingerprint], number = found, max(number, found.step)
        return [one for one in newest.values() if one.state != "resolved"], number

    async def _cut(self, reader: Reader, source: str, last: journal.Step, ids: Mapping[str, str]) -> list[int]:
        known, tps = last.cut.get(source), self._tps(source)
        if known is None:  # the topic has come since
            return [await self._begin(reader, tp) for tp in tps]
        topic = self._sources.topics[source]
        if last.topics.get(source) and ids[source] and last.topics[source] != ids[source]:
            raise recreated(topic, self._settings)
        if len(known) > len(tps):
            raise ConfigError(
                f"{topic} has {len(tps)} partitions, but alerts have read {len(known)}", f"Restore {topic}"
            )
        cut = [*known, *[0] * (len(tps) - len(known))]
        return [await self._checked(reader, tp, offset) for tp, offset in zip(tps, cut, strict=True)]

    async def _checked(self, reader: Reader, tp: TopicPartition, offset: int) -> int:
        first, end = await reader.bounds(tp)
        if offset > end:
            raise DataError(
                f"{tp.topic} partition {tp.partition} ends at {end}, but alerts have read up to {offset}: "
                "committed records are gone",
                f"Restore {tp.topic}. {journal.ANEW}",
            )
        if offset < first:
            told = {"topic": tp.topic, "partition": tp.partition, "from": offset, "to": first}
            log.error("retention has deleted records that no rule has seen", extra=told)
        return max(offset, first)

    def _tps(self, source: str) -> list[TopicPartition]:
        topic = self._sources.topics[source]
        return [TopicPartition(topic, at) for at in range(self._sources.partitions[source])]


def recreated(topic: str, _: Settings) -> ConfigError:
    """Return the error to stop with when a topic is not the one that the alerts have worked on."""
    return ConfigError(
        f"the topic {topic} was deleted and recreated: it is not the one that the alerts have read", journal.ANEW
    )


def _series(alert: Alert) -> bytes:
    return msgspec.msgpack.encode(
        Series(alert.labels, alert.starts_ms, alert.fired_ms or alert.starts_ms, list(alert.evidence), alert)
    )


def _member(alert: Alert) -> bytes:
    # Of no group, so that routing takes it up anew: whether it was told is not known.
    return msgspec.msgpack.encode(Member(alert, ""))
