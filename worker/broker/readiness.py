"""Readiness of a broker: its Metadata answer lists a live broker."""

from __future__ import annotations

import io
import socket
import struct
import time
from collections.abc import Callable

_METADATA, _VERSION, _CORRELATION = 3, 1, 1
_CLIENT = b"alphapulse"
# Header v1, then an empty array of topics.
_BODY = struct.pack(">hhih", _METADATA, _VERSION, _CORRELATION, len(_CLIENT)) + _CLIENT + struct.pack(">i", 0)
_REQUEST = struct.pack(">i", len(_BODY)) + _BODY
_POLL_S = 0.05


def wait_until_ready(
    host: str, port: int, deadline_s: float, alive: Callable[[], bool], node: int | None = None
) -> bool:
    """Wait until the broker is ready; return False after `deadline_s` seconds, or when `alive()` turns false."""
    return wait_until(lambda: is_ready(host, port, node=node), deadline_s, alive)


def wait_until(condition: Callable[[], bool], deadline_s: float, alive: Callable[[], bool]) -> bool:
    """Wait until `condition()` holds; return False after `deadline_s` seconds, or when `alive()` turns false."""
    end = time.monotonic() + deadline_s
    while time.monotonic() < end and alive():
        if condition():
            return True
        time.sleep(_POLL_S)
    return False


def is_ready(host: str, port: int, timeout_s: float = 2.0, node: int | None = None) -> bool:
    """Return whether a registered broker answers on this plaintext listener; `node` is its id in a cluster.

    A broker accepts connections before the controller has admitted it, but lists itself only afterwards.
    """
    known = known_brokers(host, port, timeout_s)
    return bool(known) if node is None else node in known


def known_brokers(host: str, port: int, timeout_s: float = 2.0) -> frozenset[int]:
    """Return the ids of the brokers that the one at this address lists; none if it does not answer."""
    try:
        with socket.create_connection((host, port), timeout_s) as connection:
            connection.settimeout(timeout_s)
            connection.sendall(_REQUEST)
            (size,) = struct.unpack(">i", _receive(connection, 4))
            return _brokers(io.BytesIO(_receive(connection, size)))
    except (OSError, struct.error):
        return frozenset()


def _brokers(answer: io.BytesIO) -> frozenset[int]:
    """Return the broker ids in a Metadata answer; raises struct.error for other bytes."""
    correlation, count = _numbers(answer, ">ii")
    if correlation != _CORRELATION:
        return frozenset()
    found = set()
    for _ in range(count):
        (node,) = _numbers(answer, ">i")
        _string(answer)  # host
        _numbers(answer, ">i")  # port
        _string(answer)  # rack
        found.add(node)
    return frozenset(found)


def _numbers(answer: io.BytesIO, form: str) -> tuple[int, ...]:
    return struct.unpack(form, answer.read(struct.calcsize(form)))


def _string(answer: io.BytesIO) -> bytes:
    (size,) = _numbers(answer, ">h")
    return answer.read(max(size, 0))  # -1 is null


def _receive(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        chunk = connection.recv(size - len(data))
        if not chunk:
            raise ConnectionError("the connection was closed")
        data += chunk
    return data
