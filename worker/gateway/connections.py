"""Connections of clients: one that is gone is noticed, and one can be cut from inside a request."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable, Mapping
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

IDLE = 20  # seconds without a packet until the kernel asks whether the client is there
PROBES = 3
GONE_MS = 30_000  # for which sent bytes may stay unacknowledged
UNSENT = 128 * 1024  # bytes that the kernel holds of what a slow client does not take
AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: forget what was not sent
_CUT = "alphapulse.cut"


class Connection(HttpToolsProtocol):
    """A connection whose requests carry it in their scope."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Let the kernel find clients that have vanished without a word."""
        super().connection_made(transport)
        sock = transport.get_extra_info("socket")
        if sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for option, value in (
                (socket.TCP_KEEPIDLE, IDLE),
                (socket.TCP_KEEPINTVL, IDLE // PROBES),
                (socket.TCP_KEEPCNT, PROBES),
                (socket.TCP_USER_TIMEOUT, GONE_MS),
                (socket.TCP_NOTSENT_LOWAT, UNSENT),
            ):
                sock.setsockopt(socket.IPPROTO_TCP, option, value)

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self.scope["extensions"] = {_CUT: self.cut}  # type: ignore[dict-item]

    def cut(self) -> None:
        """End the connection with all that waits to be sent, here and in the kernel."""
        sock = self.transport.get_extra_info("socket")
        if sock is not None and not self.transport.is_closing():
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        self.transport.abort()


def cutting(scope: Mapping[str, Any]) -> Callable[[], None]:
    """Return what cuts the connection of a request."""
    cut: Callable[[], None] = scope.get("extensions", {}).get(_CUT, _nothing)
    return cut


def _nothing() -> None:
    pass
