"""All open streams: their channels, their callers, and their end."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

from worker.gateway.auth.caller import Caller
from worker.gateway.mounts import Scope
from worker.gateway.resources.problem import Refused
from worker.gateway.stream.channel import Channel
from worker.gateway.stream.every import EveryChannel
from worker.gateway.stream.latest import LatestChannel
from worker.gateway.stream.source import Source
from worker.gateway.stream.stream import Stream
from worker.gateway.stream.wanted import FIGURES, Kind

log = logging.getLogger(__name__)
TICK = 1.0  # seconds between two looks at figures and at new topics
CHECK = 2  # ticks between two looks at the callers
FAREWELL = 0.3  # seconds for the last words of all streams
Find = Callable[[Scope], Awaitable[Caller]]
Figures = Callable[[str], bytes | None]


class _Open:
    """A stream with its request."""

    def __init__(self, stream: Stream, scope: Scope, caller: Caller) -> None:
        self.stream, self.scope, self.caller = stream, scope, caller


class Hub:
    """The service. `find` returns the caller of a request, `figures` the data of `fleet` and `status`."""

    def __init__(self, source: Source, find: Find, figures: Figures, most: int) -> None:
        """Create it; one caller may have `most` streams open."""
        self.source = source
        self._find, self._figures, self._most = find, figures, most
        self._channels: dict[Kind, Channel] = {}
        self._open: set[_Open] = set()
        self._counts: Counter[str] = Counter()
        self._empty = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._open)

    @property
    def channels(self) -> Mapping[Kind, Channel]:
        """What is listened to, by kind."""
        return self._channels

    async def start(self) -> None:
        """Begin to look after the streams."""
        self._task = asyncio.create_task(self._look_after(), name="streams")

    async def stop(self) -> None:
        """End all streams: those whose clients read with a last word, the others at once."""
        self._stopping = True
        if self._task:
            self._task.cancel()
        for one in self._open:
            one.stream.end("stopping")
        await self._until_empty()
        for one in self._open:
            one.stream.cut()
        await self._until_empty()

    async def _until_empty(self) -> None:
        self._empty.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL if self._open else 0.0):
                await self._empty.wait()

    @contextmanager
    def admitted(self, caller: Caller) -> Iterator[None]:
        """Count one stream of a caller.

        Raises:
            Refused: it has too many, or the process stops.
        """
        if self._stopping:
            raise Refused(503, "unavailable", "the gateway stops", "Connect again", headers={"Retry-After": "1"})
        if self._counts[caller.who] >= self._most:
            raise Refused(
                429,
                "too_many_requests",
                f"{self._most} streams of this caller are open",
                "Close one; a page needs one stream with several topics",
                headers={"Retry-After": "10"},
            )
        self._counts[caller.who] += 1
        try:
            yield
        finally:
            self._counts[caller.who] -= 1
            if not self._counts[caller.who]:
                del self._counts[caller.who]

    @contextmanager
    def channel(self, kind: Kind) -> Iterator[Channel]:
        """Lend the channel of a kind; it ends with its last reader."""
        found = self._channels.get(kind)
        if found is None:
            made = EveryChannel if kind.mode == "all" else LatestChannel
            found = self._channels[kind] = made(kind, self.source)
        found.lent += 1
        try:
            yield found
        finally:
            found.lent -= 1
            if not found.lent:
                found.close()
                del self._channels[kind]

    @contextmanager
    def opened(self, stream: Stream, scope: Scope, caller: Caller, channel: Channel) -> Iterator[None]:
        """Look after a stream while it is open."""
        one = _Open(stream, scope, caller)
        self._open.add(one)
        channel.readers.add(stream)
        if self._stopping:
            stream.end("stopping")
        try:
            yield
        finally:
            channel.readers.discard(stream)
            self._open.discard(one)
            if not self._open:
                self._empty.set()

    def figures(self, kind: Kind) -> dict[str, bytes]:
        """Return the newest figures that a kind hears."""
        found = {topic: self._figures(topic) for topic in FIGURES if topic in kind.topics}
        return {topic: body for topic, body in found.items() if body is not None}

    async def _look_after(self) -> None:
        ticks = 0
        while True:
            await asyncio.sleep(TICK)
            ticks += 1
            try:
                self._say()
                if ticks % CHECK == 0:
                    await self._check_callers()
            except Exception:
                log.exception("the streams could not be looked after")

    def _say(self) -> None:
        heard = {topic for kind in self._channels for topic in kind.topics}
        said = {topic: body for topic in FIGURES if topic in heard and (body := self._figures(topic)) is not None}
        for kind, channel in self._channels.items():
            channel.look()
            for topic, body in said.items():
                if topic in kind.topics:
                    channel.say(topic, body)

    async def _check_callers(self) -> None:
        for one in list(self._open):
            if not await self._still(one):
                log.info("a caller lost its rights: its stream ends", extra={"caller": one.caller.who})
                one.stream.end("revoked")

    async def _still(self, one: _Open) -> bool:
        try:
            return await self._find(one.scope) == one.caller
        except Refused as refused:
            return refused.status not in (401, 403)
