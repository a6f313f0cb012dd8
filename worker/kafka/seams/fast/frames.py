"""Seam: answers are cut out of the bytes of a connection as they arrive.

aiokafka has a task a connection that reads answers from a stream: each one wakes it, at a turn of the loop of its own.
Here the transport's call hands them on.
"""

from __future__ import annotations

import asyncio
import functools
import io
import time
import weakref
from typing import Any

from aiokafka import conn
from aiokafka.conn import AIOKafkaConnection, AIOKafkaProtocol
from aiokafka.protocol.api import RequestStruct

from worker.kafka.seams import pinned

SIZE = 4  # bytes of the size before each answer, and of the number of its request in it
NO_TAGS = b"\0"
NONE: tuple[Any, ...] = (None, None, None)  # in place of a request that waits for an answer


class FramesProtocol(AIOKafkaProtocol):
    """Replacement of aiokafka's protocol; until a connection takes the answers, bytes go to its stream."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._connection: Any = None  # a weak reference
        self._ended: asyncio.Future[None] | None = None
        self._held = bytearray()  # the begin of an answer

    def hand_to(self, connection: Any, ended: asyncio.Future[None]) -> None:
        """Hand answers to a connection from now on; `ended` gets the error after which there are no more."""
        self._connection, self._ended = weakref.ref(connection), ended

    def data_received(self, data: bytes) -> None:
        """Hand on each complete answer."""
        if self._ended is None:
            super().data_received(data)
            return
        try:
            if self._held:
                self._held += data
                del self._held[: self._hand_on(self._held)]
            elif (taken := self._hand_on(data)) < len(data):
                self._held += memoryview(data)[taken:]
        except Exception as error:
            self._end(error)

    def _hand_on(self, data: bytes | bytearray) -> int:
        """Hand on the complete answers; return how many bytes they have."""
        at, end = 0, len(data)
        with memoryview(data) as view:
            while end - at >= SIZE:
                size = int.from_bytes(view[at : at + SIZE], "big", signed=True)
                if size < 0:
                    raise ValueError(f"an answer of {size} bytes")
                if end - at - SIZE < size:
                    break
                connection = self._connection()
                if connection is None or self._ended is None or self._ended.done():  # closed meanwhile
                    return end
                at += SIZE + size
                _take(connection, bytes(view[at - size : at]))
        return at

    def eof_received(self) -> Any:
        """End the connection: the broker has closed it."""
        found = super().eof_received()
        self._end(asyncio.IncompleteReadError(bytes(self._held[:SIZE]), None))
        return found

    def connection_lost(self, exc: Exception | None) -> None:
        """End the connection."""
        super().connection_lost(exc)
        self._end(exc or asyncio.IncompleteReadError(b"", None))

    def _end(self, error: Exception) -> None:
        if self._ended is not None and not self._ended.done():
            self._ended.set_exception(error)


def _take(connection: Any, frame: bytes) -> None:
    """Stand before `AIOKafkaConnection._handle_frame`: the answers to usual requests are taken here."""
    waiting = connection._requests
    number, request, answer = waiting[0] if waiting else NONE
    if (
        number is None
        or type(request).parse_response_header is not RequestStruct.parse_response_header
        or int.from_bytes(frame[:SIZE], "big") != number
        or (request.FLEXIBLE_VERSION and frame[SIZE : SIZE + 1] != NO_TAGS)
    ):
        connection._handle_frame(frame)
        return
    if not answer.done():
        body = io.BytesIO(frame)
        body.seek(SIZE + request.FLEXIBLE_VERSION)
        answer.set_result(request.RESPONSE_TYPE.decode(body))
    connection._last_action = time.monotonic()  # as there: for its idle timer
    waiting.popleft()


def create_reader_task(self: Any) -> asyncio.Future[None]:
    """Replace `AIOKafkaConnection._create_reader_task`: the future ends as that task would."""
    ended: asyncio.Future[None] = self._loop.create_future()
    ended.add_done_callback(functools.partial(self._on_read_task_error, weakref.ref(self)))
    self._protocol.hand_to(self, ended)
    return ended


def install() -> bool:
    """Patch every connection; return False, and change nothing, for an unknown version."""
    if not pinned.known():
        return False
    module: Any = conn
    connection: Any = AIOKafkaConnection
    module.AIOKafkaProtocol, connection._create_reader_task = FramesProtocol, create_reader_task
    return True
