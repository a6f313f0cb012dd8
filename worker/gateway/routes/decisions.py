"""`decisions`: pages of them, and single ones."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter

from schemas.decision import Action, Regime
from worker.engine.reasons import Reason
from worker.gateway.auth.caller import Caller
from worker.gateway.gateway import Gateway
from worker.gateway.reading.filters import DecisionFilter
from worker.gateway.reading.find import numbered
from worker.gateway.reading.items import decision_item
from worker.gateway.reading.pages import Wanted, page
from worker.gateway.reading.search import Order
from worker.gateway.resources.decisions import DecisionItem, DecisionPage
from worker.gateway.resources.problem import not_found
from worker.gateway.routes.answering import FOR_EVER, UNCHANGED, encoded, spec, unless_known
from worker.gateway.routes.parameters import CursorText, Limit, Since, Symbol, Until, one_of
from worker.gateway.routes.versions import versioned
from worker.gateway.segments import segment

REASONS = [reason.name for reason in Reason]
ReasonName = Annotated[str | None, Parameter(description="code of a reason", schema_extra={"enum": REASONS})]
DecisionId = Annotated[str, Parameter(description="`decision_id` of the record", min_length=1, max_length=128)]


@get(
    "/api/v1/decisions",
    before_request=versioned("decisions"),
    responses={200: ResponseSpec(DecisionPage, generate_examples=False)} | UNCHANGED | spec(409),
)
async def list_decisions(
    gateway: Gateway,
    caller: Caller,
    symbol: Symbol = None,
    action: Action | None = None,
    reason: ReasonName = None,
    blocking: ReasonName = None,
    regime: Regime | None = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 100,
    cursor: CursorText = None,
    order: Order = "newest",
) -> Response[Any]:
    """Return decisions that pass all filters; times are those of the records."""
    one_of("reason", reason, REASONS)
    one_of("blocking", blocking, REASONS)
    passes = DecisionFilter(symbol, action, reason, blocking, regime, since, until)
    wanted = Wanted(limit, cursor, order)
    found, rest = await page(gateway, gateway.logs.decisions, "decisions", passes, wanted)
    return encoded(DecisionPage([decision_item(entry, caller) for entry in found], *rest))


@get(
    "/api/v1/decisions/{decision_id:str}",
    responses={200: ResponseSpec(DecisionItem, generate_examples=False)} | UNCHANGED | spec(404),
)
async def one_decision(
    gateway: Gateway, caller: Caller, request: Request[Any, Any, Any], decision_id: DecisionId
) -> Response[Any]:
    """Return one decision; it never changes."""
    name = segment(decision_id)
    symbol, _, rest = name.rpartition("-")[0].rpartition("-")
    if not symbol or not rest.isdecimal() or len(rest) > 16:
        raise not_found(f"{name[:64]!r} is no id of a decision", "An id is symbol-sequence-hash")
    entry = await numbered(gateway, symbol, int(rest), name)
    log = gateway.logs.decisions
    etag = f'"{log.topic_id if log else 0:x}-{entry.partition}-{entry.offset}-{caller.role}"'
    return unless_known(request, etag) or encoded(decision_item(entry, caller), {"ETag": etag} | FOR_EVER)


HANDLERS = (list_decisions, one_decision)
