"""Roles, each of which may do what those before it may."""

from __future__ import annotations

from collections.abc import Callable
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

    guard.role = role  # type: ignore[attr-defined]  # tests of the matrix of routes and roles read it
    return guard
