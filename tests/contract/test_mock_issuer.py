"""Tokens of an issuer that is not ours: oauth2-mock-server, brought by npm."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.support.asked import API, asking, bearer, gateway_of
from worker.gateway.scripts import OPTIONS, npm

pytestmark = pytest.mark.variant  # npm needs its registry
FOLDER = Path(__file__).parents[1] / "support" / "mock_issuer"
AUDIENCE = "alphapulse"


class MockIssuer:
    """The running server."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.url = ""

    async def says(self) -> str:
        """Its next line."""
        assert self._process.stdout is not None
        async with asyncio.timeout(30):
            return (await self._process.stdout.readline()).decode().strip()

    async def another_key(self, method: str) -> None:
        """Let it sign by one more key."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{method}\n".encode())
        assert await self.says() == method

    async def token(self, audience: str) -> str:
        """A token of its token endpoint."""
        form = {"grant_type": "client_credentials", "aud": audience, "scope": "all"}
        async with httpx.AsyncClient(timeout=30) as client:
            return str((await client.post(f"{self.url}/token", data=form)).json()["access_token"])


@pytest.fixture
async def issuer(tmp_path: Path) -> AsyncIterator[MockIssuer]:
    place = shutil.copytree(FOLDER, tmp_path / "issuer")
    command = npm()
    path = os.pathsep.join((str(Path(command[0]).parent), os.environ.get("PATH", os.defpath)))
    brought = await asyncio.create_subprocess_exec(*command, "ci", *OPTIONS, cwd=place, env=os.environ | {"PATH": path})
    assert await brought.wait() == 0, "npm did not bring oauth2-mock-server"
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(command[0], "serve.mjs", cwd=place, stdin=pipe, stdout=pipe)
    found = MockIssuer(process)
    try:
        found.url = await found.says()
        yield found
    finally:
        process.kill()
        await process.wait()


async def test_its_tokens_name_a_caller_and_those_for_others_do_not(issuer: MockIssuer) -> None:
    oidc = {"issuer": issuer.url, "audience": AUDIENCE, "roles": {"traders": "operate"}}
    gateway = gateway_of(auth="oidc", oidc=oidc)
    await gateway.auth.start()
    async with asking(gateway) as client:
        told = (await client.get(f"{API}/session", headers=bearer(await issuer.token(AUDIENCE)))).json()
        assert (told["who"], told["role"], told["auth"]) == ("ann", "operate", "oidc")
        foreign = await client.get(f"{API}/session", headers=bearer(await issuer.token("another")))
        assert (foreign.status_code, "InvalidClaimError" in foreign.json()["detail"]) == (401, True)
        await issuer.another_key("ES256")
        for _ in range(4):  # by one key and by the other
            answer = await client.get(f"{API}/session", headers=bearer(await issuer.token(AUDIENCE)))
            assert answer.status_code == 200, answer.text
    await gateway.auth.stop()
