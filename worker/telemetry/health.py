"""HTTP server of one process's probes and metrics: `/livez /readyz /startupz /metrics`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import msgspec
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest as prometheus
from prometheus_client.openmetrics.exposition import generate_latest as openmetrics

log = logging.getLogger(__name__)
READ_TIMEOUT = 5.0  # seconds for a request to arrive
MAX_HEADER = 16 * 1024
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"

Checks = Callable[[], dict[str, bool]]


class OpsServer:
    """A server that answers only GET and HEAD; it exposes no business data, so it needs no authentication.

    Checks are name → passed; `detail` is added to the answer of `/readyz`.
    """

    def __init__(
        self,
        registry: CollectorRegistry,
        live: Checks,
        ready: Checks,
        started: Checks,
        detail: Callable[[], dict[str, Any]] = dict,
    ) -> None:
        self._registry, self._detail = registry, detail
        self._checks = {"/livez": live, "/healthz": live, "/readyz": ready, "/startupz": started}
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen and return the port.

        Raises:
            OSError: the port is taken.
        """
        self._server = await asyncio.start_server(self._serve, host, port, limit=MAX_HEADER)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening."""
        if self._server:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(READ_TIMEOUT):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(self._respond(head))
                await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass
        finally:
            writer.close()

    def _respond(self, head: bytes) -> bytes:
        request, _, headers = head.partition(b"\r\n")
        method, _, rest = request.partition(b" ")
        path = rest.split(b" ")[0].split(b"?")[0].decode("latin-1")
        if method not in (b"GET", b"HEAD"):
            return _response(405, "text/plain", b"only GET\n")
        if path == "/metrics":
            wants = b"openmetrics" in headers.lower()
            body = (openmetrics if wants else prometheus)(self._registry)
            return _response(200, OPENMETRICS if wants else PROMETHEUS, body)
        if path in self._checks:
            checks = self._checks[path]()
            answer = {"ok": all(checks.values()), "checks": checks}
            if path == "/readyz":
                answer |= self._detail()
            body = msgspec.json.encode(answer) + b"\n"
            return _response(200 if all(checks.values()) else 503, "application/json", body)
        return _response(404, "text/plain", b"try /livez /readyz /startupz /metrics\n")


_PHRASE = {200: "OK", 404: "Not Found", 405: "Method Not Allowed", 503: "Service Unavailable"}


def _response(status: int, content_type: str, body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 {status} {_PHRASE[status]}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
    )
    return head.encode("latin-1") + body
