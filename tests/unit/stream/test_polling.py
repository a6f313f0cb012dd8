"""A poll is let go of within its time, whatever the client library does with its cancellation."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Any

import pytest

from worker.kafka.seams import watch
from worker.settings import Settings
from worker.stream import polling as module
from worker.stream.polling import Polling

LATE = 2.0


class Stubborn:
    """A consumer whose `getmany` swallows its cancellation."""

    def __init__(self) -> None:
        self.let_go = asyncio.Event()

    async def getmany(self, *_: Any, **__: Any) -> dict[Any, Any]:
        while not self.let_go.is_set():
            with suppress(asyncio.CancelledError):
                await self.let_go.wait()
        return {}


async def test_a_poll_that_does_not_end_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LET_GO", 0.1)
    monkeypatch.setattr(watch, "tasks", lambda consumer: {})
    monkeypatch.setattr(watch, "ended", lambda consumer: None)
    consumer: Any = Stubborn()
    polling = Polling(consumer, Settings())
    stop = asyncio.get_running_loop().create_future()
    stop.set_result(True)
    begun = time.monotonic()
    assert await polling.poll([], 30.0, {stop}) is None
    assert time.monotonic() - begun < LATE
    assert polling.over, "where that poll has moved the positions to is not known"
    consumer.let_go.set()
