"""Only a Kafka that lists a live broker counts as ready."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from worker.broker.ports import free_port, is_free
from worker.broker.readiness import is_ready, known_brokers, wait_until_ready


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


def metadata(*brokers: int, correlation: int = 1) -> bytes:
    """A Metadata answer that lists these brokers; none has a rack."""
    listed = (struct.pack(">ih4sih", node, 4, b"host", 9092, -1) for node in brokers)
    body = struct.pack(">ii", correlation, len(brokers)) + b"".join(listed)
    return struct.pack(">i", len(body)) + body


@pytest.mark.parametrize(
    ("answer", "ready"),
    [
        (metadata(1), True),
        (metadata(), False),  # up, but the controller has not admitted the broker
        (metadata(1, correlation=2), False),
        (metadata(1)[:-1], False),
        (struct.pack(">iii", 8, 1, 1), False),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", False),
        (struct.pack(">i", -5), False),
        (struct.pack(">i", 8) + b"\0", False),
        (b"", False),
    ],
)
def test_an_answer_counts_only_if_it_lists_a_broker(answer: bytes, ready: bool) -> None:
    with server(answer) as port:
        assert is_ready("127.0.0.1", port) is ready


def test_a_node_is_ready_when_it_lists_itself() -> None:
    with server(metadata(1, 3)) as port:
        assert not is_ready("127.0.0.1", port, node=2)
    with server(metadata(1, 3)) as port:
        assert is_ready("127.0.0.1", port, node=3)
    with server(metadata(1, 3)) as port:
        assert known_brokers("127.0.0.1", port) == {1, 3}


def test_waiting_ends_at_once_when_the_process_has_ended() -> None:
    assert not wait_until_ready("127.0.0.1", free_port(), 60, lambda: False)


def test_a_listening_port_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        assert not is_free(listening.getsockname()[1])
    assert is_free(free_port())
