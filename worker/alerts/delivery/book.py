"""The book of deliveries: what is to be sent, and what became of it. The topic of deliveries holds it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple

import msgspec

from schemas import SCHEMA_VERSION
from schemas.delivery import Delivery, Message, Outcome
from worker.alerts.routing.dispatch import Sent
from worker.errors import DataError

PREFIX = "message/"
_encode = msgspec.json.Encoder().encode
_message = msgspec.json.Decoder(Message).decode
_delivery = msgspec.json.Decoder(Delivery).decode
OPEN = ("queued", "failed")
Entries = list[tuple[str, bytes | None]]


class Result(NamedTuple):
    """What came of an attempt."""

    outcome: Literal["delivered", "failed", "refused"]
    detail: str = ""  # without addresses and secrets
    status: int | None = None  # of HTTP or SMTP
    retry_after: float | None = None  # seconds that the receiver asks for


class Job(NamedTuple):
    """A message for one receiver."""

    delivery: Delivery
    message: Message

    @property
    def key(self) -> str:
        """Key of the delivery's record."""
        return f"{self.delivery.message_id}/{self.delivery.receiver}"


class Rules(NamedTuple):
    """What the book goes by."""

    expand: Callable[[str], Sequence[str]]  # a receiver's name → those of its deliveries; none where it is gone
    fallback: str | None
    give_up_ms: int
    keep_ms: int


class Book:
    """All messages that are not settled, and the keys of those that are."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._messages: dict[str, Message] = {}
        self._open: dict[str, dict[str, Delivery]] = {}  # by message and receiver
        self._settled: deque[tuple[int, str]] = deque()  # time and key, oldest first

    def load(self, records: Iterable[tuple[str, bytes]]) -> list[Job]:
        """Take the newest record of each key; return what is to be sent, in the order of their messages.

        Raises:
            DataError: a record can't be read.
        """
        settled: list[tuple[int, str]] = []
        for key, value in records:
            try:
                if key.startswith(PREFIX):
                    found = _message(value)
                    self._messages[found.message_id] = found
                    continue
                delivery = _delivery(value)
            except msgspec.MsgspecError as error:
                raise DataError(
                    f"the topic of deliveries has a record that can't be read: {key[:80]}: {error}",
                    "Set topics.deliveries to the topic that the alerts write",
                ) from None
            if delivery.outcome in OPEN:
                self._open.setdefault(delivery.message_id, {})[delivery.receiver] = delivery
            else:
                settled.append((delivery.last_ms or delivery.queued_ms, key))
        self._settled.extend(sorted(settled))
        jobs = [
            Job(delivery, self._messages[identity])
            for identity, found in self._open.items()
            if identity in self._messages
            for delivery in found.values()
        ]
        return sorted(jobs, key=lambda job: (job.delivery.queued_ms, job.key))

    def queue(self, sent: Iterable[Sent], now: int) -> tuple[list[Job], Entries]:
        """Take messages that a step wrote at `now`, epoch ms; return the jobs, and the records to commit with it."""
        jobs: list[Job] = []
        entries: Entries = []
        for message, receivers in sent:
            targets = list(dict.fromkeys(one for name in receivers for one in self._rules.expand(name)))
            if targets:
                found, records = self._add(message, targets, now)
                jobs, entries = jobs + found, entries + records
            else:
                entries.append(self._lost(message, receivers, now))
        return jobs, entries

    def settle(self, job: Job, result: Result, now: int) -> tuple[Job | None, list[Job], Entries]:
        """Take the result of an attempt at `now`, epoch ms.

        Returns the job to try again, if it is; jobs for the fallback; and the records to commit.
        """
        before = job.delivery
        outcome: Outcome = result.outcome
        if outcome == "failed" and now - before.queued_ms >= self._rules.give_up_ms:
            outcome = "expired"
        after = msgspec.structs.replace(
            before,
            outcome=outcome,
            attempts=before.attempts + 1,
            last_ms=now,
            status=result.status,
            detail=result.detail[:200],
        )
        entries: Entries = [(job.key, _encode(after))]
        if outcome == "failed":
            self._open[before.message_id][before.receiver] = after
            return Job(after, job.message), [], entries
        jobs: list[Job] = []
        if outcome != "delivered":
            jobs, more = self._fall_back(job, now)
            entries += more
        return None, jobs, entries + self._close(job, now)

    def prune(self, now: int, most: int = 1_000) -> Entries:
        """Return the removals of outcomes that are old enough at `now`, epoch ms."""
        entries: Entries = []
        while self._settled and len(entries) < most and self._settled[0][0] < now - self._rules.keep_ms:
            entries.append((self._settled.popleft()[1], None))
        return entries

    def _add(self, message: Message, targets: Sequence[str], now: int) -> tuple[list[Job], Entries]:
        entries: Entries = []
        if message.message_id not in self._messages:
            entries.append((PREFIX + message.message_id, _encode(message)))
        self._messages[message.message_id] = message
        told = [alert.alert_id for alert in message.alerts] + message.others
        jobs: list[Job] = []
        for target in targets:
            delivery = Delivery(SCHEMA_VERSION, message.message_id, target, "queued", now, 0, alerts=told)
            self._open.setdefault(message.message_id, {})[target] = delivery
            jobs.append(Job(delivery, message))
        return jobs, entries + [(job.key, _encode(job.delivery)) for job in jobs]

    def _lost(self, message: Message, receivers: Sequence[str], now: int) -> tuple[str, bytes]:
        # Receivers that the file no longer has: the record says so, and nothing waits for ever.
        told = [alert.alert_id for alert in message.alerts] + message.others
        delivery = Delivery(
            SCHEMA_VERSION, message.message_id, receivers[0] if receivers else "", "no_receiver", now, 0, alerts=told
        )
        key = f"{delivery.message_id}/{delivery.receiver}"
        self._settled.append((now, key))
        return key, _encode(delivery)

    def _fall_back(self, job: Job, now: int) -> tuple[list[Job], Entries]:
        fallback, known = self._rules.fallback, self._open[job.message.message_id]
        if fallback is None:
            return [], []
        targets = self._rules.expand(fallback)
        if job.delivery.receiver in targets:
            return [], []  # the fallback itself does not take it
        message = msgspec.structs.replace(job.message, cause="fallback")
        return self._add(message, [one for one in targets if one not in known], now)

    def _close(self, job: Job, now: int) -> Entries:
        identity = job.delivery.message_id
        self._settled.append((now, job.key))
        found = self._open[identity]
        found.pop(job.delivery.receiver, None)
        if found:
            return []
        del self._open[identity]
        del self._messages[identity]
        return [(PREFIX + identity, None)]
