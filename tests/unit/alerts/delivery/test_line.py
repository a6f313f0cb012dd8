"""A line sends one message at a time, repeats what failed, and keeps nothing else back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from schemas.delivery import Delivery, Message
from tests.unit.alerts.delivery.test_book import DELIVERED, FAILED, REFUSED, sent
from worker.alerts.delivery.book import Job, Result
from worker.alerts.delivery.line import Line


class Told:
    """A receiver that answers as it is told."""

    def __init__(self, *answers: Result) -> None:
        self._answers = list(answers)
        self.sent: list[str] = []

    async def send(self, message: Message) -> Result:
        self.sent.append(message.message_id)
        return self._answers.pop(0) if self._answers else DELIVERED

    async def close(self) -> None:
        """Nothing is open."""


def jobs(folder: Path, count: int) -> list[Job]:
    message = sent(folder, "ops").message
    made = [msgspec.structs.replace(message, message_id=str(at)) for at in range(count)]
    return [Job(Delivery(1, one.message_id, "ops", "queued", 0, 0), one) for one in made]


async def run(line: Line, done: Callable[[], bool]) -> None:
    task = asyncio.create_task(line.run())
    async with asyncio.timeout(5):
        while not done():
            await asyncio.sleep(0)
    task.cancel()


def reporting(again: Callable[[Result], bool]) -> Callable[[Job, Result], Awaitable[Job | None]]:
    async def report(job: Job, result: Result) -> Job | None:
        return job if again(result) else None

    return report


async def test_what_failed_comes_again_behind_the_others(tmp_path: Path) -> None:
    receiver = Told(FAILED)
    line = Line("ops", receiver, reporting(lambda result: result.outcome == "failed"), 0.001, 0.001)
    for job in jobs(tmp_path, 3):
        line.put(job)
    await run(line, lambda: len(receiver.sent) == 4)
    assert receiver.sent == ["0", "1", "2", "0"]


async def test_what_is_refused_does_not_come_again(tmp_path: Path) -> None:
    receiver = Told(REFUSED)
    line = Line("ops", receiver, reporting(lambda _: False), 10.0, 10.0)
    for job in jobs(tmp_path, 2):
        line.put(job)
    await run(line, lambda: len(receiver.sent) == 2)  # and is no reason for a pause
    assert receiver.sent == ["0", "1"]


async def test_the_next_waits_until_the_result_is_committed(tmp_path: Path) -> None:
    committed = asyncio.Event()

    async def report(job: Job, result: Result) -> Job | None:
        await committed.wait()
        return None

    receiver = Told()
    line = Line("ops", receiver, report, 0.001, 0.001)
    for job in jobs(tmp_path, 2):
        line.put(job)
    task = asyncio.create_task(line.run())
    for _ in range(50):
        await asyncio.sleep(0)
    assert receiver.sent == ["0"]
    assert line.busy
    committed.set()
    async with asyncio.timeout(5):
        while len(receiver.sent) < 2:
            await asyncio.sleep(0)
    task.cancel()
