"""Only a Kafka that lists a live broker counts as ready."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from worker.broker.ports import free_port, is_free
from worker.broker.readiness import is_ready, wait_until_ready


@contextmanager
def server(answer: bytes) -> Iterator[int]:
    """A port that answers any first request with these bytes."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(100)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(5)


@pytest.mark.parametrize(
    ("answer", "ready"),
    [
        (struct.pack(">iii", 8, 1, 1), True),
        (struct.pack(">iii", 8, 1, 0), False),  # up, but the controller has not admitted the broker
        (struct.pack(">iii", 8, 2, 1), False),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", False),
        (struct.pack(">i", -5), False),
        (struct.pack(">i", 8) + b"\0", False),
        (b"", False),
    ],
)
def test_an_answer_counts_only_if_it_lists_a_broker(answer: bytes, ready: bool) -> None:
    with server(answer) as port:
        assert is_ready("127.0.0.1", port) is ready


def test_waiting_ends_at_once_when_the_process_has_ended() -> None:
    assert not wait_until_ready("127.0.0.1", free_port(), 60, lambda: False)


def test_a_listening_port_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        assert not is_free(listening.getsockname()[1])
    assert is_free(free_port())
