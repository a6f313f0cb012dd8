"""`fleet`, `status`: how the workers and trading do."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec

from worker.gateway.gateway import Gateway
from worker.gateway.resources.fleet import FleetPartitions, FleetWorkers
from worker.gateway.resources.status import Status, StatusHistory
from worker.gateway.routes.answering import encoded, spec


@get("/api/v1/fleet/workers", responses={200: ResponseSpec(FleetWorkers, generate_examples=False)} | spec())
async def fleet_workers(gateway: Gateway) -> Response[Any]:
    """Return the members of the group, with what their probes say."""
    return encoded(gateway.fleet.workers(gateway.fleet.view()))


@get("/api/v1/fleet/partitions", responses={200: ResponseSpec(FleetPartitions, generate_examples=False)} | spec())
async def fleet_partitions(gateway: Gateway) -> Response[Any]:
    """Return the partitions of the input: owner, lag, state."""
    return encoded(gateway.fleet.partitions(gateway.fleet.view()))


@get("/api/v1/status", responses={200: ResponseSpec(Status, generate_examples=False)} | spec())
async def status(gateway: Gateway) -> Response[Any]:
    """Return the state of trading in one sentence, and its figures."""
    return encoded(gateway.status.now())


@get("/api/v1/status/history", responses={200: ResponseSpec(StatusHistory, generate_examples=False)} | spec())
async def status_history(gateway: Gateway) -> Response[Any]:
    """Return the figures of the last 15 minutes."""
    return encoded(gateway.status.history())


HANDLERS = (fleet_workers, fleet_partitions, status, status_history)
