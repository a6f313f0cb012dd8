"""`limits`, `kill` and `acknowledgements`."""

from __future__ import annotations

from typing import Annotated, Any, cast

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import PathParameter, QueryParameter

from schemas.audit import Acknowledged
from worker.gateway.auth.caller import Caller
from worker.gateway.auth.roles import requires
from worker.gateway.gateway import Gateway
from worker.gateway.resources.limits import (
    CHANGES,
    Acknowledgement,
    AcknowledgementOrder,
    Effect,
    KillOrder,
    KillPreview,
    LimitsChange,
    LimitsItem,
    LimitsList,
    Written,
)
from worker.gateway.resources.problem import Refused, not_found
from worker.gateway.routes.answering import encoded, spec
from worker.gateway.routes.writing import (
    IdempotencyKey,
    IfMatch,
    IfNoneMatch,
    ReasonText,
    done,
    key_of,
    once,
    version_of,
)
from worker.gateway.showing import limits
from worker.operate.acts.acknowledgement import acknowledgement
from worker.operate.acts.intent import Done
from worker.operate.acts.limits import remove, set_limits
from worker.operate.controls import KEY

ONE = "/api/v1/limits/{key:str}"
KeyPath = Annotated[
    str,
    PathParameter(
        description="a symbol, or `*`; a slash in it as %2F",
        min_length=1,
        max_length=64,
        schema_extra={"pattern": KEY},
    ),
]
KillKey = Annotated[
    str,
    QueryParameter(
        name="key", description="a symbol, or `*`", min_length=1, max_length=64, schema_extra={"pattern": KEY}
    ),
]
Version = Annotated[int | None, QueryParameter(name="version", description="default: the newest", ge=0, le=2**63 - 1)]


def _told(kind: Any, *statuses: int) -> dict[int, ResponseSpec]:
    return {200: ResponseSpec(kind, generate_examples=False)} | spec(*statuses)


WRITTEN = _told(Written, 409, 422)


@get("/api/v1/limits", responses=_told(LimitsList))
async def list_limits(gateway: Gateway) -> Response[Any]:
    """Return the newest limits of each key, `*` first."""
    return encoded(LimitsList(limits.items(gateway)))


@get(ONE, responses=_told(LimitsItem, 404))
async def show_limits(gateway: Gateway, key: KeyPath) -> Response[Any]:
    """Return the newest limits of a key; its version is the ETag."""
    found = limits.item(gateway, key_of(key))
    if found is None:
        raise not_found("the key has no limits of its own", "GET /api/v1/limits lists those that have")
    return encoded(found, {"ETag": f'"{found.version}"'})


@get(f"{ONE}/effect", responses=_told(Effect))
async def show_effect(gateway: Gateway, key: KeyPath, version: Version = None) -> Response[Any]:
    """Return in which partitions the newest decisions obey a record of the key, or a later one."""
    return encoded(limits.effect(gateway, key_of(key), version))


@put(ONE, guards=[requires("operate")], responses=_told(Written, 409, 412, 422, 428))
async def change_limits(
    gateway: Gateway,
    caller: Caller,
    request: Request[Any, Any, Any],
    key: KeyPath,
    data: LimitsChange,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Response[Any]:
    """Change limits of a key; members that are left out keep their values."""
    values = {name: getattr(data, name) for name in CHANGES if getattr(data, name) is not msgspec.UNSET}
    if not values:
        raise Refused(400, "invalid_body", "the request changes nothing", f"Give at least one of {', '.join(CHANGES)}")
    once(idempotency_key)  # what can't be read is refused before what does not hold
    version = version_of(if_match, if_none_match)
    intent = set_limits(key_of(key), data.effective_ts, values, data.reason, version)
    return _written(await done(gateway, caller, request, idempotency_key, intent))


@delete(ONE, guards=[requires("operate")], status_code=200, responses=_told(Written, 409, 412, 422, 428))
async def remove_limits(
    gateway: Gateway,
    caller: Caller,
    request: Request[Any, Any, Any],
    key: KeyPath,
    reason: ReasonText,
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Response[Any]:
    """Remove the record of a key: the static limits apply again, and those of the portfolio's monitor."""
    once(idempotency_key)
    intent = remove(key_of(key), reason, version_of(if_match))
    return _written(await done(gateway, caller, request, idempotency_key, intent))


@post("/api/v1/kill", guards=[requires("operate")], status_code=200, responses=WRITTEN)
async def kill(
    gateway: Gateway,
    caller: Caller,
    request: Request[Any, Any, Any],
    data: KillOrder,
    idempotency_key: IdempotencyKey = None,
) -> Response[Any]:
    """Close all positions of a key, whatever limits it has; nothing is opened until they are set or removed."""
    intent = set_limits(key_of(data.key), 0, {"kill": "close_all"}, data.reason)
    return _written(await done(gateway, caller, request, idempotency_key, intent))


@get("/api/v1/kill/preview", responses=_told(KillPreview))
async def preview_kill(gateway: Gateway, key: KillKey = "*") -> Response[Any]:
    """Return the positions that a kill would close."""
    return encoded(await limits.preview(gateway, key_of(key)))


@post(
    "/api/v1/acknowledgements",
    guards=[requires("operate")],
    status_code=200,
    responses=_told(Acknowledgement, 409, 422),
)
async def acknowledge(
    gateway: Gateway,
    caller: Caller,
    request: Request[Any, Any, Any],
    data: AcknowledgementOrder,
    idempotency_key: IdempotencyKey = None,
) -> Response[Any]:
    """Acknowledge a kill, which then ends with the UTC day, or decisions that can't be read."""
    intent = acknowledgement(data.subject, data.reason)
    found = await done(gateway, caller, request, idempotency_key, intent)
    act = found.audit
    return encoded(Acknowledgement(cast(Acknowledged, act.subject), act.id, act.ts, found.repeated))


def _written(found: Done) -> Response[Any]:
    told = limits.written(found)
    return encoded(told, {} if told.version is None else {"ETag": f'"{told.version}"'})


HANDLERS = (
    list_limits,
    show_limits,
    show_effect,
    change_limits,
    remove_limits,
    kill,
    preview_kill,
    acknowledge,
)
