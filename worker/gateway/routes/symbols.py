"""`symbols`: what is newest of each symbol, its bars, and why it was decided so."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter, QueryParameter

from worker.gateway.auth.caller import Caller
from worker.gateway.gateway import Gateway
from worker.gateway.reading.find import named, newest_bars, numbered
from worker.gateway.reading.items import symbol_decision
from worker.gateway.resources.decisions import SymbolDecision
from worker.gateway.resources.explanation import Explanation
from worker.gateway.resources.problem import not_found
from worker.gateway.resources.symbols import Bars, SymbolList
from worker.gateway.routes.answering import UNCHANGED, encoded, spec
from worker.gateway.routes.parameters import MOST_MS, Limit, SymbolPath
from worker.gateway.routes.versions import versioned
from worker.gateway.segments import segment
from worker.gateway.showing.bars import bars
from worker.gateway.showing.explain import explain
from worker.gateway.showing.symbols import symbol_list

Query = Annotated[str | None, Parameter(description="part of the name, in any case", max_length=64)]
BarLimit = Annotated[int, Parameter(description="most bars", ge=1, le=5_000)]
BarsUntil = Annotated[
    int | None,
    QueryParameter(name="to", description="bars that begin before this time, epoch ms UTC", ge=0, le=MOST_MS),
]
Sequence = Annotated[
    int | None, Parameter(description="ordinal of the symbol's record; none: the newest", ge=1, le=2**53)
]


@get(
    "/api/v1/symbols",
    before_request=versioned("decisions"),
    responses={200: ResponseSpec(SymbolList, generate_examples=False)} | UNCHANGED | spec(),
)
async def list_symbols(gateway: Gateway, q: Query = None, limit: Limit = 100) -> Response[Any]:
    """Return symbols with their newest decision in short."""
    return encoded(await symbol_list(gateway, q or "", limit))


@get(
    "/api/v1/symbols/{symbol:str}",
    responses={200: ResponseSpec(SymbolDecision, generate_examples=False)} | UNCHANGED | spec(404),
)
async def newest_of_symbol(gateway: Gateway, caller: Caller, symbol: SymbolPath) -> Response[Any]:
    """Return the newest decision of a symbol."""
    name = segment(symbol)
    entry = gateway.newest.of(name)
    if entry is None:
        raise unknown(name)
    return encoded(symbol_decision(name, entry, gateway.logs.age_ms, caller))


@get(
    "/api/v1/symbols/{symbol:str}/bars",
    before_request=versioned("decisions", "rejections"),
    responses={200: ResponseSpec(Bars, generate_examples=False)} | UNCHANGED | spec(404),
)
async def bars_of_symbol(
    gateway: Gateway, symbol: SymbolPath, limit: BarLimit = 500, until: BarsUntil = None
) -> Response[Any]:
    """Return the newest bars of a symbol with what was decided at them."""
    name = segment(symbol)
    found = await newest_bars(gateway, name, limit, until)
    return encoded(await bars(name, found.entries[::-1], _rejected(gateway, name), found.complete))


@get(
    "/api/v1/symbols/{symbol:str}/explain",
    before_request=versioned("decisions"),
    responses={200: ResponseSpec(Explanation, generate_examples=False)} | UNCHANGED | spec(404),
)
async def explain_symbol(gateway: Gateway, symbol: SymbolPath, sequence: Sequence = None) -> Response[Any]:
    """Return a decision of a symbol in sentences."""
    name = segment(symbol)
    entry = gateway.newest.of(name) if sequence is None else await numbered(gateway, name, sequence)
    if entry is None:
        raise unknown(name)
    return encoded(explain(name, entry))


def unknown(symbol: str) -> Exception:
    """Return the failure of an unknown symbol."""
    return not_found(f"no decision of {symbol[:64]!r} is known", "GET /api/v1/symbols lists those that are")


def _rejected(gateway: Gateway, symbol: str) -> list[int]:
    log, entry = gateway.logs.rejections, gateway.logs.rejected.of(symbol)
    if log is None or entry is None:
        return []
    found = (log.at(entry.partition, offset) for offset in gateway.logs.rejected.offsets(symbol))
    sequences = (named(one.value).sequence for one in found if one is not None)
    return [sequence for sequence in sequences if type(sequence) is int]


HANDLERS = (list_symbols, newest_of_symbol, bars_of_symbol, explain_symbol)
