"""What routes that write have in common: preconditions, idempotency, and the request as the audit names it."""

from __future__ import annotations

import re
from typing import Annotated, Any

from litestar import Request
from litestar.openapi.spec import Schema
from litestar.params import HeaderParameter, QueryParameter

from schemas.tick import END
from worker.errors import ConfigError
from worker.gateway.auth.caller import Caller
from worker.gateway.auth.entering import request_id
from worker.gateway.auth.headers import header
from worker.gateway.gateway import Gateway
from worker.gateway.resources.problem import Refused
from worker.gateway.segments import segment
from worker.gateway.writing.own import read_back
from worker.gateway.writing.writer import Asked, digest
from worker.operate.acts.intent import Done, Intent
from worker.operate.acts.limits import EXISTING, NEW
from worker.operate.controls import check_key

VERSION = r'^(W/)?"([1-9][0-9]{0,18})"' + END
ANY = "*"
PRINTABLE = r"^[!-~]+" + END
BLANKS = " \t"  # what may stand around a header's value
IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        description="a request with the key of one of the last 24 hours has its answer, and does nothing",
        min_length=1,
        max_length=200,
        schema_extra={"pattern": PRINTABLE},
    ),
]
IfMatch = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match",
        description="the version that it follows, in quotes; `*`: whichever the key has",
        schema_extra={"any_of": [Schema(pattern=VERSION), Schema(enum=[ANY])]},
    ),
]
IfNoneMatch = Annotated[
    str | None,
    HeaderParameter(name="If-None-Match", description="`*`: the key has no record yet", schema_extra={"enum": [ANY]}),
]
ReasonText = Annotated[str, QueryParameter(name="reason", description="why", min_length=1, max_length=1_000)]


async def done(
    gateway: Gateway, caller: Caller, request: Request[Any, Any, Any], key: str | None, intent: Intent
) -> Done:
    """Do what a request asks for, once for its idempotency key, and wait until this gateway shows it.

    Raises:
        Refused: it is refused, or failed.
    """
    known = once(key)
    conditions = "|".join(header(request.scope, name) or "" for name in ("if-match", "if-none-match"))
    path = f"{request.scope['path']}?{request.scope['query_string'].decode('latin-1')}"
    asked = Asked(
        caller, request_id(request.scope), known, digest(request.method, path, conditions, await request.body())
    )
    found = await gateway.writer.do(asked, intent)
    await read_back(gateway.logs, found.records)
    return found


def once(key: str | None) -> str | None:
    """Return the idempotency key of a request.

    Raises:
        Refused: it is none.
    """
    found = None if key is None else key.strip(BLANKS)
    if found is not None and not re.fullmatch(PRINTABLE, found):
        raise Refused(
            400, "invalid_parameter", "Idempotency-Key: not printable ASCII without blanks", "Use for example a UUID"
        )
    return found


def version_of(if_match: str | None, if_none_match: str | None = None) -> int:
    """Return the version of the record that a write follows; `NEW` where there must be none.

    Raises:
        Refused: the request does not say it, or says two that no record fulfils.
    """
    if if_none_match is not None and if_none_match.strip(BLANKS) != ANY:
        raise Refused(400, "bad_request", "If-None-Match is not *", "Send `If-None-Match: *` for a new key")
    wanted = None if if_match is None else if_match.strip(BLANKS)
    found = None if wanted is None else re.fullmatch(VERSION, wanted)
    if wanted not in (None, ANY) and found is None:
        raise Refused(400, "bad_request", "If-Match is no version in quotes", 'Send for example `If-Match: "7"`')
    if wanted is not None and if_none_match is not None:
        raise Refused(412, "version_conflict", "no key has a record and has none", "Send one of the two headers")
    if if_none_match is not None:
        return NEW
    if wanted is None:
        raise Refused(
            428,
            "precondition_required",
            "the request does not say which version it follows",
            'Send `If-Match: "VERSION"` as GET shows it, or `If-None-Match: *` for a new key',
        )
    return EXISTING if found is None else int(found[2])


def key_of(text: str) -> str:
    """Return the key in a path: a symbol, or `*`.

    Raises:
        Refused: no bar can have it.
    """
    key = segment(text)
    try:
        check_key(key)
    except ConfigError as error:
        raise Refused(400, "invalid_parameter", error.message, error.fix) from None
    return key
