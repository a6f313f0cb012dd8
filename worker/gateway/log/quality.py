"""Counts of what was accepted and rejected, by minute, and of what is missing between."""

from __future__ import annotations

import re
import time
from collections import Counter, deque
from typing import Any

import msgspec
from aiokafka.partitioner import DefaultPartitioner

from worker.gateway.log.entry import Entry
from worker.gateway.log.newest import name_of
from worker.gateway.log.topic_log import TopicLog
from worker.kafka.deadline import Clock

MINUTE = 60_000  # ms
MINUTES = 1_440  # kept, the latest ones by the records' time
SETTLED = 10.0  # seconds: a rejection and the decision after it are read by two readers, in any order
UNREADABLE = "unreadable"  # stands for the codes of a rejection that can't be read
_SEQUENCE = re.compile(rb'"sequence":(\d{1,18})[,}]')
_place = DefaultPartitioner()


class _Rejected(msgspec.Struct, gc=False):
    symbol: str | None = None
    codes: list[str] = []


_decode = msgspec.json.Decoder(_Rejected).decode


class Minute:
    """One minute of event time."""

    __slots__ = ("accepted", "codes", "rejected", "symbols")

    def __init__(self) -> None:
        self.accepted: Counter[int] = Counter()  # by partition
        self.rejected: Counter[int] = Counter()
        self.codes: Counter[str] = Counter()
        self.symbols: Counter[str] = Counter()  # rejected


class _Numbers:
    """The sequence numbers of a symbol from its first known decision on; its records are numbered without a gap."""

    __slots__ = ("count", "early", "high", "low")

    def __init__(self) -> None:
        self.low = self.high = 0  # none is known
        self.count = 0
        self.early: list[int] = []  # of rejections that were read before any decision

    @property
    def missing(self) -> int:
        return max(self.high - self.low + 1 - self.count, 0) if self.low else 0

    def decided(self, sequence: int) -> None:
        if not self.low:
            self.low = self.high = sequence
            kept, self.early = [one for one in self.early if one > sequence], []
            self.count, self.high = len(kept), max([sequence, *kept])
        self.count += sequence >= self.low
        self.high = max(self.high, sequence)

    def refused(self, sequence: int) -> None:
        if not self.low:
            self.early.append(sequence)
        elif sequence > self.low:
            self.count += 1
            self.high = max(self.high, sequence)


class Quality:
    """Listens to both outputs. A rejected record is known by its symbol's number, as a decided one is."""

    def __init__(self, decisions: TopicLog, rejections: TopicLog, clock: Clock = time) -> None:
        self._decisions, self._rejections, self._clock = decisions, rejections, clock
        self.minutes: dict[int, Minute] = {}
        self._numbers: dict[bytes, _Numbers] = {}
        self._misplaced: set[bytes] = set()
        self._missing = self._before = 0  # missing now; missing where what was rejected is not known from the start
        self._begun = False
        self.newest = 0  # time of the newest decision, epoch ms
        self._past: deque[tuple[float, int]] = deque()  # when so many were missing
        decisions.listen(self._decided)
        rejections.listen(self._refused)

    @property
    def sequence_gaps(self) -> int:
        """Records of symbols that are in neither topic, between some that are."""
        return max(min((missing for _, missing in self._recent()), default=self._missing) - self._before, 0)

    @property
    def misplaced_keys(self) -> int:
        """Symbols that murmur2 would place on another partition."""
        return len(self._misplaced)

    def _recent(self) -> deque[tuple[float, int]]:
        now = self._clock.monotonic()
        while len(self._past) > 1 and self._past[1][0] <= now - SETTLED:
            self._past.popleft()
        return self._past

    def _decided(self, entries: list[Entry]) -> None:
        if not entries:
            self._forget()
        for entry in entries:
            self.newest = max(self.newest, entry.timestamp)
            self._minute(entry.timestamp).accepted[entry.partition] += 1
            if entry.key is not None and (found := _SEQUENCE.search(entry.value or b"")):
                self._number(entry.key, int(found[1]), entry.partition)
        self._note()

    def _refused(self, entries: list[Entry]) -> None:
        if not entries:
            self._forget()
        for entry in entries:
            minute = self._minute(entry.timestamp)
            minute.rejected[entry.partition] += 1
            try:
                found: Any = _decode(entry.value or b"")
            except (msgspec.DecodeError, UnicodeDecodeError):
                found = _Rejected(None, [UNREADABLE])
            minute.codes.update(found.codes)
            minute.symbols[found.symbol or name_of(entry.key)] += 1
            if entry.key is not None and (told := _SEQUENCE.search(entry.value or b"")):
                self._number(entry.key, int(told[1]))
        self._note()

    def _minute(self, timestamp: int) -> Minute:
        at = timestamp // MINUTE
        found = self.minutes.get(at)
        if found is None:
            found = self.minutes[at] = Minute()
            if len(self.minutes) > MINUTES:
                del self.minutes[min(self.minutes)]
        return found

    def _number(self, key: bytes, sequence: int, partition: int | None = None) -> None:
        """Note a number; `partition` is that of a decision."""
        found = self._numbers.get(key)
        if found is None:
            found = self._numbers[key] = _Numbers()
        before = found.missing
        if partition is None:
            found.refused(sequence)
        else:
            if not found.low:
                every = list(range(self._decisions.partitions))
                if int(_place(key, every, every)) != partition:
                    self._misplaced.add(key)
            found.decided(sequence)
        self._missing += found.missing - before

    def _note(self) -> None:
        if not self._begun and self._decisions.filled and self._rejections.filled:
            self._begun, whole = True, self._rejections.whole
            self._before = 0 if whole else self._missing
        if not self._past or self._past[-1][1] != self._missing:
            self._past.append((self._clock.monotonic(), self._missing))
        self._recent()

    def _forget(self) -> None:
        self.minutes.clear()
        self._numbers.clear()
        self._misplaced.clear()
        self._past.clear()
        self._missing = self._before = self.newest = 0
        self._begun = False
