"""The check of requests: unknown parameters, with what was probably meant, repeated ones, wrong types are refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from difflib import get_close_matches
from functools import cache
from typing import Any

import msgspec
from litestar.connection import ASGIConnection, Request
from litestar.enums import ParamType
from litestar.exceptions import ValidationException
from litestar.handlers import BaseRouteHandler
from litestar.params import ParameterKwarg

from worker.gateway.resources.problem import Refused

BODY = "data"  # the framework's name of a body as a whole
RESERVED = frozenset({"request", "data", "body", "scope", "state", "headers", "cookies", "query", "socket"})


def refuse_unknown(given: Collection[str], known: Collection[str]) -> None:
    """Refuse a request with an unknown parameter.

    Raises:
        Refused: one is unknown.
    """
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, 1)
            listed = f"Known are {', '.join(sorted(known))}" if known else "This resource takes none"
            raise Refused(
                400,
                "unknown_parameter",
                f"the parameter {name[:64]!r} is unknown",
                f"Did you mean {near[0]}? {listed}" if near else listed,
            )


def refuse_repeated(given: Iterable[str]) -> None:
    """Refuse a request in which a parameter stands twice, since only one of its values could be obeyed.

    Raises:
        Refused: one does.
    """
    name, times = Counter(given).most_common(1)[0]
    if times > 1:
        raise Refused(400, "invalid_parameter", f"the parameter {name[:64]!r} is given {times} times", "Give it once")


def known_parameters(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard every handler against unknown and repeated query parameters."""
    if connection.scope["query_string"]:
        refuse_unknown(connection.query_params.keys(), _of(handler, frozenset(connection.path_params)))
        refuse_repeated(name for name, _ in connection.query_params.multi_items())


async def strict_body(request: Request[Any, Any, Any]) -> None:
    """Refuse a body whose members are of other types than the document says; the framework would convert `"0.5"`.

    Raises:
        ValidationException: one is.
    """
    field = request.route_handler.parsed_data_field
    if field is None:
        return
    try:
        msgspec.convert(_whole(msgspec.json.decode(await request.body())), field.annotation, str_keys=True)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$.")
        wrong = {"key": path.rstrip("`") or BODY, "message": message, "source": "body"}
        raise ValidationException("the body is invalid", extra=[wrong]) from None
    except RecursionError:
        raise Refused(400, "invalid_body", "the body is nested too deep", "Send what /openapi.json describes") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return  # no JSON: the framework says so


def _whole(value: Any) -> Any:
    """Return whole numbers as such: `7.0` is an integer of JSON Schema."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, dict):
        return {name: _whole(inner) for name, inner in value.items()}
    return [_whole(inner) for inner in value] if isinstance(value, list) else value


@cache
def _of(handler: BaseRouteHandler, in_path: frozenset[str]) -> frozenset[str]:
    given = handler.resolve_dependencies()
    names = set()
    for name, field in handler.parsed_fn_signature.parameters.items():
        kwarg = field.kwarg_definition
        if name in given or name in RESERVED or name in in_path:
            continue
        if isinstance(kwarg, ParameterKwarg):
            if kwarg.param_type in (ParamType.HEADER, ParamType.COOKIE):
                continue
            name = kwarg.name or name
        names.add(name)
    return frozenset(names)
