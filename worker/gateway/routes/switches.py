"""`models` and `strategies`: what is in force, and switches that every worker can follow."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Request, Response, delete, get, post
from litestar.openapi.datastructures import ResponseSpec
from msgspec import UNSET

from schemas.control import MODEL_KEY, ModelSwitch
from worker.errors import AlphapulseError
from worker.gateway.auth.caller import Caller
from worker.gateway.auth.roles import requires
from worker.gateway.gateway import Gateway
from worker.gateway.resources.problem import Refused
from worker.gateway.resources.switches import ModelOrder, Models, Strategies, StrategyOrder, Switched
from worker.gateway.routes.answering import encoded, spec
from worker.gateway.routes.writing import IdempotencyKey, ReasonText, done
from worker.gateway.showing.models import models
from worker.gateway.showing.strategies import newest, strategies
from worker.gateway.writing.writer import refused
from worker.operate.acts.intent import Done
from worker.operate.acts.limits import switch, withdraw_switch
from worker.operate.acts.models import model_switch, no_model

SWITCHED = {200: ResponseSpec(Switched, generate_examples=False)} | spec(409, 412, 422)


@get("/api/v1/models", responses={200: ResponseSpec(Models, generate_examples=False)} | spec())
async def list_models(gateway: Gateway) -> Response[Any]:
    """Return the registry, the model in force, and who switched it."""
    return encoded(await models(gateway))


@post("/api/v1/models/switch", guards=[requires("operate")], status_code=200, responses=SWITCHED)
async def switch_model(
    gateway: Gateway,
    caller: Caller,
    request: Request[Any, Any, Any],
    data: ModelOrder,
    idempotency_key: IdempotencyKey = None,
) -> Response[Any]:
    """Use another model, or none; refused where workers could not follow."""
    chosen = await _chosen(gateway, data)
    intent = switch(MODEL_KEY, data.effective_ts, {"model": chosen}, data.reason, None)
    return _switched(await done(gateway, caller, request, idempotency_key, intent))


@delete("/api/v1/models/switch", guards=[requires("operate")], status_code=200, responses=SWITCHED)
async def withdraw_model(
    gateway: Gateway,
    caller: Caller,
    request: Request[Any, Any, Any],
    reason: ReasonText,
    idempotency_key: IdempotencyKey = None,
) -> Response[Any]:
    """Use the configured model again."""
    intent = withdraw_switch(MODEL_KEY, reason)
    return _switched(await done(gateway, caller, request, idempotency_key, intent))


@get("/api/v1/strategies", responses={200: ResponseSpec(Strategies, generate_examples=False)} | spec())
async def list_strategies(gateway: Gateway) -> Response[Any]:
    """Return the configured strategy, the one in force, the sources that it may be switched to, and who switched."""
    return encoded(await strategies(gateway))


@post("/api/v1/strategies/switch", guards=[requires("operate")], status_code=200, responses=SWITCHED)
async def switch_strategy(
    gateway: Gateway,
    caller: Caller,
    request: Request[Any, Any, Any],
    data: StrategyOrder,
    idempotency_key: IdempotencyKey = None,
) -> Response[Any]:
    """Use other parameters or another source; refused where workers could not follow, or would lose state."""
    from worker.operate.strategies import switch_to_source  # what runs strategies is imported where there are some

    digest = None if data.digest is UNSET else str(data.digest)
    try:
        shelf, engine = await asyncio.to_thread(gateway.sources.load)
        before = newest(gateway, shelf.key)
        former = None if before is None else before.control.strategy
        chosen = await asyncio.to_thread(switch_to_source, shelf, engine, former, digest, data.parameters, data.wait)
    except AlphapulseError as error:
        raise refused(error) from error
    intent = switch(shelf.key, data.effective_ts, {"strategy": chosen}, data.reason, before)
    return _switched(await done(gateway, caller, request, idempotency_key, intent))


@delete("/api/v1/strategies/switch", guards=[requires("operate")], status_code=200, responses=SWITCHED)
async def withdraw_strategy(
    gateway: Gateway,
    caller: Caller,
    request: Request[Any, Any, Any],
    reason: ReasonText,
    idempotency_key: IdempotencyKey = None,
) -> Response[Any]:
    """Use the configured strategy again; refused where workers would lose state."""
    from worker.operate.strategies import check_state, in_force

    try:
        shelf, engine = await asyncio.to_thread(gateway.sources.load)
        before = newest(gateway, shelf.key)
        former = in_force(shelf, None if before is None else before.control.strategy)
        check_state(shelf, engine, (former,), shelf.configured)
    except AlphapulseError as error:
        raise refused(error) from error
    intent = withdraw_switch(shelf.key, reason)
    return _switched(await done(gateway, caller, request, idempotency_key, intent))


async def _chosen(gateway: Gateway, data: ModelOrder) -> ModelSwitch:
    if data.name is None:
        if data.version or data.digest is not UNSET:
            raise Refused(400, "invalid_body", "version and digest go with a name", "Leave them out to use no model")
        return no_model()
    if not data.version:
        raise Refused(400, "invalid_body", "a name goes with a version", "GET /api/v1/models lists them")
    digest = None if data.digest is UNSET else str(data.digest)
    folder = gateway.settings.models.registry
    try:
        return await asyncio.to_thread(model_switch, gateway.engine, folder, data.name, data.version, digest)
    except AlphapulseError as error:
        raise refused(error) from error


def _switched(found: Done) -> Response[Any]:
    act = found.audit
    version = None if act.after is None else act.after.version
    model = None if act.after is None else act.after.model
    strategy = None if act.after is None else act.after.strategy
    return encoded(Switched(act.subject, version, model, strategy, act.id, act.ts, found.repeated))


HANDLERS = (list_models, switch_model, withdraw_model, list_strategies, switch_strategy, withdraw_strategy)
