"""Is a broker serving? Asked in Kafka's own protocol: a Metadata answer that lists a live broker."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable

_METADATA, _VERSION, _CORRELATION = 3, 1, 1
_CLIENT = b"alphapulse"
# Header v1, then an empty array of topics: none are asked for.
_BODY = struct.pack(">hhih", _METADATA, _VERSION, _CORRELATION, len(_CLIENT)) + _CLIENT + struct.pack(">i", 0)
_REQUEST = struct.pack(">i", len(_BODY)) + _BODY
_HEAD = struct.Struct(">ii")  # correlation id, number of brokers
_POLL_S = 0.05


def wait_until_ready(host: str, port: int, deadline_s: float, alive: Callable[[], bool]) -> bool:
    """Whether the broker serves within `deadline_s` seconds; False at once when `alive()` turns false."""
    end = time.monotonic() + deadline_s
    while time.monotonic() < end and alive():
        if is_ready(host, port):
            return True
        time.sleep(_POLL_S)
    return False


def is_ready(host: str, port: int, timeout_s: float = 2.0) -> bool:
    """Whether a registered broker answers on this plaintext listener.

    A broker accepts connections before the controller has admitted it; only then does it list itself.
    """
    try:
        with socket.create_connection((host, port), timeout_s) as connection:
            connection.settimeout(timeout_s)
            connection.sendall(_REQUEST)
            (size,) = struct.unpack(">i", _receive(connection, 4))
            if size < _HEAD.size:
                return False
            correlation, brokers = _HEAD.unpack(_receive(connection, _HEAD.size))
    except OSError:
        return False
    return bool(correlation == _CORRELATION and brokers > 0)


def _receive(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        chunk = connection.recv(size - len(data))
        if not chunk:
            raise ConnectionError("the connection was closed")
        data += chunk
    return data
