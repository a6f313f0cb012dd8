"""Seam: a closed connection is a KafkaError of the request, and a failed start leaves no connection open.

After a reset uvloop closes the transport one turn of the loop before aiokafka is notified, and `write` then raises a
RuntimeError. aiokafka's tasks expect only KafkaErrors, and die. A client whose start is cancelled while it waits for
its first metadata never closes its bootstrap connection.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from aiokafka import client as client_module
from aiokafka.client import AIOKafkaClient, ConnectionGroup
from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError, KafkaError

_send, _send_token = AIOKafkaConnection.send, AIOKafkaConnection._send_sasl_token
_client_send, _bootstrap, _create_conn = AIOKafkaClient.send, AIOKafkaClient.bootstrap, client_module.create_conn
_made: ContextVar[list[AIOKafkaConnection] | None] = ContextVar("_made", default=None)  # by the start of a client


def _closed_or(write: Callable[[], Any], connection: Any) -> Any:
    try:
        return write()
    except KafkaError:  # a RuntimeError, too
        raise
    except RuntimeError as error:
        connection.close(reason=CloseReason.CONNECTION_BROKEN, exc=error)
        raise KafkaConnectionError(f"Connection at {connection.host}:{connection.port} closed: {error}") from error


def send(self: Any, request: Any, expect_response: bool = True) -> Any:
    """Replace `AIOKafkaConnection.send`.

    Raises:
        KafkaConnectionError: the connection is closed.
    """
    return _closed_or(lambda: _send(self, request, expect_response), self)


def send_sasl_token(self: Any, payload: Any, expect_response: bool = True) -> Any:
    """Replace `AIOKafkaConnection._send_sasl_token`, like `send`."""
    return _closed_or(lambda: _send_token(self, payload, expect_response), self)


async def client_send(
    self: Any, node_id: Any, request: Any, *, group: ConnectionGroup = ConnectionGroup.DEFAULT
) -> Any:
    """Replace `AIOKafkaClient.send`.

    Raises:
        KafkaConnectionError: also when another request has dropped the same connection at the same time.
    """
    try:
        return await _client_send(self, node_id, request, group=group)
    except KeyError as error:
        if error.args != ((node_id, group),):
            raise
        raise KafkaConnectionError(f"the connection to node {node_id} is gone") from error


async def create_conn(*args: Any, **options: Any) -> Any:
    """Replace `aiokafka.client.create_conn`: also record the connection for a client's start."""
    connection = await _create_conn(*args, **options)
    if (made := _made.get()) is not None:
        made.append(connection)
    return connection


async def bootstrap(self: Any) -> None:
    """Replace `AIOKafkaClient.bootstrap`: close its connections when it fails or is cancelled.

    Raises:
        KafkaConnectionError: no broker answers.
    """
    made: list[AIOKafkaConnection] = []
    token = _made.set(made)
    try:
        await _bootstrap(self)
    except BaseException:
        for connection in made:
            connection.close()
        raise
    finally:
        _made.reset(token)


def install() -> None:
    """Patch every connection and client."""
    connection: Any = AIOKafkaConnection
    client: Any = AIOKafkaClient
    connection.send, connection._send_sasl_token = send, send_sasl_token
    client.send, client.bootstrap = client_send, bootstrap
    module: Any = client_module
    module.create_conn = create_conn
