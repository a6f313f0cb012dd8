"""One open stream: catches up, then writes what its channel has, until somebody ends it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Literal

from worker.gateway.mounts import Send
from worker.gateway.stream.catching_up import catch_up
from worker.gateway.stream.channel import Channel, gaps
from worker.gateway.stream.frames import HEARTBEAT, event, passed, told
from worker.gateway.stream.ring import Left, Offsets
from worker.gateway.stream.source import Source
from worker.gateway.stream.wanted import FIGURES, Wanted

log = logging.getLogger(__name__)
STALLED = 60.0  # seconds for which a client may take nothing
RETRY = b"retry: 1000\n\n"  # milliseconds until a browser connects again
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]
Why = Literal["stopping", "revoked", "unavailable"]


class Stream:
    """A reader of a channel. `number` is that of what it takes next."""

    def __init__(
        self, channel: Channel, wanted: Wanted, source: Source, send: Send, cut: Callable[[], None], heartbeat: float
    ) -> None:
        """Create it; `cut` ends the connection, `heartbeat` is in seconds."""
        self.number = channel.next
        self._channel, self._wanted, self._source = channel, wanted, source
        self._send, self._cut, self._heartbeat = send, cut, heartbeat
        self._after: Offsets = {}  # where what was written ends
        self._woken = asyncio.Event()
        self._why: Why | None = None
        self._gone = False

    @property
    def ended(self) -> bool:
        """Whether it writes nothing more."""
        return self._gone or self._why is not None

    def wake(self) -> None:
        """Look for new pieces."""
        self._woken.set()

    def end(self, why: Why) -> None:
        """Say farewell and end; the first reason counts."""
        self._why = self._why or why
        self._woken.set()

    def gone(self) -> None:
        """End without a word: nobody listens."""
        self._gone = True
        self._woken.set()

    def cut(self) -> None:
        """End the connection, whatever waits to be sent."""
        self.gone()
        self._cut()

    async def run(self, figures: Mapping[str, bytes]) -> None:
        """Write until the stream is ended; `figures` are the newest data of `fleet` and `status`."""
        await self._send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await self.write(RETRY)
        await self._begin(figures)
        while not self.ended:
            await self._go_on()
        if not self._gone:
            await self.write(told("bye", None, {"reason": self._why}))
        if not self._gone:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def write(self, body: bytes) -> None:
        """Write events; wait while the client takes none."""
        if self._gone:
            return
        try:
            async with asyncio.timeout(STALLED):
                await self._send({"type": "http.response.body", "body": body, "more_body": True})
        except TimeoutError:
            self.cut()
        await asyncio.sleep(0)  # a client that takes everything must not keep the event loop

    async def _begin(self, figures: Mapping[str, bytes]) -> None:
        try:
            places = await catch_up(self, self._channel, self._wanted, self._source)
        except Exception:  # the records are asked of Kafka
            log.exception("a stream could not catch up")
            self.end("unavailable")
            return
        self._after = places.copied()
        kind = self._wanted.kind
        for topic in FIGURES:
            if topic in kind.topics and topic in figures:
                await self.write(event(topic, None, figures[topic]))
        if not self.ended:
            await self.write(told("ready", places.text, {"topics": kind.topics}))

    async def _go_on(self) -> None:
        """Write what there is; else wait for it, with a heartbeat."""
        self._woken.clear()
        try:
            taken = self._channel.take(self.number)
        except Left:
            await self._pass_over()
            return
        if taken is None:
            await self._wait()
            return
        self.number, self._after = taken.number, taken.after
        if taken.body:
            await self.write(taken.body)

    async def _pass_over(self) -> None:
        """Go on with what comes next, and say what is left out."""
        place, to = self._channel.places.text, self._channel.places.copied()
        self.number, before, self._after = self._channel.next, self._after, to
        await self.write(b"".join(told("gap", place, each) for each in gaps(before, to)))

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._heartbeat):
                await self._woken.wait()
        except TimeoutError:
            up_to_date = self.number == self._channel.next
            await self.write(passed(self._channel.places.text) if up_to_date else HEARTBEAT + b"\n")
