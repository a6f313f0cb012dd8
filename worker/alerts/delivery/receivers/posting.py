"""POST requests, and what their answers mean."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from worker.alerts.delivery.book import Result
from worker.extras import module

RETRIED = (408, 425, 429)  # of the client's errors: later they may be none
MISSING = "receivers of alerts need the package httpx"


class Poster:
    """A client for one address."""

    def __init__(self, url: str, timeout_s: float, headers: Mapping[str, str] | None = None) -> None:
        """Create it.

        Raises:
            ConfigError: httpx is not installed.
        """
        self._httpx: Any = module("httpx", "alerts", MISSING)
        logging.getLogger("httpx").setLevel(logging.WARNING)  # its lines name addresses
        self._url, self._timeout = url, timeout_s
        self._headers = {"Content-Type": "application/json", "User-Agent": "alphapulse"} | dict(headers or {})
        self._client: Any = None

    async def post(self, content: bytes, headers: Mapping[str, str] | None = None) -> Result:
        """Send a body; return what came of it."""
        if self._client is None:
            self._client = self._httpx.AsyncClient(timeout=self._timeout, follow_redirects=False)
        try:
            answer = await self._client.post(self._url, content=content, headers=self._headers | dict(headers or {}))
        except self._httpx.HTTPError as error:
            return Result("failed", type(error).__name__)  # its text may name the address
        except (OSError, ValueError, RuntimeError) as error:
            return Result("failed", type(error).__name__)
        return _meaning(answer.status_code, answer.headers.get("Retry-After"))

    async def close(self) -> None:
        """Release the connections."""
        if self._client is not None:
            await self._client.aclose()


def _meaning(status: int, retry_after: str | None) -> Result:
    if 200 <= status < 300:
        return Result("delivered", status=status)
    if status >= 500 or status in RETRIED:
        return Result("failed", f"HTTP {status}", status, _seconds(retry_after))
    return Result("refused", f"HTTP {status}", status)


def _seconds(text: str | None) -> float | None:
    """Return what a Retry-After asks for: seconds, or a date."""
    if text is None:
        return None
    text = text.strip()
    if text.isdecimal():
        return float(text) if len(text) < 10 else None
    try:
        return max(parsedate_to_datetime(text).timestamp() - time.time(), 0.0)
    except (ValueError, TypeError, OverflowError):
        return None
