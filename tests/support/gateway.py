"""A gateway process under test, and its answers."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import httpx

from tests.support.fleet import WorkerProcess, environment, until
from worker.settings import Settings

API = "/api/v1"


class GatewayProcess(WorkerProcess):
    """One `python -m worker gateway` on a free port."""

    def __init__(self, settings: Settings, folder: Path, name: str = "gateway", **extra: str) -> None:
        env = environment(settings) | {"ALPHAPULSE_GATEWAY__PORT": "0"} | extra
        super().__init__(name, env, folder / f"{settings.topics.prefix}{name}.log", command="gateway")

    @property
    def url(self) -> str:
        """Its address; it must be ready."""
        return str(self.events("gateway")[0]["url"]).rstrip("/")

    async def get(self, path: str, token: str | None = None, known: str | None = None, **query: Any) -> httpx.Response:
        """Ask for a resource below the API; `known` is a version that the caller has."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        headers |= {} if known is None else {"If-None-Match": known}
        async with httpx.AsyncClient(base_url=self.url, timeout=30, headers=headers) as client:
            return await client.get(f"{API}/{path}", params=query)

    async def post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        """Post to a resource below the API."""
        async with httpx.AsyncClient(base_url=self.url, timeout=30) as client:
            return await client.post(f"{API}/{path}", json=body)

    async def delete(self, path: str, **query: Any) -> httpx.Response:
        """Delete a resource below the API."""
        async with httpx.AsyncClient(base_url=self.url, timeout=30) as client:
            return await client.delete(f"{API}/{path}", params=query)

    async def put(
        self, path: str, body: dict[str, Any], token: str | None = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """Put a resource below the API."""
        given = {} if token is None else {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=self.url, timeout=30, headers=given | (headers or {})) as client:
            return await client.put(f"{API}/{path}", json=body)

    def freeze(self) -> None:
        """Send SIGSTOP."""
        self.send(signal.SIGSTOP)

    def thaw(self) -> None:
        """Send SIGCONT."""
        self.send(signal.SIGCONT)

    async def has(self, path: str, seconds: float = 20.0) -> Any:
        """Wait until a resource is there, and return it."""
        found: list[Any] = []

        async def there() -> bool:
            answer = await self.get(path)
            if answer.status_code == 200:
                found.append(answer.json())
            return bool(found)

        await until(there, seconds, path)
        return found[0]

    def __enter__(self) -> GatewayProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
