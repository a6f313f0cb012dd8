"""Chats and push services by Apprise, one URL each: its answer is one boolean."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from schemas.delivery import Message
from worker.alerts.delivery import text
from worker.alerts.delivery.book import Result
from worker.errors import ConfigError
from worker.extras import module

MISSING = "receivers of the kind apprise need the package apprise"
SCHEMES = "see the list of Apprise for the form of a service's URL"


class PushReceiver:
    """One URL."""

    def __init__(self, name: str, url: str, timeout_s: float, link: str) -> None:
        """Create it.

        Raises:
            ConfigError: Apprise is not installed, or does not know the URL; the message does not repeat it.
        """
        self._apprise: Any = module("apprise", "alerts", MISSING)
        logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its lines name addresses
        self._service = self._apprise.Apprise()
        self._link, self._seconds = link, timeout_s
        if not self._service.add(url):
            scheme = url.partition("://")[0] if "://" in url else ""
            shown = scheme if scheme.isalnum() and len(scheme) < 20 else "no scheme"
            raise ConfigError(f"receivers.{name}: Apprise does not take its URL ({shown}://…)", SCHEMES.capitalize())
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)

    async def send(self, message: Message) -> Result:
        """Try once."""
        work = asyncio.get_running_loop().run_in_executor(self._thread, self._send, message)
        try:
            return Result("delivered") if await asyncio.wait_for(work, self._seconds) else Result("failed", "Apprise")
        except TimeoutError:
            return Result("failed", "no answer in time")
        except Exception as error:  # of a plugin of Apprise: none of them may end the evaluation
            return Result("failed", type(error).__name__)

    async def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _send(self, message: Message) -> bool:
        kinds = self._apprise.NotifyType
        kind = kinds.SUCCESS if not message.firing else kinds.FAILURE
        if message.firing and all(one.severity != "critical" for one in message.alerts):
            kind = kinds.WARNING
        return bool(
            self._service.notify(
                body=text.body(message, self._link),
                title=text.title(message),
                notify_type=kind,
                interpret_escapes=False,
            )
        )
