"""`alerts` and `silences`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from litestar import Request, Response, delete, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter, PathParameter, QueryParameter

from schemas.alert import FINGERPRINT, Severity
from schemas.silence import ID
from worker.errors import ConfigError
from worker.gateway.auth.caller import Caller
from worker.gateway.auth.roles import requires
from worker.gateway.gateway import Gateway
from worker.gateway.resources.alerts import (
    Acted,
    AlertAcknowledgement,
    AlertList,
    DeliveryList,
    SilenceList,
    SilenceOrder,
)
from worker.gateway.resources.problem import Refused, not_found
from worker.gateway.routes.answering import encoded, spec
from worker.gateway.routes.parameters import Limit
from worker.gateway.routes.writing import IdempotencyKey, ReasonText, done
from worker.gateway.showing import alerts
from worker.operate.acts import alerts as acts
from worker.operate.acts.intent import Done

State = Annotated[
    Literal["open", "all", "pending", "firing", "acknowledged", "resolved"],
    QueryParameter(name="state", description="open: all but resolved ones"),
]
Mark = Annotated[str, PathParameter(description="fingerprint of an alert", schema_extra={"pattern": FINGERPRINT})]
SilenceId = Annotated[str, PathParameter(description="id of a silence", schema_extra={"pattern": ID})]
RuleName = Annotated[str | None, Parameter(description="name of a rule", min_length=1, max_length=64)]


def _told(kind: Any, *statuses: int) -> dict[int, ResponseSpec]:
    return {200: ResponseSpec(kind, generate_examples=False)} | spec(*statuses)


@get("/api/v1/alerts", responses=_told(AlertList))
async def list_alerts(
    gateway: Gateway,
    wanted: State = "open",
    severity: Severity | None = None,
    rule: RuleName = None,
    limit: Limit = 100,
) -> Response[Any]:
    """Return the newest record of each alert, those that fire first."""
    return encoded(alerts.alerts(gateway, wanted, severity, rule, limit))


@get("/api/v1/alerts/deliveries", responses=_told(DeliveryList))
async def list_deliveries(gateway: Gateway, limit: Limit = 100) -> Response[Any]:
    """Return what became of messages to receivers, the newest first."""
    return encoded(alerts.deliveries(gateway, limit))


@get("/api/v1/silences", responses=_told(SilenceList))
async def list_silences(gateway: Gateway) -> Response[Any]:
    """Return the silences that hold or will hold."""
    return encoded(alerts.silences(gateway))


@post(
    "/api/v1/alerts/{fingerprint:str}/acknowledge",
    guards=[requires("operate")],
    status_code=200,
    responses=_told(Acted, 404, 409, 422),
)
async def acknowledge_alert(
    gateway: Gateway,
    caller: Caller,
    request: Request[Any, Any, Any],
    fingerprint: Mark,
    data: AlertAcknowledgement,
    idempotency_key: IdempotencyKey = None,
) -> Response[Any]:
    """Take an alert on: it is no longer repeated or escalated."""
    try:
        intent = acts.acknowledge_alert(fingerprint, data.reason)
    except ConfigError as error:
        raise Refused(400, "invalid_parameter", error.message, error.fix) from None
    if gateway.logs.alerts.of(fingerprint) is None:
        raise not_found("there is no such alert", "GET /api/v1/alerts lists those that there are")
    return _acted(await done(gateway, caller, request, idempotency_key, intent))


@post("/api/v1/silences", guards=[requires("operate")], status_code=200, responses=_told(Acted, 409, 422))
async def silence_alerts(
    gateway: Gateway,
    caller: Caller,
    request: Request[Any, Any, Any],
    data: SilenceOrder,
    idempotency_key: IdempotencyKey = None,
) -> Response[Any]:
    """Record alerts with these labels, `rule` and `severity` included, without telling of them."""
    try:
        intent = acts.silence(data.matchers, data.lasts_ms, caller.who, data.reason)
    except ConfigError as error:
        raise Refused(400, "invalid_body", error.message, error.fix) from None
    return _acted(await done(gateway, caller, request, idempotency_key, intent))


@delete(
    "/api/v1/silences/{silence:str}",
    guards=[requires("operate")],
    status_code=200,
    responses=_told(Acted, 404, 409, 422),
)
async def end_silence(
    gateway: Gateway,
    caller: Caller,
    request: Request[Any, Any, Any],
    silence: SilenceId,
    reason: ReasonText,
    idempotency_key: IdempotencyKey = None,
) -> Response[Any]:
    """End a silence before its time."""
    try:
        intent = acts.end_silence(silence, reason)
    except ConfigError as error:
        raise Refused(400, "invalid_parameter", error.message, error.fix) from None
    if alerts.silence(gateway, silence) is None:
        raise not_found("there is no such silence", "GET /api/v1/silences lists those that hold")
    return _acted(await done(gateway, caller, request, idempotency_key, intent))


def _acted(found: Done) -> Response[Any]:
    return encoded(Acted(found.audit.subject, found.audit.id, found.audit.ts))


HANDLERS = (list_alerts, list_deliveries, list_silences, acknowledge_alert, silence_alerts, end_silence)
