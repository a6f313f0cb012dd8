"""The handlers, one file an area; each area's tuple is named here."""

from __future__ import annotations

from litestar.handlers import BaseRouteHandler

from worker.gateway.routes import decisions, symbols

HANDLERS: tuple[BaseRouteHandler, ...] = (*decisions.HANDLERS, *symbols.HANDLERS)
