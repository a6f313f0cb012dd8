"""`rejections`: pages of them, and their counts."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter

from worker.engine.reasons import Reject
from worker.gateway.auth.caller import Caller
from worker.gateway.gateway import Gateway
from worker.gateway.reading.filters import RejectionFilter
from worker.gateway.reading.pages import Wanted, page
from worker.gateway.reading.search import Order
from worker.gateway.resources.rejections import RejectionPage, RejectionSummary
from worker.gateway.routes.answering import UNCHANGED, encoded, spec
from worker.gateway.routes.parameters import CursorText, Limit, Since, Symbol, Until, one_of
from worker.gateway.routes.versions import versioned
from worker.gateway.showing.rejections import rejection_item, summary

CODES = [code.name for code in Reject]
CodeName = Annotated[str | None, Parameter(description="reject code", schema_extra={"enum": CODES})]
PartitionNumber = Annotated[int | None, Parameter(description="partition", ge=0, le=2**31 - 1)]
Minutes = Annotated[int, Parameter(description="of event time, up to the newest record", ge=1, le=1_440)]


@get(
    "/api/v1/rejections",
    before_request=versioned("rejections"),
    responses={200: ResponseSpec(RejectionPage, generate_examples=False)} | UNCHANGED | spec(409),
)
async def list_rejections(
    gateway: Gateway,
    caller: Caller,
    symbol: Symbol = None,
    code: CodeName = None,
    partition: PartitionNumber = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 100,
    cursor: CursorText = None,
    order: Order = "newest",
) -> Response[Any]:
    """Return rejections that pass all filters; times are those of the records, payloads are for the role operate."""
    one_of("code", code, CODES)
    passes, wanted = RejectionFilter(symbol, code, partition, since, until), Wanted(limit, cursor, order)
    found, rest = await page(gateway, gateway.logs.rejections, "rejections", passes, wanted, headers=True)
    return encoded(RejectionPage([rejection_item(entry, caller) for entry in found], *rest))


@get(
    "/api/v1/rejections/summary",
    before_request=versioned("decisions", "rejections"),
    responses={200: ResponseSpec(RejectionSummary, generate_examples=False)} | UNCHANGED | spec(),
)
async def summarise(gateway: Gateway, minutes: Minutes = 60) -> Response[Any]:
    """Return counts of what was rejected, of what this gateway has read."""
    return encoded(summary(gateway, minutes))


HANDLERS = (list_rejections, summarise)
