"""The probes of one process, as its settings want them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from worker.errors import ConfigError
from worker.settings.model import OpsSettings
from worker.telemetry.health import Checks, OpsServer
from worker.telemetry.metrics import METRICS

log = logging.getLogger(__name__)
CLOSE_SECONDS = 1.0


class Probes:
    """Probes and metrics; none where the settings turn them off."""

    def __init__(
        self,
        settings: OpsSettings,
        live: Checks,
        ready: Checks,
        started: Callable[[], bool],
        detail: Callable[[], dict[str, Any]] = dict,
    ) -> None:
        """Create them; checks are name → passed, `detail` is added to the answer of `/readyz`."""
        self._settings = settings
        self._server = OpsServer(METRICS.registry, live, ready, lambda: {"started": started()}, detail)
        self.url: str | None = None  # base address, while they listen

    async def start(self) -> None:
        """Listen.

        Raises:
            ConfigError: the address is taken.
        """
        host, port = self._settings.host, self._settings.port
        if not self._settings.enabled:
            return
        try:
            port = await self._server.start(host, port)
        except OSError as error:
            raise ConfigError(f"the probes can't listen on {host}:{port}: {error}", "Set ops.port") from error
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        log.info("probes", extra={"url": f"{self.url}/readyz", "port": port})

    async def stop(self) -> None:
        """Stop listening, within a second; what fails is logged, for the process ends well without it."""
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._server.stop()
        except Exception as error:
            log.debug("gave up", extra={"cause": repr(error)})
