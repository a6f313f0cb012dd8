"""Cycles that closed clients leave are freed soon, though the collector is told to look rarely."""

from __future__ import annotations

import asyncio
import gc
import weakref

import pytest

from tests.support.fake_answers import healthy
from tests.support.fake_broker import FakeBroker
from worker.kafka.reader import Reader
from worker.stream import litter


class Circle:
    """What only the collector frees, like a closed client."""

    def __init__(self) -> None:
        self.itself = self


async def test_a_circle_is_freed_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(litter, "SOON", 0.2)
    given_back: list[int] = []
    monkeypatch.setattr(litter, "_give_back", given_back.append)
    gc.disable()
    try:
        circle = weakref.ref(Circle())
        assert circle() is not None
        litter.collect_soon()
        litter.collect_soon()  # one look is enough
        assert len(litter._waiting) == 1
        await asyncio.sleep(0.4)
        assert circle() is None
        assert not litter._waiting
        assert given_back == [0]
    finally:
        gc.enable()


async def test_a_closed_client_is_freed_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(litter, "SOON", 0.2)
    given_back: list[int] = []
    monkeypatch.setattr(litter, "_give_back", given_back.append)
    async with FakeBroker() as broker:
        healthy([broker], {"t": 1})
        gc.disable()
        try:
            async with Reader({"bootstrap_servers": broker.bootstrap, "request_timeout_ms": 2_000}) as reader:
                client = weakref.ref(reader.leaders._client)
            del reader
            await asyncio.sleep(0.1)  # its connections close behind our back
            litter.collect_soon()
            litter.collect_soon()  # one look is enough
            assert len(litter._waiting) == 1
            await asyncio.sleep(0.4)
            assert client() is None
            assert not litter._waiting
            assert given_back == [0]
        finally:
            gc.enable()
