"""How many answers a second the gateway gives, and how late the last hundredth comes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from itertools import cycle
from typing import NamedTuple, cast
from urllib.parse import urlsplit

from httptools import HttpResponseParser

CONNECTIONS = 16


class Reads(NamedTuple):
    """What a load led to; failures are answers other than 200 and 304."""

    answers: int
    per_s: float
    p50_ms: float
    p99_ms: float
    failures: int
    bytes: int


class _Connection(asyncio.Protocol):
    """One keep-alive connection with one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport
        self._parser = HttpResponseParser(self)
        self._done: asyncio.Future[int] | None = None
        self.bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        self.bytes += len(data)
        self._parser.feed_data(data)

    def connection_lost(self, error: Exception | None) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_exception(error or ConnectionError("closed"))

    def on_message_complete(self) -> None:
        assert self._done is not None
        self._done.set_result(self._parser.get_status_code())
        self._parser = HttpResponseParser(self)

    async def ask(self, request: bytes) -> int:
        """Send a request and return the status of its answer."""
        self._done = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._done

    def close(self) -> None:
        self._transport.close()


async def load(
    url: str, paths: Sequence[str], seconds: float, connections: int = CONNECTIONS, headers: str = ""
) -> Reads:
    """Ask for the paths in turn on so many connections, each as fast as its answers come."""
    address = urlsplit(url)
    host, port = str(address.hostname), int(address.port or 80)
    requests = cycle([f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\n{headers}\r\n".encode() for path in paths])
    loop = asyncio.get_running_loop()
    end = time.perf_counter() + seconds
    took: list[float] = []
    failures = 0

    async def client() -> int:
        nonlocal failures
        _, connection = await loop.create_connection(_Connection, host, port)
        try:
            while (begun := time.perf_counter()) < end:
                status = await connection.ask(next(requests))
                took.append(time.perf_counter() - begun)
                failures += status not in (200, 304)
        finally:
            connection.close()
        return connection.bytes

    begun = time.perf_counter()
    sizes = await asyncio.gather(*(client() for _ in range(connections)))
    lasted = time.perf_counter() - begun
    took.sort()
    return Reads(
        len(took),
        len(took) / lasted,
        1000 * took[len(took) // 2],
        1000 * took[min(len(took) * 99 // 100, len(took) - 1)],
        failures,
        sum(sizes),
    )
