"""What handlers work with: settings, the read model and the services of the process."""

from __future__ import annotations

from typing import Any, Protocol

from worker.engine.settings import EngineSettings
from worker.gateway.auth.authentication import Authentication
from worker.gateway.fleet.service import Fleet
from worker.gateway.log.backfill import Backfill
from worker.gateway.log.logs import Logs
from worker.gateway.log.older import Older
from worker.gateway.log.rows import Rows
from worker.gateway.status.service import StatusService
from worker.gateway.writing.sources import Sources
from worker.gateway.writing.writer import Writer
from worker.settings import Settings


class Service(Protocol):
    """A part of the process that works beside the handlers."""

    async def start(self) -> None:
        """Begin to work."""

    async def stop(self) -> None:
        """End within a second."""


class Gateway:
    """One gateway; services are started in order and stopped in the reverse one."""

    def __init__(self, settings: Settings, engine: EngineSettings, options: dict[str, Any]) -> None:
        """Create it; `options` are those of every Kafka client."""
        self.settings, self.engine, self.options = settings, engine, options
        self.logs = Logs(settings, options)
        self.newest = self.logs.newest
        self.older = Older(options)
        self.backfill = Backfill(self.logs.topic_of_decisions, self.newest, self.older)
        self.rows = Rows(settings, engine, self.newest)
        self.auth = Authentication(settings.gateway)
        self.writer = Writer(settings)
        self.sources = Sources(settings)
        self.fleet = Fleet(settings, options, self.logs)
        self.status = StatusService(settings, self.fleet, self.logs)
        self.services: list[Service] = [
            self.auth,
            self.older,
            self.logs,
            self.backfill,
            self.writer,
            self.fleet,
            self.status,
        ]

    async def start(self) -> None:
        """Start all services."""
        for service in self.services:
            await service.start()

    async def stop(self) -> None:
        """Stop all services."""
        for service in reversed(self.services):
            await service.stop()

    def ready(self) -> dict[str, bool]:
        """Return the checks of readiness."""
        return {"filled": self.logs.filled, "broker": self.logs.current}
