"""What a refused value may be, from the document of the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worker.gateway.parameters import BODY

FEW = 24  # values that are listed
LOOK = "See /openapi.json"


def hints(document: Mapping[str, Any], path: str, method: str, names: list[str]) -> str:
    """Return what these parameters, or members of the body, of an operation may be; `path` is its template."""
    operation = document["paths"].get(path, {}).get(method.lower(), {})
    told = [f"{name}: {said}" for name in names if (said := _said(_schema(document, operation, name)))]
    if BODY in names and (members := _members(document, operation)):
        told.append(f"the body has {', '.join(members)}")
    return f"{'; '.join(told)}. {LOOK}" if told else LOOK


def _schema(document: Mapping[str, Any], operation: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    for parameter in operation.get("parameters", ()):
        if parameter["name"] == name:
            said: Mapping[str, Any] = parameter["schema"]
            return {"description": parameter.get("description"), **said}
    return _resolved(document, _members(document, operation).get(name, {}))


def _members(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Mapping[str, Any]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    found: Mapping[str, Any] = _resolved(document, content.get("schema", {})).get("properties", {})
    return found


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def _said(schema: Mapping[str, Any]) -> str:
    values = [value for value in _values(schema) if value is not None]
    if values and len(values) <= FEW:
        return f"one of {', '.join(map(str, values))}"
    said = str(schema.get("description") or "")
    if "maxLength" in schema:
        said += f"{', ' if said else ''}at most {schema['maxLength']} characters"
    return said


def _values(schema: Mapping[str, Any]) -> list[Any]:
    if "const" in schema:
        return [schema["const"]]
    if "enum" in schema:
        return list(schema["enum"])
    return [value for each in (*schema.get("anyOf", ()), *schema.get("oneOf", ())) for value in _values(each)]
