"""The checks that a request passes before any of its resource is looked at."""

from __future__ import annotations

import uuid
from typing import Any

from worker.gateway.auth.authentication import SESSION
from worker.gateway.auth.caller import CALLER, Auth
from worker.gateway.resources.problem import Refused

API = "/api/"
REQUEST_ID, MOST = b"x-request-id", 100  # characters
_STATE = "request_id"


async def enter(auth: Auth, scope: Any) -> None:
    """Check a request, count it, and note its caller; what is not below the API has no caller.

    Raises:
        Refused: it is refused.
    """
    auth.check(scope)
    if not scope["path"].startswith(API):
        return
    if scope["path"] == SESSION and scope["method"] in ("POST", "DELETE"):
        auth.admit(None, scope)  # a session begins with a token, and ends without one
        return
    try:
        caller = scope["state"][CALLER] = await auth.caller(scope)
    except Refused as refused:
        if refused.status != 503:
            auth.admit(None, scope)
        raise
    auth.admit(caller, scope)


def request_id(scope: Any) -> str:
    """Return the id that the caller gave the request, else a new one; the same for the whole request."""
    state = scope["state"]
    if _STATE not in state:
        given = next((value for name, value in scope["headers"] if name == REQUEST_ID), b"").decode("latin-1")
        fits = 0 < len(given) <= MOST and given.isascii() and given.isprintable()
        state[_STATE] = given if fits else uuid.uuid4().hex
    found: str = state[_STATE]
    return found
