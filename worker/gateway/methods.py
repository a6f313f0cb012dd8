"""Which methods a path has, for OPTIONS: the framework's own answer knows only the first handler of a path."""

from __future__ import annotations

import re

from litestar import Litestar
from litestar.routes import HTTPRoute

from worker.gateway.mounts import Send


class Methods:
    """The methods of all paths of an application."""

    def __init__(self, app: Litestar) -> None:
        self._known = [
            (
                re.compile(re.sub(r"\\\{[^/]+\\\}", "[^/]+", re.escape(route.path_format))),
                sorted(map(str, route.methods)),
            )
            for route in app.routes
            if isinstance(route, HTTPRoute)
        ]

    def of(self, path: str) -> list[str]:
        """Return the methods of a path; none where nothing is there."""
        return next((methods for pattern, methods in self._known if pattern.fullmatch(path)), [])


async def tell(send: Send, methods: list[str]) -> None:
    """Answer OPTIONS."""
    headers = [(b"allow", ", ".join(methods).encode())]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
