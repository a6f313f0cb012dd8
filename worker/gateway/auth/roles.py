"""Roles, each of which may do what those before it may."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, get_args

from worker.gateway.auth.caller import Caller, caller_of
from worker.gateway.resources.problem import Refused
from worker.settings.gateway import Role

ROLES: tuple[Role, ...] = get_args(Role)


def may(caller: Caller, role: Role) -> bool:
    """Return whether a caller has a role, or a greater one."""
    return ROLES.index(caller.role) >= ROLES.index(role)


def requires(role: Role) -> Callable[[Any, Any], None]:
    """Return the guard of a route that needs a role; a handler names it in `guards`."""

    def guard(connection: Any, handler: Any) -> None:
        caller = caller_of(connection.scope)
        if not may(caller, role):
            raise Refused(
                403, "forbidden", f"this needs the role {role}, and you have {caller.role}", "Ask an administrator"
            )

    guard.role = role  # type: ignore[attr-defined]  # the OpenAPI document tells it
    return guard


def anybody(connection: Any, handler: Any) -> None:
    """Guard nothing: the route needs no caller."""


def role_of(guards: Iterable[Any]) -> Role | None:
    """Return the role that a handler with these guards needs; None where it needs no caller."""
    found = tuple(guards)
    if anybody in found:
        return None
    roles: list[Role] = [guard.role for guard in found if hasattr(guard, "role")]
    return max(roles, key=ROLES.index, default="read")
