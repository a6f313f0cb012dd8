"""The caller of a request."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, Protocol

from worker.settings.gateway import Role

CALLER = "caller"  # its key in the state of a request's scope


class Caller(NamedTuple):
    """Who calls, with which role, and how that is known."""

    who: str
    role: Role
    kind: Literal["none", "token", "oidc"]


class Auth(Protocol):
    """The check of who calls."""

    async def caller(self, scope: Any) -> Caller:
        """Return the caller of a request.

        Raises:
            Refused: it does not say who it is.
        """


class NoAuth:
    """Everybody is admin: the gateway listens on loopback only."""

    async def caller(self, scope: Any) -> Caller:
        """Return the caller of a request."""
        return Caller("local", "admin", "none")


def caller_of(scope: Any) -> Caller:
    """Return the caller that was found for a request."""
    found: Caller = scope["state"][CALLER]
    return found
