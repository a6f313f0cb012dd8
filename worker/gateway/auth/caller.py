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

    async def start(self) -> None:
        """Begin; called before the gateway listens."""

    async def stop(self) -> None:
        """End."""

    def check(self, scope: Any) -> None:
        """Refuse a request to any path that is not for this gateway, or not from its pages.

        Raises:
            Refused: it is refused.
        """

    async def caller(self, scope: Any) -> Caller:
        """Return the caller of a request; a long one may be asked for again. Counts nothing.

        Raises:
            Refused: it does not say who it is, or no longer may.
        """

    def admit(self, caller: Caller | None, scope: Any) -> None:
        """Count a request of a caller, or of nobody.

        Raises:
            Refused: there were too many.
        """


def caller_of(scope: Any) -> Caller:
    """Return the caller that was found for a request."""
    found: Caller = scope["state"][CALLER]
    return found
