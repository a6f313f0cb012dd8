"""`archive/{table}`: rows of the archive as a file."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal, get_args

from litestar import Request, Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter, QueryParameter

from worker.errors import BrokerUnavailable, ConfigError
from worker.export.archived import excerpt
from worker.export.bodies import FORMATS, body
from worker.export.wanted import Wanted
from worker.gateway.auth.caller import Caller
from worker.gateway.auth.roles import may, requires
from worker.gateway.gateway import Gateway
from worker.gateway.resources.problem import Refused, not_found
from worker.gateway.routes.answering import FILES, HEADERS, spec
from worker.gateway.routes.parameters import Since, Symbol, Until, one_of
from worker.settings.archive import TableName

TABLES: tuple[str, ...] = get_args(TableName)
OF_SYMBOLS = ("decisions", "rejections")
MOST_BYTES, SECONDS, AT_ONCE = 33_554_432, 10.0, 2
# A scan takes a core and tens of megabytes, so that few run at once.
_turns = asyncio.Semaphore(AT_ONCE)
Table = Annotated[str, Parameter(description="of the archive", schema_extra={"enum": list(TABLES)})]
Rows = Annotated[int, Parameter(description="most rows", ge=1, le=200_000)]
Form = Annotated[Literal["arrow", "parquet", "ndjson", "csv"], QueryParameter(name="format", description="of the file")]


@get(
    "/api/v1/archive/{table:str}",
    opt={FILES: sorted(FORMATS.values())},
    responses={200: ResponseSpec(bytes, generate_examples=False)} | spec(404, 422),
)
async def rows_of_table(
    gateway: Gateway,
    caller: Caller,
    request: Request[Any, Any, Any],
    table: Table,
    symbol: Symbol = None,
    since: Since = None,
    until: Until = None,
    limit: Rows = 10_000,
    form: Form = "ndjson",
) -> Response[Any]:
    """Return rows by the bar's time; the header X-Complete is false where a budget ended before all were found."""
    one_of("table", table, TABLES)
    if table not in OF_SYMBOLS and (symbol, since, until) != (None, None, None):
        raise Refused(422, "invalid_parameter", f"{table} has no symbols and no bars", "Leave the filters out")
    if table == "audit":
        requires("admin")(request, None)
    archive = gateway.settings.archive
    if archive.sink != "delta" or not archive.url:
        raise not_found("this gateway has no archive", "Set archive.url to that of `alphapulse archive`")
    which = Wanted(frozenset({symbol} if symbol else ()), since, until)
    try:
        async with _turns:
            found = await asyncio.to_thread(excerpt, archive, table, which, limit, MOST_BYTES, SECONDS)
            shown = found.table if may(caller, "operate") else _without_payload(found.table)
            content = await asyncio.to_thread(body, shown, form)
    except ConfigError as error:
        raise not_found(error.message, error.fix) from None
    except BrokerUnavailable as error:
        raise Refused(503, "unavailable", "the archive's store does not answer", error.fix) from error
    own = {"X-Complete": str(found.complete).lower(), "X-Rows": str(len(found.table))}
    own["Content-Disposition"] = f'attachment; filename="{table}.{form}"'
    return Response(content, media_type=FORMATS[form], headers=HEADERS | own)


def _without_payload(table: Any) -> Any:
    # As of the topic: what was rejected is for those who operate.
    return table.drop_columns([name for name in table.column_names if name.startswith("payload")])


HANDLERS = (rows_of_table,)
