"""`decisions`: pages of them."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter

from schemas.decision import Action, Regime
from worker.engine.reasons import Reason
from worker.gateway.auth.caller import Caller
from worker.gateway.gateway import Gateway
from worker.gateway.reading.filters import DecisionFilter
from worker.gateway.reading.items import decision_item
from worker.gateway.reading.pages import Order, page
from worker.gateway.resources.decisions import DecisionPage
from worker.gateway.routes.answering import encoded, spec
from worker.gateway.routes.parameters import CursorText, Limit, Symbol, one_of

ReasonName = Annotated[
    str | None, Parameter(description="code of a reason", schema_extra={"enum": [reason.name for reason in Reason]})
]
_REASONS = [reason.name for reason in Reason]


@get("/api/v1/decisions", responses={200: ResponseSpec(DecisionPage, generate_examples=False)} | spec())
async def list_decisions(
    gateway: Gateway,
    caller: Caller,
    symbol: Symbol = None,
    action: Action | None = None,
    reason: ReasonName = None,
    blocking: ReasonName = None,
    regime: Regime | None = None,
    since: Annotated[int | None, Parameter(query="from", ge=0, le=2**53, description="epoch ms UTC")] = None,
    until: Annotated[int | None, Parameter(query="to", ge=0, le=2**53, description="epoch ms UTC, exclusive")] = None,
    limit: Limit = 100,
    cursor: CursorText = None,
    order: Order = "newest",
) -> Response[Any]:
    """Return decisions that pass all filters; times are those of the records."""
    one_of("reason", reason, _REASONS)
    one_of("blocking", blocking, _REASONS)
    passes = DecisionFilter(symbol, action, reason, blocking, regime, since, until)
    found, rest = await page(gateway, gateway.logs.decisions, "decisions", passes, limit, cursor, order)
    return encoded(DecisionPage([decision_item(entry, caller) for entry in found], *rest))


HANDLERS = (list_decisions,)
