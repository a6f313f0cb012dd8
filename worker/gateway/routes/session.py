"""`session`: who calls; a browser trades a token for a cookie that its pages can't read."""

from __future__ import annotations

import re
import time
from typing import Any

from litestar import Request, Response, delete, get, post
from litestar.openapi.datastructures import ResponseSpec

from worker.gateway.auth.authentication import LOCAL
from worker.gateway.auth.caller import Caller
from worker.gateway.auth.headers import cookie_name, secure
from worker.gateway.auth.roles import anybody, may, requires
from worker.gateway.gateway import Gateway
from worker.gateway.resources.problem import Refused
from worker.gateway.resources.session import SessionFacts, SessionRequest
from worker.gateway.routes.answering import encoded, spec
from worker.version import __version__

PATH = "/api/v1/session"
COOKIE = re.compile(r"[!#-+\--:<-\[\]-~]{1,3800}")  # what a cookie may hold, and browsers keep


@get(PATH, guards=[requires("read")], responses={200: ResponseSpec(SessionFacts, generate_examples=False)} | spec())
async def show_session(gateway: Gateway, caller: Caller, request: Request[Any, Any, Any]) -> Response[Any]:
    """Return who calls, and which fleet the gateway shows."""
    return encoded(_facts(gateway, caller, gateway.auth.csrf(request.scope)))


@post(
    PATH,
    guards=[anybody],
    status_code=200,
    responses={200: ResponseSpec(SessionFacts, generate_examples=False)} | spec(),
)
async def begin_session(gateway: Gateway, data: SessionRequest, request: Request[Any, Any, Any]) -> Response[Any]:
    """Set a cookie for a token: HttpOnly, SameSite=Strict, and Secure behind https."""
    session = await gateway.auth.begin(data.token)
    if session is None:
        return encoded(_facts(gateway, LOCAL, None))
    if not COOKIE.fullmatch(session.secret):
        raise Refused(400, "invalid_body", "browsers keep no such token in a cookie", "Send it as a bearer token")
    return encoded(_facts(gateway, session.caller, session.csrf), {"Set-Cookie": _cookie(request, session.secret)})


@delete(
    PATH,
    guards=[anybody],
    status_code=204,
    responses={204: ResponseSpec(None, generate_examples=False, description="the cookie is gone")} | spec(),
)
async def end_session(request: Request[Any, Any, Any]) -> Response[None]:
    """Remove the cookie; the token itself stays valid."""
    return Response(None, status_code=204, headers={"Set-Cookie": f"{_cookie(request, '')}; Max-Age=0"})


def _cookie(request: Request[Any, Any, Any], value: str) -> str:
    protected = "; Secure" if secure(request.scope) else ""
    return f"{cookie_name(request.scope)}={value}; Path=/; HttpOnly; SameSite=Strict{protected}"


def _facts(gateway: Gateway, caller: Caller, csrf: str | None) -> SessionFacts:
    settings = gateway.settings
    return SessionFacts(
        caller.who,
        caller.role,
        settings.gateway.auth,
        csrf,
        __version__,
        settings.topics.prefix,
        settings.processing.group,
        settings.kafka.bootstrap_servers if may(caller, "admin") else None,
        int(time.time() * 1000),
    )


HANDLERS = (show_session, begin_session, end_session)
