"""A broker that answers by scripted handlers and counts requests: what a real one would say only by accident.

It listens on a port of its own and speaks Kafka's framing, so the clients under test are the real ones. What it answers
stands in `fake_answers`; a group of one member in `fake_group`.
"""

from __future__ import annotations

import asyncio
import inspect
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from enum import IntEnum
from types import TracebackType
from typing import NamedTuple, TypeAlias, TypeVar

from aiokafka.protocol.struct import Struct

T = TypeVar("T", bound=Struct)


class Api(IntEnum):
    """Keys of the requests that it knows."""

    PRODUCE = 0
    FETCH = 1
    LIST_OFFSETS = 2
    METADATA = 3
    OFFSET_COMMIT = 8
    OFFSET_FETCH = 9
    FIND_COORDINATOR = 10
    JOIN_GROUP = 11
    HEARTBEAT = 12
    LEAVE_GROUP = 13
    SYNC_GROUP = 14
    DESCRIBE_GROUPS = 15
    API_VERSIONS = 18
    CREATE_TOPICS = 19
    DELETE_RECORDS = 21
    INIT_PRODUCER_ID = 22
    OFFSET_FOR_LEADER_EPOCH = 23
    ADD_PARTITIONS_TO_TXN = 24
    ADD_OFFSETS_TO_TXN = 25
    END_TXN = 26
    TXN_OFFSET_COMMIT = 28
    DESCRIBE_CONFIGS = 32
    CREATE_PARTITIONS = 37
    CONSUMER_GROUP_DESCRIBE = 69


# Least and most version of each request, as Kafka 4.3 has them.
VERSIONS: Mapping[Api, tuple[int, int]] = {
    Api.PRODUCE: (0, 13),
    Api.FETCH: (4, 18),
    Api.LIST_OFFSETS: (1, 11),
    Api.METADATA: (0, 13),
    Api.OFFSET_COMMIT: (2, 10),
    Api.OFFSET_FETCH: (1, 10),
    Api.FIND_COORDINATOR: (0, 6),
    Api.JOIN_GROUP: (0, 9),
    Api.HEARTBEAT: (0, 4),
    Api.LEAVE_GROUP: (0, 5),
    Api.SYNC_GROUP: (0, 5),
    Api.DESCRIBE_GROUPS: (0, 6),
    Api.API_VERSIONS: (0, 4),
    Api.CREATE_TOPICS: (2, 7),
    Api.DELETE_RECORDS: (0, 2),
    Api.INIT_PRODUCER_ID: (0, 6),
    Api.OFFSET_FOR_LEADER_EPOCH: (2, 4),
    Api.ADD_PARTITIONS_TO_TXN: (0, 5),
    Api.ADD_OFFSETS_TO_TXN: (0, 4),
    Api.END_TXN: (0, 5),
    Api.TXN_OFFSET_COMMIT: (0, 5),
    Api.DESCRIBE_CONFIGS: (1, 4),
    Api.CREATE_PARTITIONS: (0, 3),
    Api.CONSUMER_GROUP_DESCRIBE: (0, 1),
}
# First version of each request whose header and body have tagged fields.
FLEXIBLE: Mapping[Api, int] = {
    Api.PRODUCE: 9,
    Api.FETCH: 12,
    Api.LIST_OFFSETS: 6,
    Api.METADATA: 9,
    Api.OFFSET_COMMIT: 8,
    Api.OFFSET_FETCH: 6,
    Api.FIND_COORDINATOR: 3,
    Api.JOIN_GROUP: 6,
    Api.HEARTBEAT: 4,
    Api.LEAVE_GROUP: 4,
    Api.SYNC_GROUP: 4,
    Api.DESCRIBE_GROUPS: 5,
    Api.API_VERSIONS: 3,
    Api.CREATE_TOPICS: 5,
    Api.DELETE_RECORDS: 2,
    Api.INIT_PRODUCER_ID: 2,
    Api.OFFSET_FOR_LEADER_EPOCH: 4,
    Api.ADD_PARTITIONS_TO_TXN: 3,
    Api.ADD_OFFSETS_TO_TXN: 3,
    Api.END_TXN: 3,
    Api.TXN_OFFSET_COMMIT: 3,
    Api.DESCRIBE_CONFIGS: 4,
    Api.CREATE_PARTITIONS: 2,
    Api.CONSUMER_GROUP_DESCRIBE: 0,
}


class Asked(NamedTuple):
    """A request as it came."""

    api: Api
    version: int
    body: bytes
    broker: FakeBroker

    def read(self, struct: type[T]) -> T:
        """Its body, by a request class of aiokafka's or of ours."""
        return struct.decode(self.body)


# None: the request is never answered. An exception: the connection is closed.
Answer: TypeAlias = Struct | bytes | None
Handler: TypeAlias = Callable[[Asked], Answer | Awaitable[Answer]]


class HangUp(Exception):
    """Raised by a handler: close the connection without an answer."""


class FakeBroker:
    """One broker on a port of its own; `async with` starts and stops it.

    `count` counts requests, `unknown` names those that no handler was there for: their connections are closed.
    """

    def __init__(self, node: int = 1, versions: Mapping[Api, tuple[int, int]] | None = None) -> None:
        """`versions` replace those of Kafka 4.3; (0, -1) = the broker doesn't know the request."""
        self.node, self.host, self.port = node, "127.0.0.1", 0
        told = {**VERSIONS, **(versions or {})}
        self.versions = {api: range_ for api, range_ in told.items() if range_[0] <= range_[1]}
        self.count: Counter[Api] = Counter()
        self.unknown: Counter[Api] = Counter()
        self._handlers: dict[Api, Handler] = {}
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> FakeBroker:
        self._server = await asyncio.start_server(self._serve, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        self.hang_up()
        await self._server.wait_closed()

    @property
    def bootstrap(self) -> str:
        """What clients connect to."""
        return f"{self.host}:{self.port}"

    @property
    def connected(self) -> int:
        """Connections of now."""
        return len(self._writers)

    def on(self, api: Api, handler: Handler) -> None:
        """Answer requests of this kind by `handler` from now on."""
        self._handlers[api] = handler

    def handler(self, api: Api) -> Handler:
        """The handler of now, for one that wraps it."""
        return self._handlers[api]

    def hang_up(self) -> None:
        """Close every connection of now."""
        for writer in list(self._writers):
            writer.transport.abort()

    def reset(self) -> None:
        """Close every connection of now by a reset, as a killed broker does that has not read everything."""
        for writer in list(self._writers):
            of: socket.socket = writer.transport.get_extra_info("socket")
            of.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while True:
                (size,) = struct.unpack(">i", await reader.readexactly(4))
                answer = await self._answer(await reader.readexactly(size))
                if answer is not None:
                    writer.write(struct.pack(">i", len(answer)) + answer)
        except (asyncio.IncompleteReadError, ConnectionError, HangUp, asyncio.CancelledError):
            pass  # cancelled: the test is over
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _answer(self, request: bytes) -> bytes | None:
        key, version, correlation, client = struct.unpack_from(">hhih", request)
        api, begin = Api(key), 10 + max(client, 0)
        flexible = version >= FLEXIBLE[api]
        self.count[api] += 1
        handler = self._handlers.get(api)
        if handler is None:
            self.unknown[api] += 1
            raise HangUp
        answer = handler(Asked(api, version, request[begin + flexible :], self))  # a client of ours sends no tags
        if inspect.isawaitable(answer):
            answer = await answer
        if answer is None:
            return None
        body = answer.encode() if isinstance(answer, Struct) else answer
        # The answer about versions never has tags in its header, so that every client can read it.
        tags = b"\0" if flexible and api is not Api.API_VERSIONS else b""
        return struct.pack(">i", correlation) + tags + body
