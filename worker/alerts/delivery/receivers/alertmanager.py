"""Alertmanager's own API: it groups and tells by itself, and forgets what is not sent again."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from schemas.alert import Alert
from schemas.delivery import Message
from worker.alerts.delivery.body import alert_of, labels_of
from worker.alerts.delivery.book import Result
from worker.alerts.delivery.receivers.posting import Poster
from worker.moments import in_words

log = logging.getLogger(__name__)
AHEAD = 3  # resends for which the end of a firing alert lies ahead: after three that failed it ends there
PART = 500  # alerts of a request
_encode = msgspec.json.Encoder().encode
Told = Callable[[], Sequence[Alert]]


class AlertmanagerReceiver:
    """One Alertmanager. What fires is sent with each message and each minute."""

    def __init__(self, poster: Poster, resend_s: float, link: str, told: Told) -> None:
        """Create it; `told` returns the alerts that fire and were told to it."""
        self._poster, self._resend, self._link, self._told = poster, resend_s, link, told
        self._task: asyncio.Task[None] | None = None

    async def send(self, message: Message) -> Result:
        """Try once, and begin to send again what fires."""
        if self._task is None:
            self._task = asyncio.create_task(self._again(), name="to Alertmanager again")
        named = {one.fingerprint for one in message.alerts}
        return await self._post([*message.alerts, *(one for one in self._told() if one.fingerprint not in named)])

    async def refresh(self) -> Result:
        """Send what fires once more."""
        alerts = list(self._told())
        return await self._post(alerts) if alerts else Result("delivered")

    async def close(self) -> None:
        """Release the connections."""
        if self._task is not None:
            self._task.cancel()
        await self._poster.close()

    def start(self) -> None:
        """Begin to send again what fires, as a new owner does."""
        if self._task is None:
            self._task = asyncio.create_task(self._again(), name="to Alertmanager again")

    async def _again(self) -> None:
        while True:
            result = await self.refresh()
            if result.outcome != "delivered":
                log.warning("alerts were not sent to Alertmanager again", extra={"cause": result.detail})
            await asyncio.sleep(self._resend)

    async def _post(self, alerts: Sequence[Alert]) -> Result:
        ends = in_words(int((time.time() + AHEAD * self._resend) * 1000))
        result = Result("delivered")
        for begin in range(0, len(alerts), PART):
            part = [self._one(one, ends) for one in alerts[begin : begin + PART]]
            result = await self._poster.post(_encode(part))
            if result.outcome != "delivered":
                return result
        return result

    def _one(self, alert: Alert, ends: str) -> dict[str, Any]:
        found = alert_of(alert, self._link, ends)
        wanted = ("annotations", "startsAt", "endsAt", "generatorURL")
        # Alertmanager refuses empty labels and annotations.
        own: dict[str, Any] = {name: found[name] for name in wanted if found[name]}
        labels = {name: value for name, value in labels_of(alert).items() if value}
        annotations = {name: value for name, value in found["annotations"].items() if value}
        return own | {"labels": labels, "annotations": annotations}
