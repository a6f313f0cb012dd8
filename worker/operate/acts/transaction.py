"""One attempt at an act: fence the other writers, read, check, write both records, commit."""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import Any, NamedTuple

import msgspec
from aiokafka import TopicPartition

from schemas import SCHEMA_VERSION, Control
from schemas.audit import Audit
from worker.errors import ConfigError
from worker.kafka.deadline import within
from worker.kafka.producers import quietly_stop
from worker.kafka.reader import Reader
from worker.kafka.transactions import TransactionalProducer
from worker.operate.acts.history import earlier, recent
from worker.operate.acts.intent import Done, Intent, KeyReused, Origin, Written
from worker.operate.controls import Entry, newest_of
from worker.settings import Settings
from worker.stream.failpoints import failpoint
from worker.stream.state.placement import home

ABORT = 2.0  # seconds
_encode = msgspec.json.Encoder().encode


class Interleaved(Exception):
    """Another program, as the portfolio's monitor, wrote the key meanwhile; nothing was written."""


class Place(NamedTuple):
    """Where acts are written."""

    controls: int  # partitions of the topic of limits
    batch_bytes: int


class Attempt:
    """An attempt; `asked` is set once the broker may have been asked to commit."""

    def __init__(self, settings: Settings, options: dict[str, Any], place: Place) -> None:
        self.asked: Audit | None = None
        self._begun = False
        self._settings, self._options, self._place = settings, options, place
        # One id for all writers of the topic, wherever they run: each fences the one before, so that none writes
        # on what it read before another one wrote.
        self._producer = TransactionalProducer(
            options,
            transactional_id=transactional_id(settings),
            transaction_timeout_ms=settings.processing.transaction_timeout_ms,
            max_batch_size=place.batch_bytes,
            retry_backoff_ms=10,
            former=not settings.processing.fast_path,
        )

    async def run(self, origin: Origin, intent: Intent, doubtful: Audit | None) -> Done:
        """Do what is intended; `doubtful` is the act of an attempt before, whose outcome is unknown.

        Raises:
            Interleaved, KafkaError: nothing was written if `asked` is None.
            AlphapulseError: it is refused; nothing was written.
        """
        topics = self._settings.topics
        await self._producer.start()  # from here on no other attempt commits, and those before have ended
        failpoint("fenced")
        patience = self._settings.processing.transaction_timeout_ms / 1000
        async with Reader(self._options, patience_s=patience) as reader:
            now = int(time.time() * 1000)
            acts = await recent(reader, topics.acts, now)
            if doubtful is not None and any(act.id == doubtful.id for act in acts):
                return Done(doubtful)
            if (known := self._known(acts, origin, now)) is not None:
                return Done(known, repeated=True)
            if intent.control is None:
                act = _act(origin, intent, now, None, None)
                return Done(act, records=await self._write(act, None))
            tp = TopicPartition(topics.limits, home(intent.subject.encode(), self._place.controls))
            found, ends = await newest_of(reader, topics.limits, self._place.controls, intent.subject)
            act = _act(origin, intent, now, found, intent.control(found))
            return Done(act, records=await self._write(act, (tp, ends[tp.partition])))

    async def stop(self) -> None:
        """Abort what was begun and not asked to be committed, and release the connections."""
        if self._begun and self.asked is None:
            await within(ABORT, self._producer.abort_transaction())  # else readers would wait for its time-out
        await quietly_stop(self._producer)

    def _known(self, acts: list[Audit], origin: Origin, now: int) -> Audit | None:
        if origin.idempotency is None:
            return None
        act = earlier(acts, origin.who, origin.idempotency.key, now)
        if act is not None and act.idempotency != origin.idempotency:
            raise KeyReused(
                "the idempotency key was used for another request", "Use a new key for each request that is not a retry"
            )
        return act

    async def _write(self, act: Audit, control: tuple[TopicPartition, int] | None) -> tuple[Written, ...]:
        """Commit an act and its control record, for a partition that was read to an end; return where they lie."""
        producer, topics = self._producer, self._settings.topics
        await producer.begin_transaction()
        self._begun = True
        failpoint("begun")
        places = [TopicPartition(topics.acts, 0)]
        sent = [await self._sent(places[0], act.subject, _encode(act), act.ts)]
        if control is not None:
            tp, read_to = control
            value = None if act.after is None else _encode(act.after)
            places.append(tp)
            sent.append(await self._sent(tp, act.subject, value, act.ts))
        offsets = await asyncio.gather(*sent)
        failpoint("acknowledged")
        if control is not None and offsets[1] != read_to:
            await self._refuse_if_behind(tp, act.subject, read_to, offsets[1])
        self.asked = act
        await producer.commit_transaction()
        failpoint("committed")
        found = zip(places, offsets, strict=True)
        return tuple(Written(place.topic, place.partition, offset) for place, offset in found if offset >= 0)

    async def _sent(self, tp: TopicPartition, key: str, value: bytes | None, ts: int) -> asyncio.Future[int]:
        batch = self._producer.create_batch()
        if batch.append(key=key.encode(), value=value, timestamp=ts, headers=[]) is None:
            raise ConfigError(f"the record is too large for {tp.topic}", f"Raise max.message.bytes of {tp.topic}")
        batch.close()
        return await self._producer.send_batch(batch, tp.topic, partition=tp.partition)

    async def _refuse_if_behind(self, tp: TopicPartition, key: str, read_to: int, own: int) -> None:
        """Refuse to commit behind a record of the key that was not read: workers take a version once only."""
        if own < 0:
            raise Interleaved(f"the broker does not say where it wrote to {tp.topic}")
        async with Reader(self._options, "read_uncommitted") as reader:
            async for batch in reader.batches(tp, read_to, own):
                if any(record.key == key.encode() for record in batch):
                    raise Interleaved(f"another program wrote limits of {key!r}")


def transactional_id(settings: Settings) -> str:
    """Return the id by which all operators' writers of a topic of limits fence one another."""
    return f"{settings.topics.limits}-operators"


def _act(origin: Origin, intent: Intent, now: int, found: Entry | None, after: Control | None) -> Audit:
    try:
        act = Audit(
            SCHEMA_VERSION,
            uuid.uuid4().hex,
            now,
            origin.who,
            intent.action,
            intent.subject,
            intent.reason,
            origin.role,
            None if found is None else found.control,
            after,
            origin.request_id,
            origin.idempotency,
            intent.silence,
        )
        return msgspec.json.decode(_encode(act), type=Audit)
    except ValueError as error:  # also of msgspec, whose constructors check nothing
        what = "acknowledgement" if intent.action == "acknowledge" else "act"
        raise ConfigError(f"the {what} is invalid: {error}", "See `alphapulse schema audit`") from None
