"""The logs of all topics: found, filled, followed, and filled anew when a topic was recreated."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

from aiokafka.client import AIOKafkaClient

from worker.gateway.log.follower import LOST, Follower
from worker.gateway.log.newest import Newest
from worker.gateway.log.operated.acts import Acts
from worker.gateway.log.operated.origins import Origins
from worker.gateway.log.operated.silences import Silences
from worker.gateway.log.pace import MonitorPace
from worker.gateway.log.quality import Quality
from worker.gateway.log.topic_log import TopicLog
from worker.gateway.log.traits import Decided, Rejected, Traits
from worker.kafka.backoff import Attempts
from worker.kafka.deadline import GRACE, within
from worker.kafka.leaders import Leaders
from worker.kafka.protocol.codes import Code
from worker.kafka.protocol.metadata import Topic
from worker.kafka.seams import watch
from worker.kafka.seams.clients import close_client
from worker.settings import Settings
from worker.telemetry.metrics import METRICS

log = logging.getLogger(__name__)
LOOK = 10.0  # seconds between two looks at the topics
GONE = 30.0  # seconds for which brokers may not know a topic, as after a restart
SURE, AGAIN = 1.0, 0.2  # seconds until a topic that was never seen counts as missing, and between looks until then
STALE = 6.0  # seconds without an answer after which a log's state is old
WHOLE = 0  # read from the first record on


class Logs:
    """The topics; one that does not exist is None."""

    def __init__(self, settings: Settings, options: dict[str, Any]) -> None:
        topics, hot = settings.topics, settings.gateway.hot_bytes
        self._options, self._hot = options, hot
        sorted_by: dict[str, Traits[Any]] = {topics.output: Traits(Decided), topics.rejections: Traits(Rejected)}
        self._logs = {
            name: TopicLog(name, sorted_by.get(name))
            for name in (
                *(topics.output, topics.rejections, topics.figures, topics.limits, topics.acts),
                *(topics.alarms, topics.messages),
            )
        }
        self._names = tuple(self._logs)
        # Limits and alerts are compacted and few: each key's newest record matters, however old it is.
        budgets = (hot * 3 // 4, hot // 8, hot // 16, WHOLE, hot // 16, WHOLE, hot // 16)
        headed = (topics.rejections, topics.limits)  # where a record came from, and who wrote it
        self._followers = {
            name: Follower(options, self._logs[name], budget, name in headed, self._trim)
            for name, budget in zip(self._names, budgets, strict=True)
        }
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._missing: dict[str, float] = {}  # since when
        self._sure: set[str] = set()  # topics of which brokers have said for some time that there are none
        self._looking: asyncio.Task[None] | None = None
        self.newest = Newest(self._logs[topics.output])
        self.quality = Quality(self._logs[topics.output], self._logs[topics.rejections])
        self.pace = MonitorPace(self._logs[topics.output], self._logs[topics.figures], settings.risk.step_ms)
        self.rejected = Newest(self._logs[topics.rejections], keep=False)
        self.controls = Newest(self._logs[topics.limits])
        self.origins = Origins(self._logs[topics.limits])
        self.acts = Acts(self._logs[topics.acts])
        self.alerts = Newest(self._logs[topics.alarms])
        self.deliveries = Newest(self._logs[topics.messages], keep=False)
        self.silences = Silences(self._logs[topics.acts])

    @property
    def topic_of_decisions(self) -> TopicLog:
        """The topic of decisions, whether it exists or not."""
        return self._logs[self._names[0]]

    @property
    def decisions(self) -> TopicLog | None:
        """The topic of decisions."""
        return self._known(0)

    @property
    def rejections(self) -> TopicLog | None:
        """The topic of rejections."""
        return self._known(1)

    @property
    def portfolio(self) -> TopicLog | None:
        """The topic of the portfolio's figures."""
        return self._known(2)

    @property
    def limits(self) -> TopicLog | None:
        """The topic of control records."""
        return self._known(3)

    @property
    def audit(self) -> TopicLog | None:
        """The topic of what operators did."""
        return self._known(4)

    @property
    def alarms(self) -> TopicLog | None:
        """The topic of alerts."""
        return self._known(5)

    def _known(self, at: int) -> TopicLog | None:
        found = self._logs[self._names[at]]
        return found if found.topic_id else None

    def named(self, name: str) -> TopicLog:
        """Return a topic that the gateway reads, whether it exists or not."""
        return self._logs[name]

    @property
    def filled(self) -> bool:
        """Whether each topic has been read to where it ended, or does not exist."""
        return all(topic.filled or (not topic.topic_id and name in self._sure) for name, topic in self._logs.items())

    @property
    def age_s(self) -> float:
        """Seconds since the brokers last answered for each topic; 0 without any topic."""
        return max((topic.age_s for topic in self._logs.values() if topic.topic_id), default=0.0)

    @property
    def age_ms(self) -> int:
        """The same in milliseconds; at most a year, so that it is a number."""
        return int(min(self.age_s, 31_536_000.0) * 1000)

    @property
    def current(self) -> bool:
        """Whether the brokers have answered lately."""
        return self.age_s < STALE

    @property
    def bytes(self) -> int:
        """Memory of all records."""
        return sum(topic.bytes for topic in self._logs.values())

    async def start(self) -> None:
        """Begin to look for the topics and to read them."""
        METRICS.gateway_hot_bytes.set_function(lambda: self.bytes)
        METRICS.gateway_age_seconds.set_function(lambda: self.age_s)
        self._looking = asyncio.create_task(self._look(), name="topics of the gateway")

    async def stop(self) -> None:
        """Stop reading."""
        tasks = [task for task in (self._looking, *self._tasks.values()) if task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=1.0)

    async def _look(self) -> None:
        attempts = Attempts("the topics", 0.2, 2.0)
        while True:
            client = AIOKafkaClient(**self._options)
            try:
                await client.bootstrap()
                leaders = Leaders(client)
                while watch.ended(client) is None:
                    for name, topic in (await leaders.topics(self._names)).items():
                        self._found(name, topic)
                    attempts.worked()
                    unsure = {name for name in self._missing.keys() - self._sure if not self._logs[name].topic_id}
                    await asyncio.sleep(AGAIN if unsure else LOOK)  # brokers do not notify
            except LOST as error:
                self._missing.clear()  # silence is no answer
                await attempts.wait(f"{type(error).__name__} {error}")
            finally:
                await within(GRACE, close_client(client))

    def _found(self, name: str, topic: Topic) -> None:
        known = self._logs[name]
        if topic.error_code == Code.UNKNOWN_TOPIC_OR_PARTITION:
            since = self._missing.setdefault(name, time.monotonic())
            if time.monotonic() - since >= (GONE if known.topic_id else SURE):
                self._sure.add(name)
                if known.topic_id:
                    log.warning("the topic is gone", extra={"topic": name})
                    self._end(name)
                    known.forget()
            return
        self._missing.pop(name, None)
        if topic.error_code:
            return  # no certain answer
        self._sure.discard(name)
        task = self._tasks.get(name)
        if task is not None and task.done() and not task.cancelled():
            log.error("the reader of a topic failed", extra={"topic": name, "error": repr(task.exception())})
        elif task is not None and self._same(known, topic):
            return
        self._end(name)
        self._tasks[name] = asyncio.create_task(self._followers[name].run(), name=f"records of {name}")

    def _same(self, known: TopicLog, topic: Topic) -> bool:
        """Return whether a topic is the one that is followed, or that its follower is about to find."""
        return not known.topic_id or (known.topic_id, known.partitions) == (topic.id, len(topic.leaders))

    def _end(self, name: str) -> None:
        if (task := self._tasks.pop(name, None)) is not None:
            task.cancel()

    def _trim(self) -> None:
        while self.bytes > self._hot:
            max(self._logs.values(), key=lambda topic: topic.bytes).evict()
