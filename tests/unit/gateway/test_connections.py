"""Connections of the real server: options that find a vanished client, and one that is cut at once."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from worker.gateway.connections import GONE_MS, UNSENT, cutting
from worker.gateway.server import Server


async def test_a_client_that_does_not_read_is_cut_with_all_that_waits() -> None:
    seen: dict[str, Any] = {}
    full, ended = asyncio.Event(), asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen["scope"] = scope
        await send({"type": "http.response.start", "status": 200, "headers": []})
        sent = 0
        try:
            while (await asyncio.wait_for(_sent(send), 0.3)) and sent < 64 * 1_048_576:
                sent += 1_048_576
        except TimeoutError:
            full.set()
        seen["sent"] = sent
        assert (await receive())["type"] == "http.request"
        assert (await receive())["type"] == "http.disconnect"
        ended.set()

    server = Server(app)
    port = await server.start("127.0.0.1", 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    await asyncio.wait_for(full.wait(), 10)
    cut: Any = cutting(seen["scope"])
    sock = cut.__self__.transport.get_extra_info("socket")
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == GONE_MS
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT) == UNSENT
    cut()
    cut()
    await asyncio.wait_for(ended.wait(), 5)
    with pytest.raises(ConnectionError):
        await reader.read()
    writer.close()
    await server.stop()


async def _sent(send: Any) -> bool:
    await send({"type": "http.response.body", "body": b"x" * 1_048_576, "more_body": True})
    return True


def test_outside_of_the_server_there_is_nothing_to_cut() -> None:
    cutting({})()
