"""The garbage of closed clients and dropped states.

Closed aiokafka clients are reference cycles that include their connections' buffers. Only the cycle collector frees
them, and a worker runs it rarely (`process.calm_garbage_collector`): each reopened partition would leave several. The C
library keeps the freed memory, and that of dropped states, for reuse: a process that often reopens partitions would
seem to grow.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import time
from typing import Any

SOON = 2.0  # seconds; connections closed in the background are closed by then, and one run serves many partitions
SHARE = 0.05  # of the time that collections may take, each of which holds up everything: with many partitions, long
_waiting: set[asyncio.AbstractEventLoop] = set()
_took = 0.0  # seconds, the last collection
_give_back: Any = getattr(ctypes.CDLL(None), "malloc_trim", None)  # in glibc


def collect_soon() -> None:
    """Schedule one collection, for everything closed until then, that also returns free memory to the system.

    It takes some milliseconds, more with many partitions; the longer the last one took, the later is the next.
    """
    loop = asyncio.get_running_loop()
    if loop not in _waiting:
        _waiting.add(loop)
        loop.call_later(max(SOON, _took / SHARE), _collect, loop)


def _collect(loop: asyncio.AbstractEventLoop) -> None:
    global _took
    _waiting.discard(loop)
    begun = time.monotonic()
    gc.collect()
    trim()
    _took = time.monotonic() - begun


def trim() -> None:
    """Return memory that is free now to the system; it takes some milliseconds."""
    if _give_back is not None:
        _give_back(0)
