"""How handlers answer."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response
from litestar.openapi.datastructures import ResponseSpec

from worker.gateway.resources.problem import MEDIA, Problem

encode = msgspec.json.Encoder().encode
ANY = (400, 401, 403, 414, 421, 429, 503)  # statuses with which any request may fail
HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


def encoded(what: Any, headers: dict[str, str] | None = None, status: int = 200) -> Response[Any]:
    """Return an answer as JSON."""
    return Response(encode(what), status_code=status, media_type="application/json", headers=HEADERS | (headers or {}))


def spec(*statuses: int) -> dict[int, ResponseSpec]:
    """Return the description of failures, for a handler's `responses`: those of any request, and `statuses`."""
    return {
        status: ResponseSpec(Problem, media_type=MEDIA, generate_examples=False, description="a problem")
        for status in (*ANY, *statuses)
    }


FILES = "files"  # option of a handler: the media types of which its answer has one
UNCHANGED = {304: ResponseSpec(None, generate_examples=False, description="the caller has this version")}
FOR_EVER = {"Cache-Control": "private, max-age=31536000, immutable"}


def unless_known(request: Request[Any, Any, Any], etag: str) -> Response[Any] | None:
    """Return the answer for a caller who has this version already; None where it must be sent.

    `*` is no version: whoever sends it would be told that nothing changed before the request is even understood.
    """
    if etag not in (one.strip() for one in request.headers.get("if-none-match", "").split(",")):
        return None
    return Response(None, status_code=304, headers=HEADERS | {"ETag": etag, "Cache-Control": "no-cache"})
