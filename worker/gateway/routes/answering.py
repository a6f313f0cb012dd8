"""How handlers answer."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response
from litestar.openapi.datastructures import ResponseSpec

from worker.gateway.resources.problem import MEDIA, Problem

encode = msgspec.json.Encoder().encode
HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


def encoded(what: Any, headers: dict[str, str] | None = None, status: int = 200) -> Response[Any]:
    """Return an answer as JSON."""
    return Response(encode(what), status_code=status, media_type="application/json", headers=HEADERS | (headers or {}))


def spec(*statuses: int) -> dict[int, ResponseSpec]:
    """Return the description of failures, for a handler's `responses`."""
    return {
        status: ResponseSpec(Problem, media_type=MEDIA, generate_examples=False, description="a problem")
        for status in (400, 401, 403, 429, 503, *statuses)
    }
