"""The OpenAPI 3.1 document, made once from the handlers; structs are described by msgspec, with all their bounds."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.params import ParameterKwarg
from litestar.routes import HTTPRoute

from worker.gateway.answers import answer, refuse
from worker.gateway.auth.headers import COOKIE
from worker.gateway.auth.roles import role_of
from worker.gateway.mounts import Mount, Receive, Scope, Send
from worker.gateway.resources.page import LOOSE
from worker.gateway.resources.problem import Refused
from worker.gateway.routes.answering import FILES

DOCUMENT = "document"  # its key in the application's state
PATHS = ("/openapi.json", "/api/v1/openapi.json")
REFERENCE = "#/components/schemas/{name}"
FORMS = "FORMS"  # member of a struct's class: schemas of which one must hold, for what bounds of members can't say
KNOWN = {
    "name": "If-None-Match",
    "in": "header",
    "schema": {"type": "string"},
    "description": "versions that the caller has: an answer of one of them is 304, without a body",
    "required": False,
}


def document(app: Litestar) -> list[Mount]:
    """Return the mounts that serve the document."""

    @cache
    def body() -> bytes:
        return msgspec.json.encode(known(app))

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            await refuse(send, scope, Refused(405, "method_not_allowed", "only GET", headers={"Allow": "GET, HEAD"}))
            return
        await answer(send, 200, body() if scope["method"] == "GET" else b"")

    return [Mount(path, serve) for path in PATHS]


def known(app: Litestar) -> dict[str, Any]:
    """Return the document, made once."""
    if DOCUMENT not in app.state:
        app.state[DOCUMENT] = described(app)
    found: dict[str, Any] = app.state[DOCUMENT]
    return found


def described(app: Litestar) -> dict[str, Any]:
    """Return the document."""
    found: dict[str, Any] = app.openapi_schema.to_schema()
    # The framework's own description loses arrays of structs and the bounds of what may be null.
    structs = dict.fromkeys(_structs(app))
    _, ours = msgspec.json.schema_components(structs, ref_template=REFERENCE)
    found["components"]["schemas"] |= {_named(name): schema for name, schema in ours.items()}
    for struct in structs:
        if hasattr(struct, FORMS):
            found["components"]["schemas"][struct.__name__]["anyOf"] = getattr(struct, FORMS)
    _loosen(found["components"]["schemas"])
    _bound(app, found)
    _tell_texts(found)
    _tell_versions(found)
    _tell_files(app, found)
    _tell_roles(app, found)
    return found


def _tell_roles(app: Litestar, found: dict[str, Any]) -> None:
    """Say for each operation which role it needs; null where it needs no caller."""
    found["components"]["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer"},
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": COOKIE,
            "description": "by POST /api/v1/session; writes also need the header X-CSRF-Token",
        },
    }
    for handler, operation in _handled(app, found):
        operation["x-role"] = role = role_of(handler.guards or ())
        operation["security"] = [{"bearer": []}, {"session": []}] if role else []


def _bound(app: Litestar, found: dict[str, Any]) -> None:
    """Tell the bounds of 0, which the framework takes for none."""
    for handler, operation in _handled(app, found):
        kwargs = {name: field.kwarg_definition for name, field in handler.parsed_fn_signature.parameters.items()}
        least = {one.name or name for name, one in kwargs.items() if isinstance(one, ParameterKwarg) and one.ge == 0}
        for parameter in operation.get("parameters", ()):
            if parameter["name"] in least:
                parameter["schema"]["minimum"] = 0


def _tell_texts(found: dict[str, Any]) -> None:
    """Say that a parameter of any text is never null: `null` would be four letters."""
    for operation in _operations(found):
        for parameter in operation.get("parameters", ()):
            schema = parameter["schema"]
            if {"type": "string"} in schema.get("oneOf", ()):
                del schema["oneOf"]
                schema["type"] = "string"


def _tell_versions(found: dict[str, Any]) -> None:
    """Describe the header of a read that has a version."""
    for operation in _operations(found):
        if "304" in operation["responses"]:
            operation.setdefault("parameters", []).append(KNOWN)


def _tell_files(app: Litestar, found: dict[str, Any]) -> None:
    """Name the media types of files."""
    for handler, operation in _handled(app, found):
        if FILES in handler.opt:
            schema = {"type": "string", "format": "binary"}
            operation["responses"]["200"]["content"] = {media: {"schema": schema} for media in handler.opt[FILES]}


def _handled(app: Litestar, found: dict[str, Any]) -> Iterator[tuple[HTTPRouteHandler, dict[str, Any]]]:
    """Return the handlers with what the document says of each."""
    for route in app.routes:
        operations = found["paths"].get(route.path_format, {}) if isinstance(route, HTTPRoute) else {}
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else ():
            for method in handler.http_methods:
                if (operation := operations.get(method.lower())) is not None:
                    yield handler, operation


def _operations(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for operations in found["paths"].values():
        yield from operations.values()


def _structs(app: Litestar) -> Iterator[type[msgspec.Struct]]:
    for route in app.routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else ():
            for spec in (getattr(handler, "responses", None) or {}).values():
                if isinstance(spec.data_container, type) and issubclass(spec.data_container, msgspec.Struct):
                    yield spec.data_container
            data = handler.parsed_fn_signature.parameters.get("data")
            if data is not None and isinstance(data.annotation, type) and issubclass(data.annotation, msgspec.Struct):
                yield data.annotation


def _named(name: str) -> str:
    """Return the framework's name of a struct; one of several modules has its module in its name."""
    return name.replace(".", "_")


def _loosen(schema: Any) -> None:
    """Let any object stand where a schema is marked by `LOOSE`, and name references as the framework does."""
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            schema["$ref"] = _named(schema["$ref"])
        if all(schema.get(name) == value for name, value in LOOSE.items()):
            schema["anyOf"] = [*schema.get("anyOf", []), {"type": "object"}]
        for inner in schema.values():
            _loosen(inner)
    elif isinstance(schema, list):
        for inner in schema:
            _loosen(inner)
