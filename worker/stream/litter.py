"""What closed clients and dropped states leave behind.

aiokafka's clients lie in cycles, with their connections' buffers, when they are closed. Only the collector of cycles
frees them, and a worker has it look rarely (`process.calm_garbage_collector`): each partition that is opened again
would leave several. What is freed then, and the arrays of a state that was dropped, the C library keeps for later: a
process that opens partitions again and again would seem to grow.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
from typing import Any

SOON = 2.0  # seconds; what closes connections behind our back is done by then, and one look does for many partitions
_waiting: set[asyncio.AbstractEventLoop] = set()
_give_back: Any = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it


def collect_soon() -> None:
    """Have the collector look once, for all that is closed until then, and give memory that is free back to the
    system. It takes some milliseconds."""
    loop = asyncio.get_running_loop()
    if loop not in _waiting:
        _waiting.add(loop)
        loop.call_later(SOON, _collect, loop)


def _collect(loop: asyncio.AbstractEventLoop) -> None:
    _waiting.discard(loop)
    gc.collect()
    if _give_back is not None:
        _give_back(0)
