"""Cycles that closed clients leave are freed soon, though the collector is told to look rarely."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.fake_answers import healthy
from tests.support.fake_broker import FakeBroker
from worker.kafka.reader import Reader
from worker.stream import litter


class Circle:
    """What only the collector frees, like a closed client."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def given_back(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """What was given back to the system, in a test without the collector's own runs."""
    found: list[int] = []
    monkeypatch.setattr(litter, "SOON", 0.2)
    monkeypatch.setattr(litter, "_took", 0.0)  # by other tests, in a process with much more to look at
    monkeypatch.setattr(litter, "_give_back", found.append)
    gc.disable()
    yield found
    gc.enable()


async def freed_soon(one: weakref.ref[Any], given_back: list[int]) -> None:
    """Ask for a collection, and see that it frees an object."""
    litter.collect_soon()
    litter.collect_soon()  # one look is enough
    assert len(litter._waiting) == 1
    await asyncio.sleep(0.4)
    assert one() is None
    assert not litter._waiting
    assert given_back == [0]


async def test_a_circle_is_freed_soon(given_back: list[int]) -> None:
    circle = weakref.ref(Circle())
    assert circle() is not None
    await freed_soon(circle, given_back)


async def test_a_closed_client_is_freed_soon(given_back: list[int]) -> None:
    async with FakeBroker() as broker:
        healthy([broker], {"t": 1})
        async with Reader({"bootstrap_servers": broker.bootstrap, "request_timeout_ms": 2_000}) as reader:
            client = weakref.ref(reader.leaders._client)
        del reader
        await asyncio.sleep(0.1)  # its connections close behind our back
        await freed_soon(client, given_back)


async def test_long_collections_are_rare(given_back: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    loop, later = asyncio.get_running_loop(), list[float]()
    monkeypatch.setattr(loop, "call_later", lambda seconds, *_: later.append(seconds))
    litter._collect(loop)
    assert litter._took > 0.0
    for took in (0.0, 3.0):
        monkeypatch.setattr(litter, "_took", took)
        litter.collect_soon()
        litter._waiting.discard(loop)
    assert later == [litter.SOON, 60.0]
