"""Versions of answers, from the offsets up to which the topics were read: whoever has one is told so."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec
from litestar import Request, Response

from worker.gateway.answers import VERSION
from worker.gateway.auth.caller import caller_of
from worker.gateway.gateway import Gateway
from worker.gateway.routes.answering import unless_known

GATEWAY = "gateway"  # its key in the state of the application


def versioned(*names: str) -> Callable[[Request[Any, Any, Any]], Response[Any] | None]:
    """Return the hook of a route whose answer changes only with these logs: its `before_request`."""

    def before(request: Request[Any, Any, Any]) -> Response[Any] | None:
        gateway: Gateway = request.app.state[GATEWAY]
        logs = [getattr(gateway.logs, name) for name in names]
        read = [(f"{log.topic_id:x}", log.ends) for log in logs if log is not None]
        scope: Any = request.scope
        asked = (scope["path"], scope["query_string"], caller_of(scope).role, read)
        digest = hashlib.blake2b(msgspec.msgpack.encode(asked), digest_size=12).hexdigest()
        scope["state"][VERSION] = etag = f'W/"{digest}"'
        return unless_known(request, etag)

    return before
