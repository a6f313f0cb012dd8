"""`fleet`, `status`: how the workers and trading do."""

from __future__ import annotations

from litestar import get

from worker.gateway.gateway import Gateway
from worker.gateway.resources.fleet import FleetPartitions, FleetWorkers
from worker.gateway.resources.status import Status, StatusHistory


@get("/api/v1/fleet/workers")
async def fleet_workers(gateway: Gateway) -> FleetWorkers:
    """Return the members of the group, with what their probes say."""
    return gateway.fleet.workers(gateway.fleet.view())


@get("/api/v1/fleet/partitions")
async def fleet_partitions(gateway: Gateway) -> FleetPartitions:
    """Return the partitions of the input: owner, lag, state."""
    return gateway.fleet.partitions(gateway.fleet.view())


@get("/api/v1/status")
async def status(gateway: Gateway) -> Status:
    """Return the state of trading in one sentence, and its figures."""
    return gateway.status.now()


@get("/api/v1/status/history")
async def status_history(gateway: Gateway) -> StatusHistory:
    """Return the figures of the last 15 minutes."""
    return gateway.status.history()


HANDLERS = (fleet_workers, fleet_partitions, status, status_history)
