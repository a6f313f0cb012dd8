"""A TCP proxy that reads Kafka's frames: cuts, delays, throttles, freezes, drops, holds, answers or counts them, by API
key."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Any

from worker.broker.ports import free_port

HOST = "127.0.0.1"
LIMIT = 64 * 1024 * 1024  # bytes of one frame
HEAD = struct.Struct(">hhi")  # of a request: API key, version, correlation id
# A request that any broker answers at once and that changes nothing stands in for one that the proxy answers itself:
# so answers keep their order.
HARMLESS_API, HARMLESS_VERSION, NO_CLIENT = 18, 0, b"\xff\xff"


class Api(IntEnum):
    """API keys of the requests that the suite aims at."""

    PRODUCE = 0
    FETCH = 1
    OFFSET_FETCH = 9
    JOIN_GROUP = 11
    HEARTBEAT = 12
    LEAVE_GROUP = 13
    SYNC_GROUP = 14
    API_VERSIONS = 18
    INIT_PRODUCER_ID = 22
    ADD_OFFSETS_TO_TXN = 25
    END_TXN = 26
    TXN_OFFSET_COMMIT = 28


class Way(Enum):
    """Direction of a frame."""

    REQUEST = "request"
    RESPONSE = "response"


@dataclass
class Rule:
    """What happens to the frames of one API key and direction, after the first `skip` of them."""

    api: Api
    way: Way
    holds: bool  # else they are dropped, or answered
    skip: int
    # Makes of a request what the client gets behind the correlation id, while the broker gets nothing.
    reply: Callable[[bytes], bytes] | None = None
    caught: threading.Event = field(default_factory=threading.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def caught_one(self, seconds: float) -> None:
        """Wait until a frame was caught. Raises AssertionError when none comes."""
        found = await asyncio.to_thread(self.caught.wait, seconds)
        assert found, f"no {self.api.name} {self.way.value} within {seconds:g} s"


class Proxy:
    """Stands between clients and one listener of a broker, on a thread of its own."""

    def __init__(self) -> None:
        self.port = free_port()
        self.address = f"{HOST}:{self.port}"
        self.requests: Counter[int] = Counter()  # API key → how many
        self.sent: Counter[int] = Counter()  # API key → bytes of the requests
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._links: set[asyncio.Task[None]] = set()
        self._clear()

    def _clear(self) -> None:
        self._latency = 0.0
        self._rate: float | None = None
        self._refuses = False
        self._rules: list[Rule] = []
        self._resets = False
        self._thawed = asyncio.Event()
        self._thawed.set()

    def start(self, upstream_port: int) -> None:
        """Listen, and connect each client to this port."""
        self._upstream_port = upstream_port
        self._thread.start()
        self._server = self._run(asyncio.start_server(self._accept, HOST, self.port))

    def close(self) -> None:
        """End all connections and stop listening."""
        self.reset()
        self._server.close()
        self._call(lambda: None)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def reset(self) -> None:
        """No faults any more; what was held is lost with its connection."""
        self._call(self._clear)
        self.cut()

    # -- faults

    def drop(self, api: Api, way: Way, skip: int = 0) -> Rule:
        """Swallow these frames."""
        return self._add(Rule(api, way, holds=False, skip=skip))

    def hold(self, api: Api, way: Way, skip: int = 0) -> Rule:
        """Keep these frames, and on their connections all that follow, until the rule is lifted."""
        return self._add(Rule(api, way, holds=True, skip=skip))

    def answer(self, api: Api, reply: Callable[[bytes], bytes], skip: int = 0) -> Rule:
        """Answer these requests in the broker's place, which gets to see none of them."""
        return self._add(Rule(api, Way.REQUEST, holds=False, skip=skip, reply=reply))

    def lift(self, rule: Rule) -> None:
        """Let these frames pass again; those that were held go on."""

        def lifted() -> None:
            self._rules.remove(rule)
            rule.released.set()

        self._call(lifted)

    def cut(self) -> None:
        """Close all connections now."""
        self._run(self._cut())

    def reset_all(self) -> None:
        """Reset all connections now, as a firewall does: both sides get an error instead of an end."""
        self._resets = True
        self.cut()
        self._resets = False

    def refuse(self, refuses: bool = True) -> None:
        """Cut, and close each new connection at once."""
        self._refuses = refuses
        if refuses:
            self.cut()

    def freeze(self, frozen: bool = True) -> None:
        """A black hole: connections stay open and nothing passes."""
        self._call(self._thawed.clear if frozen else self._thawed.set)

    def slow(self, latency: float = 0.0, rate: float | None = None) -> None:
        """Delay each frame by `latency` seconds, and pass `rate` bytes a second on each connection and way."""
        self._latency, self._rate = latency, rate

    # -- the thread's side

    def _add(self, rule: Rule) -> Rule:
        self._call(lambda: self._rules.append(rule))
        return rule

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def _call(self, function: Callable[[], None]) -> None:
        async def called() -> None:
            function()

        self._run(called())

    async def _cut(self) -> None:
        links = list(self._links)
        for link in links:
            link.cancel()
        await asyncio.gather(*links, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = asyncio.current_task()
        assert link is not None
        self._links.add(link)
        try:
            if not self._refuses:
                await self._join(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            return  # one side has gone, or the connection is cut
        finally:
            self._links.discard(link)
            self._end(writer)

    def _end(self, writer: asyncio.StreamWriter) -> None:
        if self._resets:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(HOST, self._upstream_port)
        asked: dict[int, tuple[int, bytes | None]] = {}
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(reader, back, Way.REQUEST, asked))
                group.create_task(self._pump(there, writer, Way.RESPONSE, asked))
        except* (OSError, asyncio.IncompleteReadError):
            pass  # one side has closed
        finally:
            back.transport.abort()

    async def _pump(
        self,
        source: asyncio.StreamReader,
        target: asyncio.StreamWriter,
        way: Way,
        asked: dict[int, tuple[int, bytes | None]],
    ) -> None:
        while True:
            (size,) = struct.unpack(">i", await source.readexactly(4))
            assert 0 < size < LIMIT, "not a Kafka frame"
            body = await source.readexactly(size)
            api, body = self._asked(body, asked) if way is Way.REQUEST else _answered(body, asked)
            if await self._passes(api, way, len(body)):
                target.write(struct.pack(">i", len(body)) + body)
                await target.drain()

    def _asked(self, body: bytes, asked: dict[int, tuple[int, bytes | None]]) -> tuple[int, bytes]:
        api, _, correlation = HEAD.unpack_from(body)
        self.requests[api] += 1
        self.sent[api] += len(body)
        reply = self._reply(api, body)
        asked[correlation] = api, reply
        if reply is None:
            return api, body
        return api, HEAD.pack(HARMLESS_API, HARMLESS_VERSION, correlation) + NO_CLIENT

    def _reply(self, api: int, body: bytes) -> bytes | None:
        for rule in self._rules:
            if rule.api == api and rule.reply is not None:
                if rule.skip:
                    rule.skip -= 1
                    continue
                rule.caught.set()
                return rule.reply(body)
        return None

    async def _passes(self, api: int, way: Way, size: int) -> bool:
        await self._thawed.wait()
        if seconds := self._latency + (size / self._rate if self._rate else 0.0):
            await asyncio.sleep(seconds)
        for rule in list(self._rules):
            if (rule.api, rule.way) != (api, way) or rule.reply is not None:
                continue
            if rule.skip:
                rule.skip -= 1
                continue
            rule.caught.set()
            if not rule.holds:
                return False
            await rule.released.wait()
        return True


def _answered(body: bytes, asked: dict[int, tuple[int, bytes | None]]) -> tuple[int, bytes]:
    api, reply = asked.pop(struct.unpack_from(">i", body)[0], (-1, None))
    return api, body if reply is None else body[:4] + reply
