"""A producer that fails or falls silent is followed by another; the end is known exactly. The clients are scripted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import errors

from worker.errors import NotPermitted, TryAgain
from worker.sources import delivery, publisher
from worker.sources.publisher import publish_records
from worker.sources.record import Record

Log = dict[int, list[Record]]
OK, SILENT = "ok", "silent"
OPTIONS = {"request_timeout_ms": 20, "max_batch_size": 3}


class Builder:
    """Takes three records."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def append(self, *, timestamp: int, key: bytes, value: bytes) -> object:
        if len(self.records) == OPTIONS["max_batch_size"]:
            return None
        self.records.append(Record(key, value, timestamp))
        return self


class Scripted:
    """Producers of two partitions. Each batch meets the next word of the script; when it is over all is well."""

    def __init__(self, *script: Any, starts: tuple[Any, ...] = ()) -> None:
        self.script, self.starts, self.log, self.made = list(script), list(starts), Log(), 0
        self.alive = 0

    def __call__(self, **options: Any) -> Any:
        self.made += 1
        self.alive += 1
        return Producer(self)


class Producer:
    def __init__(self, world: Scripted) -> None:
        self.world, self._closed, self._sender = world, False, SimpleNamespace(sender_task=None)
        self.client = self
        self.cluster = self

    async def start(self) -> None:
        if self.world.starts and (failure := self.world.starts.pop(0)) is not None:
            raise failure

    async def stop(self) -> None:
        self.world.alive -= 1

    close = stop

    async def fetch_all_metadata(self) -> Any:
        return self

    def partitions_for_topic(self, topic: str) -> set[int]:
        return {0, 1}

    def brokers(self) -> list[Any]:
        return [SimpleNamespace(host="127.0.0.1", port=1)]

    def create_batch(self) -> Builder:
        return Builder()

    async def send_batch(self, batch: Builder, topic: str, *, partition: int) -> asyncio.Future[Any]:
        word = self.world.script.pop(0) if self.world.script else OK
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if word == OK:
            self.world.log.setdefault(partition, []).extend(batch.records)
            future.set_result(None)
        elif isinstance(word, Exception):
            future.set_exception(word)
        return future


def records(count: int) -> list[Record]:
    return [Record(f"K{n % 7}".encode(), str(n).encode(), n) for n in range(count)]


async def publish(
    world: Scripted,
    monkeypatch: pytest.MonkeyPatch,
    seconds: float = 5.0,
    on_wait: Callable[[float], None] | None = None,
    on_recovery: Callable[[float], None] | None = None,
) -> publisher.PublishSummary:
    def made(*arguments: Any) -> Any:
        return original(*arguments, new_producer=world)

    original: Any = delivery.Delivery
    monkeypatch.setattr(publisher, "Delivery", made)
    monkeypatch.setattr(delivery, "_BACKOFF", (0.001,))
    return await publish_records(
        OPTIONS, "ticks", records(40), delivery_timeout=seconds, on_wait=on_wait, on_recovery=on_recovery
    )


def expected(count: int = 40) -> Log:
    found: Log = {}
    for record in records(count):
        found.setdefault(publisher.partition_of(record.key, 2), []).append(record)
    return found


@pytest.mark.parametrize(
    "failure",
    [errors.LeaderNotAvailableError(), errors.KafkaConnectionError(), errors.KafkaError("unexpected"), SILENT],
)
@pytest.mark.parametrize("at", [0, 1, 5])
async def test_the_next_producer_goes_on_with_what_is_not_acknowledged(
    failure: Any, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = Scripted(*[OK] * at, failure)
    summary = await publish(world, monkeypatch)
    assert world.log == expected()
    assert (summary.records, world.made, world.alive) == (40, 2, 0)
    assert 0 < summary.repeated <= 6
    assert dict(summary.partitions) == {partition: len(found) for partition, found in expected().items()}


async def test_producers_that_do_not_start_are_followed_by_others(monkeypatch: pytest.MonkeyPatch) -> None:
    down = errors.KafkaConnectionError("down")
    world = Scripted(OK, errors.NotLeaderForPartitionError(), starts=(None, down, down, None))
    assert (await publish(world, monkeypatch)).records == 40
    assert (world.log, world.made, world.alive) == (expected(), 4, 0)


async def test_after_the_delivery_timeout_it_is_known_what_was_acknowledged(monkeypatch: pytest.MonkeyPatch) -> None:
    world = Scripted(OK, OK, *[SILENT] * 1_000)
    with pytest.raises(TryAgain) as failed:
        await publish(world, monkeypatch, seconds=0.3)
    acknowledged = sum(map(len, world.log.values()))
    assert acknowledged == 6
    assert f"{acknowledged} records are acknowledged" in failed.value.message
    assert "harmless" in failed.value.fix
    assert world.alive == 0


async def test_what_was_acknowledged_meanwhile_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    # The batches of the two partitions are under way at once: one is never acknowledged, the other is.
    for script in ((SILENT, OK), (OK, SILENT)):
        world = Scripted(*script, *[SILENT] * 1_000)
        with pytest.raises(TryAgain, match="3 records are acknowledged, of"):
            await publish(world, monkeypatch, seconds=0.2)


async def test_each_outage_is_told_once_and_so_is_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "SAY_AFTER", 0.01)
    told: list[str] = []

    async def sent(*script: Any) -> list[str]:
        told.clear()
        waits, ends = (lambda seconds: told.append(f"waits {seconds:g}")), (lambda _: told.append("recovered"))
        await publish(Scripted(*script), monkeypatch, on_wait=waits, on_recovery=ends)
        return list(told)

    once = ["waits 5", "recovered"]
    assert await sent() == []
    # An outage of one partition holds the other up: a batch of each is in flight, and what fails is sent again.
    assert await sent(OK, SILENT, SILENT, SILENT) == once
    assert await sent(OK, SILENT, OK, OK, OK, SILENT, SILENT) == once * 2
    assert await sent(SILENT, OK, OK, OK, OK, SILENT, OK, OK, OK, OK, SILENT) == once * 3


async def test_the_length_of_an_outage_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "SAY_AFTER", 0.01)
    lengths: list[float] = []
    await publish(Scripted(SILENT, SILENT, SILENT), monkeypatch, on_recovery=lengths.append)
    assert len(lengths) == 1
    assert lengths[0] >= 2 * OPTIONS["request_timeout_ms"] / 1_000  # from the last sign of the brokers


async def test_no_end_of_an_outage_is_told_where_publishing_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "SAY_AFTER", 0.01)
    waits, ends = list[float](), list[float]()
    with pytest.raises(TryAgain):
        await publish(Scripted(OK, *[SILENT] * 1_000), monkeypatch, 0.2, waits.append, ends.append)
    assert (waits, ends) == ([0.2], [])


async def test_what_no_producer_can_mend_ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    world = Scripted(OK, errors.TopicAuthorizationFailedError())
    with pytest.raises(NotPermitted, match="3 records were acknowledged before"):
        await publish(world, monkeypatch)
    assert (world.made, world.alive) == (1, 0)
