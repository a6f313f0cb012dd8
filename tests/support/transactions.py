"""Transactions that a broker holds open, asked in Kafka's own protocol: ListTransactions (key 66), version 0."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

_KEY, _VERSION, _CORRELATION = 66, 0, 1
_CLIENT = b"alphapulse-tests"
_NO_TAGS = b"\x00"
UNFINISHED = (b"Ongoing", b"PrepareCommit", b"PrepareAbort", b"PrepareEpochFence")


def open_transactions(bootstrap: str, prefix: str) -> dict[str, str]:
    """Transactional id → state of every transaction that is not finished and whose id starts with `prefix`.

    Each broker knows those that it coordinates, so all that `bootstrap` names are asked.
    """
    found = (pair for address in bootstrap.split(",") for pair in _transactions(_ask(address)))
    return {name: state for name, state in found if name.startswith(prefix)}


def _ask(address: str) -> bytes:
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), 10) as connection:
        connection.sendall(_request())
        (size,) = struct.unpack(">i", _receive(connection, 4))
        return _receive(connection, size)


def _request() -> bytes:
    header = struct.pack(">hhih", _KEY, _VERSION, _CORRELATION, len(_CLIENT)) + _CLIENT + _NO_TAGS
    states = bytes([len(UNFINISHED) + 1]) + b"".join(bytes([len(s) + 1]) + s for s in UNFINISHED)
    body = states + b"\x01" + _NO_TAGS  # any producer id
    return struct.pack(">i", len(header + body)) + header + body


def _transactions(answer: bytes) -> Iterator[tuple[str, str]]:
    correlation, _, _, error = struct.unpack_from(">iBih", answer)
    assert (correlation, error) == (_CORRELATION, 0), f"ListTransactions: error {error}"
    at = 11
    unknown, at = _varint(answer, at)
    assert unknown <= 1, "a state filter that the broker does not know"
    count, at = _varint(answer, at)
    for _ in range(count - 1):
        name, at = _text(answer, at)
        state, at = _text(answer, at + 8)
        yield name, state
        at += 1


def _text(data: bytes, at: int) -> tuple[str, int]:
    length, at = _varint(data, at)
    return data[at : at + length - 1].decode(), at + length - 1


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def _receive(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        chunk = connection.recv(size - len(data))
        assert chunk, "the broker closed the connection"
        data += chunk
    return data
