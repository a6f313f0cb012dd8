"""`symbols`: what is newest of each symbol."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter

from worker.gateway.auth.caller import Caller
from worker.gateway.gateway import Gateway
from worker.gateway.reading.items import symbol_decision
from worker.gateway.resources.decisions import SymbolDecision
from worker.gateway.resources.problem import not_found
from worker.gateway.routes.answering import encoded, spec

SymbolPath = Annotated[str, Parameter(description="symbol, the records' key", min_length=1, max_length=64)]


@get("/api/v1/symbols/{symbol:str}", responses={200: ResponseSpec(SymbolDecision, generate_examples=False)} | spec(404))
async def newest_of_symbol(gateway: Gateway, caller: Caller, symbol: SymbolPath) -> Response[Any]:
    """Return the newest decision of a symbol."""
    entry = gateway.newest.of(symbol)
    if entry is None:
        raise not_found(f"no decision of {symbol[:64]!r} is known", "GET /api/v1/symbols lists those that are")
    return encoded(symbol_decision(symbol, entry, gateway.logs.age_ms, caller))


HANDLERS = (newest_of_symbol,)
