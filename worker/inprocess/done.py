"""The answer of a call that is already done, for callers that await it and for those that do not."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any


class Done:
    """An awaitable that returns None at once."""

    def __await__(self) -> Generator[Any, None, None]:
        return
        yield
