"""A connection that is found closed is an error of the request, never of the task that sends it.

After a reset uvloop closes the transport a turn of the loop before aiokafka hears of it, and `write` raises a
RuntimeError then. aiokafka's tasks expect KafkaErrors, and die.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiokafka.client import AIOKafkaClient, ConnectionGroup
from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError, KafkaError

_send, _send_token = AIOKafkaConnection.send, AIOKafkaConnection._send_sasl_token
_client_send = AIOKafkaClient.send


def _closed_or(write: Callable[[], Any], connection: Any) -> Any:
    try:
        return write()
    except KafkaError:  # which is a RuntimeError, too
        raise
    except RuntimeError as error:
        connection.close(reason=CloseReason.CONNECTION_BROKEN, exc=error)
        raise KafkaConnectionError(f"Connection at {connection.host}:{connection.port} closed: {error}") from error


def send(self: Any, request: Any, expect_response: bool = True) -> Any:
    """`AIOKafkaConnection.send`.

    Raises:
        KafkaConnectionError: it is closed.
    """
    return _closed_or(lambda: _send(self, request, expect_response), self)


def send_sasl_token(self: Any, payload: Any, expect_response: bool = True) -> Any:
    """`AIOKafkaConnection._send_sasl_token`, the same way."""
    return _closed_or(lambda: _send_token(self, payload, expect_response), self)


async def client_send(
    self: Any, node_id: Any, request: Any, *, group: ConnectionGroup = ConnectionGroup.DEFAULT
) -> Any:
    """`AIOKafkaClient.send`.

    Raises:
        KafkaConnectionError: also where another request has given up the same connection at the same time.
    """
    try:
        return await _client_send(self, node_id, request, group=group)
    except KeyError as error:
        if error.args != ((node_id, group),):
            raise
        raise KafkaConnectionError(f"the connection to node {node_id} is gone") from error


def install() -> None:
    """Have every connection and client do so."""
    connection: Any = AIOKafkaConnection
    client: Any = AIOKafkaClient
    connection.send, connection._send_sasl_token = send, send_sasl_token
    client.send = client_send
