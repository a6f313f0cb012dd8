"""An event that can be waited for together with other futures, without a task of its own."""

from __future__ import annotations

import asyncio


class Signal:
    """Like `asyncio.Event`, with its `future`, which is done when the signal is set."""

    def __init__(self) -> None:
        self._future: asyncio.Future[None] | None = None
        self._set = False

    @property
    def future(self) -> asyncio.Future[None]:
        """What ends with the next `set`; it has ended while the signal is set."""
        if self._future is None:
            self._future = asyncio.get_running_loop().create_future()
            if self._set:
                self._future.set_result(None)
        return self._future

    def set(self) -> None:
        """Set the signal."""
        self._set = True
        if self._future is not None and not self._future.done():
            self._future.set_result(None)

    def clear(self) -> None:
        """Wait anew."""
        if self._set:
            self._set, self._future = False, None
