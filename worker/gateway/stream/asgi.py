"""The application at `/api/v1/stream`."""

from __future__ import annotations

import asyncio

from worker.gateway.auth.caller import caller_of
from worker.gateway.connections import cutting
from worker.gateway.mounts import Receive, Scope, Send
from worker.gateway.resources.problem import Refused
from worker.gateway.stream.hub import Hub
from worker.gateway.stream.stream import Stream
from worker.gateway.stream.wanted import read_wanted


class StreamApp:
    """Answers a request by a stream that lasts until the client or the gateway ends it."""

    def __init__(self, hub: Hub, heartbeat_s: float) -> None:
        self._hub, self._heartbeat = hub, heartbeat_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request.

        Raises:
            Refused: it is no request for a stream, or one too many.
        """
        if scope["method"] != "GET":
            raise Refused(405, "method_not_allowed", "a stream is only read", "Use GET", headers={"Allow": "GET"})
        caller, hub = caller_of(scope), self._hub
        wanted = read_wanted(scope, caller)
        with hub.admitted(caller), hub.channel(wanted.kind) as channel:
            stream = Stream(channel, wanted, hub.source, send, cutting(scope), self._heartbeat)
            leaving = asyncio.create_task(_left(receive, stream), name="client of a stream")
            try:
                with hub.opened(stream, scope, caller, channel):
                    await stream.run(hub.figures(wanted.kind))
            finally:
                leaving.cancel()


async def _left(receive: Receive, stream: Stream) -> None:
    """Wait until the client has left: the server tells this only to who asks."""
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.gone()
