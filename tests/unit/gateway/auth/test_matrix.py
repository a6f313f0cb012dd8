"""Every route with every role, as OpenAPI tells them: who may not is refused, who may is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.asked import asking, bearer, gateway_of
from tests.support.tokens import EXPIRED, SECRETS, token_file
from worker.gateway.auth.roles import ROLES

CALLERS = {"nobody": None, "wrong": "x" * 40, "expired": EXPIRED, **SECRETS}
PUBLIC = {("/api/v1/session", "post"), ("/api/v1/session", "delete")}
WRITES = {"post", "put", "delete", "patch"}


class Route(NamedTuple):
    path: str
    method: str
    role: str | None
    parameters: list[Any]

    @property
    def url(self) -> str:
        """An address that a reading route takes; a writing one lacks what it must be given, and does nothing."""
        reads = self.method not in WRITES
        query = "&".join(
            f"{p['name']}=x" for p in self.parameters if p["in"] == "query" and p.get("required") and reads
        )
        path = self.path.replace("{", "").replace("}", "")
        return f"{path}?{query}" if query else path


async def routes() -> tuple[Route, ...]:
    async with asking(gateway_of()) as client:
        document = (await client.get("/openapi.json")).json()
    return tuple(
        Route(path, method, operation["x-role"], operation.get("parameters", []))
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    )


async def test_each_route_tells_its_role() -> None:
    every = await routes()
    assert len(every) > 15
    for route in every:
        if (route.path, route.method) in PUBLIC:
            assert route.role is None
        else:
            assert route.role in ROLES
            assert route.method not in WRITES or route.role != "read", f"{route.method} {route.path} is for readers"
    assert {route.path: route.role for route in every if route.role == "admin"} == {"/api/v1/audit": "admin"}


@pytest.mark.parametrize("caller", CALLERS)
async def test_it_is_for_those_with_the_role_alone(tmp_path: Path, caller: str) -> None:
    secret = CALLERS[caller]
    gateway = gateway_of(auth="token", token_file=token_file(tmp_path))
    async with asking(gateway, headers={} if secret is None else bearer(secret)) as client:
        for route in await routes():
            if route.role is None:
                continue
            answer = await client.request(route.method, route.url)
            allowed = caller in ROLES and ROLES.index(caller) >= ROLES.index(route.role)
            where = f"{caller}: {route.method} {route.path} {answer.status_code} {answer.text}"
            if not allowed:
                assert answer.status_code == (403 if caller in ROLES else 401), where
                assert answer.json()["code"] == ("forbidden" if caller in ROLES else "unauthenticated"), where
            else:
                assert answer.status_code not in (401, 403, 404 if route.method in WRITES else 401, 405, 500), where
                assert route.method not in WRITES or answer.status_code in (400, 404, 409, 428, 503), where
