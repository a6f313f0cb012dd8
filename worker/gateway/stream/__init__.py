"""The live stream: server-sent events that resume by offsets."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from worker.gateway.gateway import Gateway
from worker.gateway.mounts import Mount
from worker.gateway.stream.asgi import StreamApp
from worker.gateway.stream.hub import Hub
from worker.gateway.stream.records import Records

PATH = "/api/v1/stream"


def mounts(gateway: Gateway) -> Sequence[Mount]:
    """Return where the stream answers; it ends before what it reads from."""
    settings = gateway.settings.gateway
    hub = Hub(
        Records(gateway.logs, gateway.older),
        lambda scope: gateway.auth.caller(scope),
        _figures(gateway),
        settings.max_streams,
    )
    gateway.services.append(hub)
    return [Mount(PATH, StreamApp(hub, settings.heartbeat_s))]


def _figures(gateway: Gateway) -> Callable[[str], bytes]:
    says: dict[str, Callable[[], object]] = {"fleet": gateway.fleet.body, "status": gateway.status.now}
    return lambda topic: msgspec.json.encode(says[topic]())
