"""The HTTP server: uvicorn on the process's own event loop, without signal handlers of its own."""

from __future__ import annotations

import asyncio
import logging
import socket
from contextlib import AbstractContextManager, nullcontext

from uvicorn import Config
from uvicorn import Server as Uvicorn

from worker.errors import ConfigError
from worker.gateway.connections import Connection
from worker.gateway.mounts import ASGI

CLOSE_SECONDS = 1  # for requests that run at the stop
BACKLOG = 1_024


class _Uvicorn(Uvicorn):
    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        """Leave the signals to the process."""
        return nullcontext()


class Server:
    """A listening server."""

    def __init__(self, app: ASGI) -> None:
        self._app = app
        self._task: asyncio.Task[None] | None = None
        self._server: _Uvicorn | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen and return the port.

        Raises:
            ConfigError: it can't listen there.
        """
        try:
            listening = socket.create_server((host, port), family=_family(host), backlog=BACKLOG)
        except OSError as error:
            raise ConfigError(
                f"the gateway can't listen on {host}:{port}: {error.strerror or error}",
                "Set gateway.host and gateway.port",
            ) from error
        logging.getLogger("uvicorn").setLevel(logging.WARNING)
        config = Config(
            self._app,
            http=Connection,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=BACKLOG,
            timeout_graceful_shutdown=CLOSE_SECONDS,
        )
        self._server = _Uvicorn(config)
        self._task = asyncio.create_task(self._server.serve([listening]), name="http server")
        while not self._server.started:
            if self._task.done():
                self._task.result()
            await asyncio.sleep(0.01)  # uvicorn does not notify
        return int(listening.getsockname()[1])

    async def ended(self) -> None:
        """Wait until it has ended; it does only at a stop.

        Raises:
            Exception: it has failed.
        """
        assert self._task is not None
        await asyncio.shield(self._task)

    async def stop(self) -> None:
        """Answer what runs, then stop."""
        if self._task is not None and self._server is not None:
            self._server.should_exit = True
            await asyncio.wait({self._task}, timeout=CLOSE_SECONDS + 0.5)


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
