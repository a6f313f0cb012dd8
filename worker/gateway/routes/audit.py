"""`audit`: what operators did, for the role admin."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter

from schemas.audit import Action, Audit
from worker.gateway.auth.roles import requires
from worker.gateway.gateway import Gateway
from worker.gateway.log.entry import Entry
from worker.gateway.reading.filters import AuditFilter
from worker.gateway.reading.items import embedded
from worker.gateway.reading.pages import Wanted, page
from worker.gateway.reading.search import Order
from worker.gateway.reading.sight import Reader
from worker.gateway.resources.audit import AuditItem, AuditPage
from worker.gateway.routes.answering import encoded, spec
from worker.gateway.routes.parameters import CursorText, Limit, Since, Until

Who = Annotated[str | None, QueryParameter(name="who", description="the operator", min_length=1, max_length=200)]
Act = Annotated[Action | None, QueryParameter(name="action", description="kind of act")]
Subject = Annotated[
    str | None,
    QueryParameter(name="subject", description="what it was about: a key, or what was acknowledged", max_length=200),
]
_acts = Reader(Audit)


@get(
    "/api/v1/audit",
    guards=[requires("admin")],
    responses={200: ResponseSpec(AuditPage, generate_examples=False)} | spec(409),
)
async def list_acts(
    gateway: Gateway,
    who: Who = None,
    action: Act = None,
    subject: Subject = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 100,
    cursor: CursorText = None,
    order: Order = "newest",
) -> Response[Any]:
    """Return acts that pass all filters."""
    passes = AuditFilter(who, action, subject, since, until)
    found, rest = await page(gateway, gateway.logs.audit, "acts", passes, Wanted(limit, cursor, order))
    return encoded(AuditPage([_item(entry) for entry in found], *rest))


def _item(entry: Entry) -> AuditItem:
    sight = _acts.look(entry.value)
    return AuditItem(
        entry.partition, entry.offset, entry.timestamp, embedded(sight.raw), sight.raw is None, sight.problem
    )


HANDLERS = (list_acts,)
