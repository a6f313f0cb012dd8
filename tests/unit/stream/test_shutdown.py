"""The way out keeps its deadline whatever the client library does."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest

from worker.errors import Exit
from worker.kafka.deadline import GRACE, Deadline, within
from worker.kafka.producers import quietly_stop
from worker.kafka.seams import stop_consumer
from worker.stream.drain import save, settle
from worker.stream.shutdown import AGAIN, Shutdown

SOON = 0.05
LATE = 2.0  # seconds; what takes longer has no deadline


let_go = threading.Event()


@pytest.fixture(autouse=True)
async def left_behind() -> AsyncIterator[None]:
    """End what a test has left behind, else its event loop would wait for that."""
    let_go.clear()
    yield
    let_go.set()


async def stubborn() -> None:
    """Swallows its cancellation, as the fetch task of the client library does."""
    while not let_go.is_set():
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(SOON)


async def cancelled_inside() -> None:
    """Awaits a task that somebody else has cancelled, as the consumer's coordinator does."""
    task = asyncio.ensure_future(asyncio.sleep(3600))
    task.cancel()
    await task


async def failing() -> None:
    raise RuntimeError("the handler is closed")


async def going_well() -> None:
    await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("work", "well"), [(stubborn, False), (cancelled_inside, False), (failing, False), (going_well, True)]
)
async def test_a_wait_ends_in_time_and_raises_nothing(work: Any, well: bool) -> None:
    begun = time.monotonic()
    assert await within(SOON, work()) is well
    assert time.monotonic() - begun < SOON + GRACE + LATE


async def test_a_wait_that_is_cancelled_takes_its_work_along() -> None:
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            ended.set()

    waiting = asyncio.ensure_future(within(3600, work()))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.wait_for(ended.wait(), LATE)


class Client:
    """A client of the library whose `stop` does what the test wants."""

    def __init__(self, stop: Any) -> None:
        self.stop = stop
        self._client = self
        self._sync_task = None
        self.closed = False

    async def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize("stop", [stubborn, cancelled_inside, failing])
async def test_a_consumer_that_does_not_stop_loses_its_connections(stop: Any) -> None:
    client: Any = Client(stop)
    async with asyncio.timeout(LATE):
        await stop_consumer(client, SOON)
    assert client.closed


async def test_a_producer_whose_tasks_were_cancelled_raises_nothing() -> None:
    await quietly_stop(Client(cancelled_inside))


class Leaving:
    """A partition whose last commits do what the test wants."""

    class tp:  # noqa: N801
        partition = 0

    def __init__(self, commit: Any) -> None:
        self.settle = commit
        self._commit = commit

    async def save(self) -> bool:
        await self._commit()
        return False


@pytest.mark.parametrize(
    ("commit", "well"), [(stubborn, False), (cancelled_inside, False), (failing, False), (going_well, True)]
)
async def test_what_is_left_behind_keeps_the_deadline(commit: Any, well: bool) -> None:
    partitions: Any = [Leaving(going_well), Leaving(commit)]
    begun = time.monotonic()
    assert await settle(partitions, SOON) is well
    await save(partitions, SOON)
    assert time.monotonic() - begun < 2 * (SOON + GRACE) + LATE


def test_a_deadline_keeps_some_for_later() -> None:
    deadline = Deadline(10.0)
    assert 9 < deadline.left() <= 10
    assert deadline.left(most=3.0) == 3.0
    assert 6 < deadline.left(keep=3.0) <= 7
    assert deadline.left(keep=11.0) == 0.0


async def test_one_deadline_from_the_first_signal_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Shutdown, "_too_late", lambda _: None)  # else it ends this process
    shutdown = Shutdown(60.0)
    assert shutdown.of_membership() is not shutdown.of_membership()
    shutdown.on_signal(signal.SIGTERM)
    assert shutdown.asked.is_set()
    assert shutdown.begin() is shutdown.of_membership()


def ended(program: str, seconds: float = 30.0) -> tuple[int, str, float]:
    """Exit code, stderr and seconds of a program that imports all of `shutdown`."""
    head = "import asyncio, signal, time, os, logging; from worker.stream.shutdown import *\n"
    done = subprocess.run([sys.executable, "-c", head + program], capture_output=True, text=True, timeout=seconds)
    told = float(done.stdout) if done.stdout else 0.0
    return done.returncode, done.stderr, told


def test_the_echo_of_a_signal_does_not_count_and_a_second_one_does() -> None:
    program = f"""
async def main():
    shutdown = Shutdown(60.0)
    shutdown.install()
    for _ in range(20):
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(0)
    begun = time.monotonic()
    print(begun, flush=True)
    await asyncio.sleep({AGAIN} + 0.1)
    os.kill(os.getpid(), signal.SIGINT)
    await asyncio.sleep(30)
asyncio.run(main())
"""
    code, errors, told = ended(program)
    assert code == Exit.INTERRUPTED, errors
    assert told, "ended by an echo"
    assert "Traceback" not in errors


@pytest.mark.parametrize("blocked", ["await asyncio.sleep(30)", "time.sleep(30)"])
def test_the_last_resort_ends_also_a_loop_that_stands_still(blocked: str) -> None:
    program = f"""
async def main():
    shutdown = Shutdown(1.0)
    shutdown.on_signal(signal.SIGTERM)
    {blocked}
asyncio.run(main())
"""
    begun = time.monotonic()
    code, errors, _ = ended(program)
    assert code == Exit.TEMPORARY, errors
    assert "error: stopped before all was committed.\n  fix: " in errors
    assert time.monotonic() - begun < 15


def test_before_joining_a_signal_that_was_blocked_ends_it_with_0() -> None:
    program = """
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
os.kill(os.getpid(), signal.SIGTERM)
leave_at_once()
raise SystemExit(1)
"""
    code, errors, _ = ended(program)
    assert code == Exit.OK, errors
