"""Turns of the running loop, and what goes wrong in its callbacks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any


async def turns(count: int = 3) -> None:
    """Let callbacks run, and those that they call."""
    for _ in range(count):
        await asyncio.sleep(0)


@asynccontextmanager
async def no_callback_fails() -> AsyncIterator[None]:
    """See that nothing is told to the loop's handler of errors in the block."""
    told: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    yield
    assert not told
