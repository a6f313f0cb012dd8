"""`alerts` and `silences`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter, QueryParameter

from schemas.alert import Severity
from worker.gateway.gateway import Gateway
from worker.gateway.resources.alerts import AlertList, DeliveryList, SilenceList
from worker.gateway.routes.answering import encoded, spec
from worker.gateway.routes.parameters import Limit
from worker.gateway.showing import alerts

State = Annotated[
    Literal["open", "all", "pending", "firing", "acknowledged", "resolved"],
    QueryParameter(name="state", description="open: all but resolved ones"),
]
RuleName = Annotated[str | None, Parameter(description="name of a rule", min_length=1, max_length=64)]


@get("/api/v1/alerts", responses={200: ResponseSpec(AlertList, generate_examples=False)} | spec())
async def list_alerts(
    gateway: Gateway,
    wanted: State = "open",
    severity: Severity | None = None,
    rule: RuleName = None,
    limit: Limit = 100,
) -> Response[Any]:
    """Return the newest record of each alert, those that fire first."""
    return encoded(alerts.alerts(gateway, wanted, severity, rule, limit))


@get("/api/v1/alerts/deliveries", responses={200: ResponseSpec(DeliveryList, generate_examples=False)} | spec())
async def list_deliveries(gateway: Gateway, limit: Limit = 100) -> Response[Any]:
    """Return what became of messages to receivers, the newest first."""
    return encoded(alerts.deliveries(gateway, limit))


@get("/api/v1/silences", responses={200: ResponseSpec(SilenceList, generate_examples=False)} | spec())
async def list_silences(gateway: Gateway) -> Response[Any]:
    """Return the silences that hold or will hold."""
    return encoded(alerts.silences(gateway))


HANDLERS = (list_alerts, list_deliveries, list_silences)
