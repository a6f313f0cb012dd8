"""One look at a worker's probes."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any, NamedTuple

import httpx
import msgspec

from worker.gateway.fleet.exposition import Samples, read_metrics
from worker.gateway.fleet.targets import Target

DEADLINE = 1.0  # seconds
MOST_BYTES = 4 * 1024 * 1024
WANTED = (
    "alphapulse_decisions_total",
    "alphapulse_consumer_lag_records",
    "alphapulse_commit_duration_seconds_bucket",
    "alphapulse_build_info",
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
)


class Membership(msgspec.Struct):
    """What a worker says about itself in its group."""

    id: str | None = None
    state: str = ""
    generation: int | None = None


class Readiness(msgspec.Struct):
    """The body of `/readyz`."""

    ok: bool
    checks: dict[str, bool] = {}
    member: Membership | None = None
    partitions: dict[int, str] = {}
    restoring: dict[int, tuple[int, int]] = {}


class Look(NamedTuple):
    """What came of it."""

    at: float  # monotonic
    ts: int  # epoch ms
    readiness: Readiness | None  # None: no answer, or none that can be read
    samples: Samples | None
    refused: bool = False  # nobody listens there any more


_decode = msgspec.json.Decoder(Readiness).decode


async def look(client: httpx.AsyncClient, target: Target) -> Look:
    """Ask both probes within `DEADLINE`; never fails."""
    readiness: Readiness | None = None
    samples: Samples | None = None
    refused = False
    try:
        async with asyncio.timeout(DEADLINE):
            ready, metrics = await asyncio.gather(_get(client, target, "/readyz"), _get(client, target, "/metrics"))
        readiness = _decode(ready)
        samples = read_metrics(metrics.decode("utf-8", "replace"), WANTED)
    except httpx.ConnectError as error:
        refused = _is_refused(error)
    except (httpx.HTTPError, OSError, TimeoutError, ValueError, msgspec.MsgspecError):
        pass
    return Look(time.monotonic(), int(time.time() * 1000), readiness, samples, refused)


async def _get(client: httpx.AsyncClient, target: Target, path: str) -> bytes:
    extensions: dict[str, Any] = {"sni_hostname": target.host} if target.scheme == "https" else {}
    headers = {"Host": f"{target.host}:{target.port}", "Accept": "text/plain, application/json"}
    async with client.stream("GET", target.url + path, headers=headers, extensions=extensions) as answer:
        if answer.status_code not in (200, 503):
            raise ValueError(f"{path} answers {answer.status_code}")
        body = b""
        async for part in answer.aiter_bytes():
            body += part
            if len(body) > MOST_BYTES:
                raise ValueError(f"{path} is too long")
        return body


def _is_refused(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ConnectionRefusedError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def client() -> httpx.AsyncClient:
    """Return a client for probes: no proxy, no redirect; each probe closes its connection itself."""
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it tells of each request
    return httpx.AsyncClient(
        timeout=DEADLINE, trust_env=False, follow_redirects=False, limits=httpx.Limits(max_keepalive_connections=0)
    )
