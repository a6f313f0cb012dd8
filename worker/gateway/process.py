"""One process of the gateway: preflight, logs filled, HTTP until a stop."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Sequence
from typing import Any

from litestar.handlers import BaseRouteHandler

from worker.errors import ConfigError, Exit
from worker.gateway.app import create_app
from worker.gateway.gateway import Gateway
from worker.gateway.preflight import preflight
from worker.gateway.server import Server
from worker.kafka.deadline import within
from worker.settings import Settings, load_engine_of
from worker.stream.process import calm_garbage_collector
from worker.stream.shutdown import Shutdown, leave_at_once
from worker.telemetry.metrics import METRICS
from worker.telemetry.probes import Probes
from worker.version import __version__

log = logging.getLogger(__name__)
STOP_SECONDS = 5.0  # from the signal to the end at the latest
CLOSE_SECONDS = 1.0
STEP = 0.02
LIVE = 60.0  # seconds for which the event loop may stand still


class GatewayProcess:
    """The process. `run` returns after a requested stop."""

    def __init__(
        self,
        settings: Settings,
        started: Callable[[dict[str, Any]], None] | None = None,
        extra: Sequence[BaseRouteHandler] = (),
    ) -> None:
        """Create the process; `started` is called with its `facts` once it answers, `extra` are further routes."""
        self._settings, self._tell_started, self._extra = settings, started, extra
        self._engine = load_engine_of(settings, fill=False)
        self._shutdown = Shutdown(STOP_SECONDS)
        self._gateway: Gateway
        self._port = 0
        self._probes = Probes(settings.ops, self._live, self._ready, lambda: self._started, self._detail)
        self._started = False
        self._pulse = time.monotonic()

    async def run(self) -> Exit:
        """Work until SIGTERM or SIGINT.

        Raises:
            AlphapulseError: a failure with a known cause.
        """
        METRICS.build_info.labels(__version__, self._engine.config_hash()).set(1)
        leave_at_once()
        options = await preflight(self._settings)
        self._gateway = gateway = Gateway(self._settings, self._engine, options)
        server = Server(create_app(gateway, self._extra))
        await self._probes.start()
        self._shutdown.install()
        await gateway.start()
        try:
            if await self._filled():
                calm_garbage_collector()
                self._port = await server.start(self._settings.gateway.host, self._settings.gateway.port)
                self._started = True
                log.info("gateway", extra={"url": self.url, "port": self._port})
                if self._tell_started:
                    self._tell_started(self.facts())
                await self._until_asked(server)
        finally:
            self._shutdown.begin()
            await within(CLOSE_SECONDS, gateway.stop())
            await server.stop()
            await self._probes.stop()
        log.info("stopped")
        self._shutdown.code = Exit.OK
        return Exit.OK

    async def _filled(self) -> bool:
        """Wait until the logs are filled; return False when the stop is asked first."""
        begun = time.monotonic()
        while not self._gateway.logs.filled:
            if self._shutdown.asked.is_set():
                return False
            self._pulse = time.monotonic()
            await asyncio.sleep(STEP)
        log.info("filled", extra={"seconds": round(time.monotonic() - begun, 1), "bytes": self._gateway.logs.bytes})
        return True

    async def _until_asked(self, server: Server) -> None:
        ended = asyncio.ensure_future(server.ended())
        asked = asyncio.ensure_future(self._shutdown.asked.wait())
        try:
            while not asked.done():
                await asyncio.wait({ended, asked}, timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
                self._pulse = time.monotonic()
                if ended.done():
                    ended.result()
                    raise ConfigError("the HTTP server has ended", "Start the gateway again")
        finally:
            ended.cancel()
            asked.cancel()

    @property
    def url(self) -> str:
        """Address of the pages."""
        host = self._settings.gateway.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self._port}/"

    def facts(self) -> dict[str, Any]:
        """Return the facts of this process that `gateway --json` prints."""
        settings = self._settings
        return {
            "pid": os.getpid(),
            "version": __version__,
            "config_hash": self._engine.config_hash(),
            "bootstrap_servers": settings.kafka.bootstrap_servers,
            "group": settings.processing.group,
            "decisions": settings.topics.output,
            "auth": settings.gateway.auth,
            "url": self.url,
            "probes": self._probes.url,
        }

    def _live(self) -> dict[str, bool]:
        return {"event_loop": time.monotonic() - self._pulse < LIVE}

    def _ready(self) -> dict[str, bool]:
        return {"listening": self._started and not self._shutdown.asked.is_set()} | self._gateway.ready()

    def _detail(self) -> dict[str, Any]:
        age = self._gateway.logs.age_s
        return {"age_s": round(age, 1) if age < 1e9 else None}
