"""The handlers, one file an area; each area's tuple is named here."""

from __future__ import annotations

from litestar.handlers import BaseRouteHandler

from worker.gateway.routes import decisions, fleet, positions, rejections, session, symbols

HANDLERS: tuple[BaseRouteHandler, ...] = (
    *decisions.HANDLERS,
    *rejections.HANDLERS,
    *symbols.HANDLERS,
    *positions.HANDLERS,
    *session.HANDLERS,
    *fleet.HANDLERS,
)
