"""The ASGI application: checks, then the stream and the pages, then the handlers of resources."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Litestar, Request, Response
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import HTTPException, ValidationException
from litestar.handlers import BaseRouteHandler
from litestar.openapi.config import OpenAPIConfig

from worker.gateway.answers import SAFE, Sending, refusal, refuse
from worker.gateway.auth.caller import Caller, caller_of
from worker.gateway.auth.entering import API, enter, request_id
from worker.gateway.document.hints import LOOK, hints
from worker.gateway.document.openapi import document, known
from worker.gateway.gateway import Gateway
from worker.gateway.methods import Methods, tell
from worker.gateway.mounts import ASGI, Mounted, Receive, Scope, Send, mounts
from worker.gateway.parameters import known_parameters, strict_body
from worker.gateway.resources.problem import MEDIA, ProblemCode, Refused, not_found
from worker.gateway.routes import HANDLERS
from worker.gateway.routes.newest import Newest
from worker.gateway.routes.versions import GATEWAY
from worker.gateway.segments import decoded
from worker.telemetry.metrics import METRICS
from worker.version import __version__

log = logging.getLogger(__name__)
MAX_URL = 4_096  # bytes of path and query
MAX_BODY = 64 * 1024
STREAM = "/api/v1/stream"  # lasts as long as its reader
_CODES: dict[int, ProblemCode] = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "too_large",
    415: "unsupported_media_type",
}
_encode = msgspec.json.Encoder().encode


def create_app(gateway: Gateway, extra: Sequence[BaseRouteHandler] = ()) -> ASGI:
    """Return the application; `extra` are handlers beside those of the gateway."""

    def given() -> Gateway:
        return gateway

    def caller(request: Request[Any, Any, Any]) -> Caller:
        return caller_of(request.scope)

    handlers = Litestar(
        route_handlers=[*HANDLERS, *extra],
        dependencies={
            "gateway": Provide(given, sync_to_thread=False, use_cache=True),
            "caller": Provide(caller, sync_to_thread=False),
        },
        guards=[known_parameters],
        before_request=strict_body,
        exception_handlers={Exception: _problem},
        openapi_config=OpenAPIConfig(title="AlphaPulse", version=__version__, render_plugins=[], path="/.openapi"),
        request_max_body_size=MAX_BODY,
        state=State({GATEWAY: gateway}),
        include_in_schema=True,
        logging_config=None,
    )
    return _Outer(gateway, handlers)


class _Outer:
    """Everything that holds for all requests."""

    def __init__(self, gateway: Gateway, handlers: Litestar) -> None:
        self._gateway, self._handlers = gateway, handlers
        self._methods = Methods(handlers)
        newest = Newest(gateway, handlers)  # type: ignore[arg-type]
        self._mounts: list[Mounted] = [newest, *document(handlers), *mounts(gateway)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._handlers(scope, receive, send)  # type: ignore[arg-type]
            return
        scope.setdefault("state", {})
        begun, sending = time.perf_counter(), Sending(send, scope, request_id(scope))
        await self._answered(scope, receive, sending)
        if scope["path"] != STREAM:
            METRICS.gateway_request_seconds.observe(time.perf_counter() - begun)
        METRICS.gateway_requests.labels(sending.status).inc()

    async def _answered(self, scope: Scope, receive: Receive, send: Sending) -> None:
        try:
            if len(scope["raw_path"]) + len(scope["query_string"]) > MAX_URL:
                raise Refused(414, "uri_too_long", f"the URL is longer than {MAX_URL} bytes", "Use fewer filters")
            if b"%" in scope["raw_path"]:
                scope["path"] = decoded(scope["raw_path"])
            await enter(self._gateway.auth, scope)
            path = scope["path"]
            if scope["method"] == "OPTIONS" and (methods := self._methods.of(path)):
                await tell(send, methods)
                return
            app = next((mount.app for mount in self._mounts if mount.answers(path)), self._handlers)
            if app is self._handlers and not path.startswith(API):
                raise not_found("nothing is here", LOOK)  # a caller was looked for below the API alone
            await app(scope, receive, send)  # type: ignore[arg-type]
        except Exception as error:
            refused = refusal(error)
            if send.status:
                raise  # the answer has begun: it must not look complete
            await refuse(send, scope, refused)


def _problem(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    refused = _of_framework(request, error) if isinstance(error, HTTPException) else refusal(error)
    headers = {name.decode(): value.decode() for name, value in SAFE} | refused.headers
    body = _encode(refused.problem(request.scope["path"]))
    return Response(body, status_code=refused.status, media_type=MEDIA, headers=headers)


def _name(request: Request[Any, Any, Any], problem: dict[str, Any]) -> str:
    """Return a parameter's name as its caller knows it."""
    name = str(problem.get("key", ""))
    field = request.route_handler.parsed_fn_signature.parameters.get(name)
    alias = getattr(field.kwarg_definition, "name", None) if field else None
    return str(alias or name)


def _of_framework(request: Request[Any, Any, Any], error: HTTPException) -> Refused:
    status = error.status_code
    fix = LOOK if status in (400, 404, 405) else ""
    if status >= 500:
        return refusal(error.__cause__ if isinstance(error.__cause__, Exception) else error)
    detail = error.detail.split("\n")[0].removesuffix(".")
    code = _CODES.get(status, "bad_request")
    if isinstance(error, ValidationException):
        code, told = "invalid_parameter", error.extra if isinstance(error.extra, list) else []
        named = [one for one in told if isinstance(one, dict)]
        if any(str(one.get("source")) == "body" for one in named):
            code = "invalid_body"
        names = [_name(request, one) for one in named]
        detail = (
            "; ".join(f"{name}: {one.get('message', '')}" for name, one in zip(names, named, strict=True)) or detail
        )
        fix = hints(known(request.app), request.scope["path_template"], request.method, names)
    return Refused(status, code, detail, fix, dict(error.headers or {}))
