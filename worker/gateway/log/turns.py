"""Turns of long work on the event loop."""

from __future__ import annotations

import asyncio
import time

LOOK = 16  # steps between two looks at the clock
SLICE = 0.002  # seconds of work after which others have their turn


class Turns:
    """Turns of long work on the event loop: others have theirs in between."""

    def __init__(self) -> None:
        self._since, self._steps = time.monotonic(), 0

    def due(self) -> bool:
        """Count a step, and tell whether others should have a turn."""
        self._steps += 1
        return self._steps % LOOK == 0 and time.monotonic() - self._since >= SLICE

    @property
    def late(self) -> bool:
        """Whether others should have a turn, after a step that is not counted."""
        return time.monotonic() - self._since >= SLICE

    async def pause(self) -> None:
        """Give others a turn."""
        await asyncio.sleep(0)
        self._since = time.monotonic()
