"""The handlers, one file an area; each area's tuple is named here."""

from __future__ import annotations

from litestar.handlers import BaseRouteHandler

from worker.gateway.routes import (
    alerts,
    archive,
    audit,
    decisions,
    fleet,
    limits,
    positions,
    rejections,
    session,
    switches,
    symbols,
)

HANDLERS: tuple[BaseRouteHandler, ...] = (
    *decisions.HANDLERS,
    *rejections.HANDLERS,
    *symbols.HANDLERS,
    *positions.HANDLERS,
    *limits.HANDLERS,
    *audit.HANDLERS,
    *switches.HANDLERS,
    *session.HANDLERS,
    *fleet.HANDLERS,
    *alerts.HANDLERS,
    *archive.HANDLERS,
)
