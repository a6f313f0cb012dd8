"""A webhook: Alertmanager's body, signed."""

from __future__ import annotations

import hashlib
import hmac
import time

import msgspec

from schemas.delivery import Message
from worker.alerts.delivery.body import webhook
from worker.alerts.delivery.book import Result
from worker.alerts.delivery.receivers.posting import Poster

_encode = msgspec.json.Encoder().encode


class WebhookReceiver:
    """One address. Repeats have the same body and the same `Idempotency-Key`; the time and the signature are new."""

    def __init__(self, name: str, poster: Poster, secret: str | None, link: str) -> None:
        self._name, self._poster, self._link = name, poster, link
        self._secret = secret.encode() if secret is not None else None

    async def send(self, message: Message) -> Result:
        """Try once."""
        body = _encode(webhook(message, self._name, self._link))
        headers = {"Idempotency-Key": message.message_id}
        if self._secret is not None:
            headers |= signature(self._secret, body, int(time.time()))
        return await self._poster.post(body, headers)

    async def close(self) -> None:
        """Release the connections."""
        await self._poster.close()


def signature(secret: bytes, body: bytes, now: int) -> dict[str, str]:
    """Return the headers that sign a body at `now`, Unix seconds: HMAC-SHA256 of `<now>.<body>`."""
    digest = hmac.new(secret, f"{now}.".encode() + body, hashlib.sha256).hexdigest()
    return {"X-AlphaPulse-Timestamp": str(now), "X-AlphaPulse-Signature": f"sha256={digest}"}
