"""A client of a gateway's stream that connects again wherever it broke, as browsers do."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx

from tests.support.sse import Client, Event
from worker.settings import Settings

PATH = "/api/v1/stream"
_PLACE = re.compile(r'\{"partition":(\d+),"offset":(\d+),')
_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # unused, but each client would read the system's certificates


class Listener:
    """Listens in the background; `url` is asked anew for each connection."""

    def __init__(self, url: Callable[[], str], query: str, keep: bool = True, **headers: str) -> None:
        """Listen; without `keep` only places and times are kept of records."""
        self._keep = keep
        self.places: defaultdict[str, defaultdict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        self.events: list[Event] = []
        self.times: list[float] = []  # monotonic, of each event, kept or not
        self.last_id = ""
        self.connections = 0
        self.statuses: list[int] = []
        self._counts = Counter[str]()
        self._url, self._query, self._headers = url, query, headers
        self._heard = asyncio.Condition()
        self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        while True:
            with suppress(httpx.HTTPError, OSError, LookupError):  # nobody listens, or it broke
                await self._connect()
            await asyncio.sleep(0.05)

    async def _connect(self) -> None:
        client = Client(self.last_id)
        headers = self._headers | ({"Last-Event-ID": self.last_id} if self.last_id else {})
        async with (
            httpx.AsyncClient(timeout=httpx.Timeout(5, read=None), verify=_TLS, trust_env=False) as http,
            http.stream("GET", f"{self._url()}{PATH}?{self._query}", headers=headers) as answer,
        ):
            self.statuses.append(answer.status_code)
            if answer.status_code != 200:
                return
            self.connections += 1
            async for data in answer.aiter_raw():
                new = client.feed(data)
                self.last_id = client.last_id
                client.events.clear()
                self._take(new)
                async with self._heard:
                    self._heard.notify_all()

    def _take(self, new: list[Event]) -> None:
        self.times += [time.monotonic()] * len(new)
        for event in new:
            self._counts[event.name] += 1
            if found := _PLACE.match(event.data):
                self.places[event.name][int(found[1])].append(int(found[2]))
            if self._keep or not found:
                self.events.append(event)

    def of(self, name: str) -> list[Any]:
        """The data of all events of a name."""
        return [event.content for event in self.events if event.name == name]

    def count(self, *names: str) -> int:
        """The number of events of these names."""
        return sum(self._counts[name] for name in names)

    async def until(self, holds: Callable[[], bool], seconds: float, what: str) -> None:
        """Wait for a condition on what has been heard."""
        try:
            async with asyncio.timeout(seconds), self._heard:
                await self._heard.wait_for(holds)
        except TimeoutError:
            tail = [(event.name, event.id) for event in self.events[-3:]]
            raise AssertionError(f"not within {seconds:g} s: {what}; last {tail}, statuses {self.statuses}") from None

    async def ready(self, seconds: float = 20.0) -> None:
        """Wait until it has caught up for the first time."""
        await self.until(lambda: self.count("ready") > 0, seconds, "ready")

    async def close(self) -> None:
        """Listen no longer."""
        self._task.cancel()
        await asyncio.wait({self._task})

    async def __aenter__(self) -> Listener:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class Draining:
    """A client that reads as fast as it can and looks at nothing."""

    def __init__(self, url: str, query: str) -> None:
        self.bytes = 0
        self._url, self._query = url, query
        self._task: asyncio.Task[None]

    async def __aenter__(self) -> Draining:
        host, _, port = self._url.removeprefix("http://").partition(":")
        reader, self._writer = await asyncio.open_connection(host, int(port), limit=1_048_576)
        self._writer.write(f"GET {PATH}?{self._query} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
        assert b" 200 " in await reader.readuntil(b"\r\n")
        self._task = asyncio.create_task(self._read(reader))
        return self

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while data := await reader.read(1_048_576):
            self.bytes += len(data)

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.wait({self._task})
        self._writer.close()
        with suppress(ConnectionError):
            await self._writer.wait_closed()


async def stalled(url: str, query: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection with a stream whose client reads the head of the answer, and then nothing."""
    host, _, port = url.removeprefix("http://").partition(":")
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    sock.connect((host, int(port)))
    reader, writer = await asyncio.open_connection(sock=sock, limit=1024)
    writer.write(f"GET {PATH}?{query} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
    assert b" 200 " in await reader.readuntil(b"\r\n")
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    return reader, writer


def topics_of(settings: Settings) -> dict[str, str]:
    """Topics of a stream, and their names in Kafka."""
    return {"decisions": settings.topics.output, "rejections": settings.topics.rejections}
