"""Seam: a request on an open connection is one write and one future.

aiokafka goes through four coroutines and a context manager for its deadline.
"""

from __future__ import annotations

import asyncio
import struct
from functools import partial
from typing import Any

from aiokafka.client import AIOKafkaClient, ConnectionGroup
from aiokafka.conn import CloseReason
from aiokafka.errors import KafkaConnectionError, RequestTimedOutError
from aiokafka.protocol.produce import ProduceRequest

from worker.kafka.alarms import alarms
from worker.kafka.seams import connections, pinned

SIZE = struct.Struct(">i")
HEAD = struct.Struct(">hhih")  # key and version of the request, its number, and the length of the client's name
NO_TAGS = b"\0"


def post(connection: Any, request: Any) -> asyncio.Future[Any]:
    """Send a request, and return what its answer will be.

    Raises:
        KafkaConnectionError: the connection is closed.
    """
    prepared = request.prepare(connection._versions)
    number = connection._next_correlation_id()
    name = connection._client_id.encode()
    head = HEAD.pack(prepared.API_KEY, prepared.API_VERSION, number, len(name)) + name
    message = (head + NO_TAGS if prepared.FLEXIBLE_VERSION else head) + prepared.encode()
    try:
        connection._writer.write(SIZE.pack(len(message)) + message)
    except (OSError, RuntimeError) as error:
        connection.close(reason=CloseReason.CONNECTION_BROKEN, exc=error)
        raise KafkaConnectionError(f"Connection at {connection.host}:{connection.port} closed: {error}") from error
    answer: asyncio.Future[Any] = connection._loop.create_future()
    connection._requests.append((number, prepared, answer))
    return answer


async def client_send(
    self: Any, node_id: Any, request: Any, *, group: ConnectionGroup = ConnectionGroup.DEFAULT
) -> Any:
    """Replace `AIOKafkaClient.send`; what has no open connection yet goes aiokafka's own way.

    Raises:
        RequestTimedOutError: no answer in time; the connection is closed.
        KafkaConnectionError: the connection is closed.
    """
    connection = self._conns.get((node_id, group))
    unanswered = isinstance(request, ProduceRequest) and request.required_acks == 0
    if connection is None or not connection.connected() or unanswered:
        return await connections.client_send(self, node_id, request, group=group)
    return await _sent(connection, request)


def posted(client: object, node: int, request: Any) -> asyncio.Future[Any] | None:
    """Send a request like `client_send`, now; None, and nothing is sent, if there is no open connection.

    Raises:
        KafkaConnectionError: the connection is closed.
    """
    started: Any = client
    connection = started._conns.get((node, ConnectionGroup.DEFAULT))
    ours = getattr(started.send, "__func__", None) is client_send  # and nobody stands before it
    if not ours or connection is None or not connection.connected():
        return None
    return _sent(connection, request)


def _sent(connection: Any, request: Any) -> asyncio.Future[Any]:
    answer = post(connection, request)
    loops = alarms()
    deadline = loops.after(connection._request_timeout, partial(_expire, connection, answer))
    answer.add_done_callback(lambda _: loops.cancel(deadline))
    return answer


def _expire(connection: Any, answer: asyncio.Future[Any]) -> None:
    if not answer.done():
        answer.set_exception(RequestTimedOutError())
        connection.close(reason=CloseReason.CONNECTION_TIMEOUT)


def install() -> bool:
    """Patch every client; return False, and change nothing, for an unknown version."""
    if not pinned.known():
        return False
    client: Any = AIOKafkaClient
    client.send = client_send
    return True
