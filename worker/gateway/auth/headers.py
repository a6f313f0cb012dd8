"""What a request says about itself: headers, cookies, and the credentials in them."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import Any, NamedTuple

from worker.gateway.resources.problem import Refused

COOKIE, SECURE_COOKIE = "alphapulse", "__Host-alphapulse"
CSRF = "x-csrf-token"
MAX_CREDENTIAL = 8_192  # characters
CHALLENGE = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Credential(NamedTuple):
    """A token, and whether a browser sent it by itself."""

    secret: str
    by_cookie: bool


def header(scope: Any, name: str) -> str | None:
    """Return a header's value; one that came twice is refused, since others may see the other one.

    Raises:
        Refused: it came twice.
    """
    wanted, found = name.encode(), None
    for key, value in scope["headers"]:
        if key == wanted:
            if found is not None:
                raise Refused(400, "bad_request", f"the header {name} was sent twice", "Send it once")
            found = value.decode("latin-1")
    return found


def secure(scope: Any) -> bool:
    """Return whether the caller speaks TLS with the gateway or with the proxy before it."""
    return scope.get("scheme") == "https" or header(scope, "x-forwarded-proto") == "https"


def cookie_name(scope: Any) -> str:
    """Return the name of the session's cookie."""
    return SECURE_COOKIE if secure(scope) else COOKIE


def credential(scope: Any) -> Credential | None:
    """Return the token of a request: a bearer token, else the session's cookie.

    Raises:
        Refused: the header is not understood.
    """
    given = header(scope, "authorization")
    if given is not None:
        kind, _, secret = given.partition(" ")
        if kind.lower() != "bearer" or not secret.strip() or len(secret) > MAX_CREDENTIAL:
            raise Refused(
                401,
                "unauthenticated",
                "the header Authorization has no bearer token",
                "Send `Authorization: Bearer TOKEN`",
                {"WWW-Authenticate": "Bearer"},
            )
        return Credential(secret.strip(), False)
    found = cookie(scope, cookie_name(scope))
    return None if found is None else Credential(found, True)


def cookie(scope: Any, name: str) -> str | None:
    """Return the value of a cookie; None where it is missing or none can be read."""
    for key, value in scope["headers"]:
        if key == b"cookie" and name.encode() in value:
            try:
                found = SimpleCookie(value.decode("latin-1"))
            except CookieError:
                continue
            if name in found and 0 < len(found[name].value) <= MAX_CREDENTIAL:
                return found[name].value
    return None
