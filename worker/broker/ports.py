"""Free ports for servers on this machine."""

from __future__ import annotations

import random
import socket
from collections.abc import Collection
from itertools import islice

from worker.errors import BrokerUnavailable

# Below Linux's ephemeral range, where a client that retries while the broker is down could get the broker's port.
_RANGE = range(20_000, 32_000)


def free_port(host: str = "127.0.0.1") -> int:
    """Return a TCP port on which nobody listens now."""
    return free_ports(1, host)[0]


def free_ports(count: int, host: str = "127.0.0.1", besides: Collection[int] = ()) -> list[int]:
    """Return `count` distinct TCP ports on which nobody listens now, none of them in `besides`."""
    free = (p for p in random.sample(_RANGE, len(_RANGE)) if p not in besides and is_free(p, host))
    found = list(islice(free, count))
    if len(found) < count:
        raise OSError("no free port")
    return found


def require_free(port: int, host: str = "127.0.0.1") -> None:
    """Refuse a port on which somebody listens.

    Raises:
        BrokerUnavailable: `port` is taken.
    """
    if not is_free(port, host):
        raise BrokerUnavailable(
            f"port {port} is taken by another program", "Stop that program, or choose another port with --port"
        )


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Return whether a server could listen on `port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
