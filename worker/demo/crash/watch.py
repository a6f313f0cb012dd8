"""A reader of the crash's decisions, figures and limits as they are committed, without a group."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Self

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.control import ALL_KEY, Control
from schemas.portfolio import Portfolio
from worker.demo.crash.market import MINUTE
from worker.errors import AlphapulseError
from worker.kafka.client import client_options
from worker.kafka.seams import start_consumer, stop_consumer
from worker.settings import Settings

POLL_MS = 100
LOOK = 0.5  # seconds between looks at the processes
OPENS = ("open_long", "open_short")
REFUSALS = {"control_block", "kill_switch"}


class _Decided(msgspec.Struct):
    symbol: str
    action: str
    close_ts: int
    reasons: list[str]


@dataclass
class Minute:
    """What was decided at one close."""

    decided: int = 0
    opens: int = 0
    refused: int = 0  # decisions under a limit that forbids opens


@dataclass
class Seen:
    """Everything that came out so far."""

    minutes: dict[int, Minute] = field(default_factory=dict)  # by close, epoch ms
    steps: list[Portfolio] = field(default_factory=list)
    limits: Control | None = None  # of all symbols, the newest
    ends: dict[int, int] = field(default_factory=dict)  # of the decisions, by partition: the first offset not seen

    def reached(self, decisions: int, ts: int) -> bool:
        """Return whether so many decisions came, and a step that counts them up to `ts`, with its limits."""
        if self.decided() < decisions or not self.steps or self.steps[-1].ts < ts:
            return False
        # A step of this time may have been taken before all were decided: they count in one with a later time.
        if any(self.steps[-1].cut[partition] < end for partition, end in self.ends.items()):
            return False
        written = [one.version or 0 for step in self.steps for one in step.written if one.key == ALL_KEY]
        return self.limits is not None and self.limits.version >= max(written, default=0)

    def decided(self) -> int:
        """Return the number of decisions."""
        return sum(minute.decided for minute in self.minutes.values())

    def opens(self, after: int, until: int | None = None) -> int:
        """Return the opens of decisions that close after one time and up to another, epoch ms."""
        return sum(minute.opens for ts, minute in self.minutes.items() if ts > after and (until is None or ts <= until))

    def tripped(self, rule: str) -> Portfolio | None:
        """Return the first step that passed a limit."""
        return next((step for step in self.steps if any(trip.rule == rule for trip in step.trips)), None)

    def bars_to_obey(self, tripped: int, symbols: int) -> int:
        """Return the number of bars from a step, epoch ms, to the first from which on no decision is free of limits."""
        free = [ts for ts, minute in self.minutes.items() if ts > tripped and minute.refused < symbols]
        return (max(free, default=tripped) - tripped) // MINUTE + 1

    def take_decision(self, value: bytes, partition: int = 0, offset: int = -1) -> None:
        """Count a decision, which has a place in the topic."""
        self.ends[partition] = offset + 1
        d = _decision(value)
        minute = self.minutes.setdefault(d.close_ts, Minute())
        minute.decided += 1
        minute.opens += d.action in OPENS
        minute.refused += not REFUSALS.isdisjoint(d.reasons)

    def take_step(self, value: bytes) -> None:
        """Keep a step of the monitor."""
        self.steps.append(_portfolio(value))

    def take_limits(self, key: bytes | None, value: bytes | None) -> None:
        """Keep the limits of all symbols."""
        if key == ALL_KEY.encode() and value is not None:
            self.limits = _control(value)


_decision = msgspec.json.Decoder(_Decided).decode
_portfolio = msgspec.json.Decoder(Portfolio).decode
_control = msgspec.json.Decoder(Control).decode


class Watch:
    """Reads on whenever it waits for something."""

    def __init__(self, settings: Settings, look: Callable[[], Awaitable[None]], logs: Callable[[], str]) -> None:
        """`look` is awaited now and then and raises if a process ended; `logs` tells why nothing comes."""
        self.seen, self._looked_at = Seen(), 0.0
        self._topics, self._look, self._logs = settings.topics, look, logs
        self._consumer = AIOKafkaConsumer(
            **client_options(settings.kafka), group_id=None, isolation_level="read_committed", fetch_max_wait_ms=POLL_MS
        )
        each, topics = range(settings.topics.partitions), settings.topics
        self._tps = [TopicPartition(topic, at) for topic in (topics.output, topics.limits) for at in each]
        self._tps.append(TopicPartition(topics.figures, 0))

    async def __aenter__(self) -> Self:
        self._consumer.assign(self._tps)
        await start_consumer(self._consumer)
        await self._consumer.seek_to_beginning()
        return self

    async def __aexit__(self, *_: object) -> None:
        await stop_consumer(self._consumer)

    async def until(self, holds: Callable[[Seen], bool], seconds: float, otherwise: str) -> None:
        """Read until the condition holds.

        Raises:
            AlphapulseError: `otherwise`, after `seconds`; or a process ended.
        """
        deadline = time.monotonic() + seconds
        while not holds(self.seen):
            if time.monotonic() >= deadline:
                raise AlphapulseError(f"{otherwise} within {seconds:.0f} s", self._logs())
            await self._read()

    async def _read(self) -> None:
        for tp, records in (await self._consumer.getmany(timeout_ms=POLL_MS)).items():
            for record in records:
                if tp.topic == self._topics.output:
                    self.seen.take_decision(record.value or b"", record.partition, record.offset)
                elif tp.topic == self._topics.figures:
                    self.seen.take_step(record.value or b"")
                else:
                    self.seen.take_limits(record.key, record.value)
        if time.monotonic() - self._looked_at >= LOOK:
            await self._look()
            self._looked_at = time.monotonic()
