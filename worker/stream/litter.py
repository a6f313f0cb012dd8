"""What closed clients leave behind.

aiokafka's clients lie in cycles, with their connections' buffers, when they are closed. Only the collector of cycles
frees them, and a worker has it look rarely (`run.calm_garbage_collector`): each partition that is opened again would
leave several.
"""

from __future__ import annotations

import asyncio
import gc

SOON = 2.0  # seconds; what closes connections behind our back is done by then, and one look does for many partitions
_waiting: set[asyncio.AbstractEventLoop] = set()


def collect_soon() -> None:
    """Have the collector look once, for all clients that are closed until then. It takes some milliseconds."""
    loop = asyncio.get_running_loop()
    if loop not in _waiting:
        _waiting.add(loop)
        loop.call_later(SOON, _collect, loop)


def _collect(loop: asyncio.AbstractEventLoop) -> None:
    _waiting.discard(loop)
    gc.collect()
