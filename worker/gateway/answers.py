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
SAFE = ((b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store"))
_encode = msgspec.json.Encoder().encode


async def answer(send: Send, status: int, body: bytes, media: bytes = JSON, headers: Headers = ()) -> None:
    """Send one answer."""
    sized = [(b"content-type", media), (b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": sized})
    await send({"type": "http.response.body", "body": body})


def named(send: Send, identity: str) -> Send:
    """Return what sends an answer with the id of its request."""
    header = (b"x-request-id", identity.encode())

    async def sent(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], header]
        await send(message)

    return sent


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
