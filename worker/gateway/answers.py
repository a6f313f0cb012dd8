"""Answers by plain ASGI, and failures as problems."""

from __future__ import annotations

import logging
from collections.abc import Iterable, MutableMapping
from typing import Any

import msgspec
from aiokafka.errors import KafkaError

from worker.errors import AlphapulseError, NotPermitted
from worker.gateway.mounts import Scope, Send
from worker.gateway.resources.problem import MEDIA, Refused

log = logging.getLogger(__name__)
JSON = b"application/json"
Headers = Iterable[tuple[bytes, bytes]]
VERSION = "version"  # key in the state of a request: the version of what is answered
SAFE = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"))
_encode = msgspec.json.Encoder().encode


async def answer(send: Send, status: int, body: bytes, media: bytes = JSON, headers: Headers = ()) -> None:
    """Send one answer."""
    sized = [(b"content-type", media), (b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": sized})
    await send({"type": "http.response.body", "body": body})


class Sending:
    """Sends one answer with the id of its request, and its version where a handler has noted one."""

    def __init__(self, send: Send, scope: Scope, identity: str) -> None:
        self.status = 0  # 0: nothing was sent
        self._send, self._state = send, scope["state"]
        self._header = (b"x-request-id", identity.encode())

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        """Send a message."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [*message["headers"], self._header]
            if self.status == 200 and VERSION in self._state:
                kept = [(name, value) for name, value in headers if name != b"cache-control"]
                headers = [*kept, (b"cache-control", b"no-cache"), (b"etag", self._state[VERSION].encode())]
            message["headers"] = headers
        await self._send(message)


async def refuse(send: Send, scope: Scope, refused: Refused) -> None:
    """Send a failure."""
    headers = [(name.lower().encode(), value.encode()) for name, value in refused.headers.items()]
    body = _encode(refused.problem(scope["path"]))
    await answer(send, refused.status, body, MEDIA.encode(), [*SAFE, *headers])


def refusal(error: Exception) -> Refused:
    """Return what a failure means for the caller; an unknown one is logged, and its text stays here."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, NotPermitted):
        return Refused(503, "unavailable", "the brokers refuse this to the gateway", error.fix)
    if isinstance(error, KafkaError | TimeoutError | AlphapulseError):
        log.warning("the brokers gave no answer", extra={"error": f"{type(error).__name__}: {error}"})
        return Refused(503, "unavailable", "the brokers give no answer now", "Try again", headers={"Retry-After": "2"})
    log.error("a request failed", exc_info=error)
    return Refused(500, "internal", "the gateway failed at this request", "Look into its log")
