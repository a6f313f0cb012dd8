"""`python -m worker.demo.pages.gateway SOCKET`: the gateway with the demo's button; settings come from variables."""

from __future__ import annotations

import asyncio
import os
import sys

from litestar import get, post
from litestar.handlers import BaseRouteHandler

from worker.demo.pages.acts import Ask, Told, ask
from worker.errors import AlphapulseError
from worker.gateway.auth.roles import requires
from worker.gateway.process import GatewayProcess
from worker.gateway.resources.problem import Refused
from worker.settings import load_settings
from worker.stream.shutdown import end_process, leave_at_once
from worker.telemetry.log import configure


def handlers(socket: str) -> list[BaseRouteHandler]:
    """Return the routes that speak to the demo at `socket`."""

    @get("/api/v1/demo")
    async def look_at_demo() -> Told:
        """Return the processes of the demo, and whether the pages may act."""
        return await ask(socket, Ask("look"))

    @post("/api/v1/demo", guards=[requires("operate")], status_code=200)
    async def act_on_demo(data: Ask) -> Told:
        """Kill a worker with SIGKILL, or start one."""
        told = await ask(socket, data)
        if told.refused is not None:
            raise Refused(
                409, "conflict", told.refused, "Wait until `alphapulse demo --keep` says that the market goes on"
            )
        return told

    return [look_at_demo, act_on_demo]


def main() -> None:
    """Serve until SIGTERM."""
    leave_at_once()
    settings = load_settings()
    configure(settings.log, worker_id=f"{os.uname().nodename}-{os.getpid()}", group=settings.processing.group)
    import uvloop

    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        code = int(loop.run_until_complete(GatewayProcess(settings, extra=handlers(sys.argv[1])).run()))
    except AlphapulseError as error:
        print(f"error: {error.message}. Fix: {error.fix}", file=sys.stderr)
        code = error.exit_code
    end_process(code)


if __name__ == "__main__":
    main()
