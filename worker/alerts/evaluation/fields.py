"""Fields of records by their dotted names, and decoders that read only those."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from functools import cache
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import inspect

from worker.alerts.evaluation.sources import STRUCTS

Kind = Literal["number", "text", "truth", "texts", "structs"]
Getter = Callable[[Any, Any], Any]  # of a record and of the element that is looked at
_LEAVES: dict[Kind, Any] = {
    "number": float | int | None,
    "text": str | None,
    "truth": bool | None,
    "texts": list[str] | None,
}
_SCALARS = {
    inspect.IntType: "number",
    inspect.FloatType: "number",
    inspect.StrType: "text",
    inspect.BoolType: "truth",
    inspect.LiteralType: "text",
}


_info = cache(inspect.type_info)  # it looks at every annotation anew


class UnknownField(ValueError):
    """No such field; the message suggests the nearest one."""


class Field(NamedTuple):
    """A field: what it holds, and how it is read."""

    kind: Kind
    get: Getter


def field(source: str, path: str, each: str | None = None) -> Field:
    """Return a field of a source's records; `each` is the list whose elements are looked at.

    Raises:
        UnknownField: there is none of this name, or it has no single value.
    """
    if each is not None and path == each:
        if _found(source, each)[0] != "texts":
            raise UnknownField(f"{path!r} is a list of tables: name a field of its elements, such as {path}.…")
        return Field("text", lambda _, element: element)
    if each is not None and path.startswith(f"{each}."):
        kind, parts = _of_element(source, each, path)
        return Field(kind, _from_element(parts))
    kind, parts, _ = _found(source, path)
    if kind == "structs":
        raise UnknownField(f"{path!r} is a list: name it in `each`, and fields as {path}.…")
    return Field(kind, _from_record(parts))


def elements(source: str, path: str) -> Callable[[Any], list[Any]]:
    """Return the reader of a list of a source's records.

    Raises:
        UnknownField: there is no such list.
    """
    kind, parts, _ = _found(source, path)
    if kind not in ("texts", "structs"):
        raise UnknownField(f"{path!r} is no list")
    get = _from_record(parts)
    return lambda record: get(record, None) or []


def decoder(source: str, paths: Iterable[str]) -> msgspec.json.Decoder[Any]:
    """Return the decoder of a source's records that reads these fields and passes over all others."""
    tree: dict[str, Any] = {}
    for path in paths:
        node, parts = tree, path.split(".")
        for part in parts[:-1]:
            node = node.setdefault(part, {})
        node.setdefault(parts[-1], {})
    return msgspec.json.Decoder(_slim(STRUCTS[source], tree))


def _slim(struct: Any, tree: dict[str, Any]) -> type[msgspec.Struct]:
    info = _info(struct)
    assert isinstance(info, inspect.StructType)
    fields = [
        (one.encode_name, _type(one.type, tree[one.encode_name]), None)
        for one in info.fields
        if one.encode_name in tree
    ]
    return msgspec.defstruct(f"Slim{struct.__name__}", fields, gc=False)


def _type(found: inspect.Type, tree: dict[str, Any]) -> Any:
    kind, inner = _kind(found)
    if kind in _LEAVES:
        return _LEAVES[kind]
    if isinstance(inner, inspect.DictType):
        return dict[str, float | None] | None
    assert isinstance(inner, inspect.StructType)
    # A struct in the form of a list is read by places, so it needs all of them.
    slim = inner.cls if inner.array_like else _slim(inner.cls, tree)
    return list[slim] | None if kind == "structs" else slim | None  # type: ignore[valid-type]


def _found(source: str, path: str) -> tuple[Kind, list[str], inspect.Type]:
    here: inspect.Type = _info(STRUCTS[source])
    parts = path.split(".")
    for at, part in enumerate(parts):
        here = _below(here, part, path, ".".join(parts[:at]))
    kind, inner = _kind(here)
    if kind is None:
        raise UnknownField(f"{path!r} has no single value; {_among(inner, path)}")
    return kind, parts, inner


def _of_element(source: str, each: str, path: str) -> tuple[Kind, list[str]]:
    _, _, here = _found(source, each)
    parts = path[len(each) + 1 :].split(".")
    for at, part in enumerate(parts):
        here = _below(here, part, path, ".".join([each, *parts[:at]]))
    kind, _ = _kind(here)
    if kind is None or kind == "structs":
        raise UnknownField(f"{path!r} has no single value")
    return kind, parts


def _below(here: inspect.Type, part: str, path: str, above: str) -> inspect.Type:
    _, inner = _kind(here)
    if isinstance(inner, inspect.DictType):
        return inner.value_type
    if not isinstance(inner, inspect.StructType):
        raise UnknownField(f"{above!r} has no fields, so there is no {path!r}")
    for one in inner.fields:
        if one.encode_name == part:
            return one.type
    names = [one.encode_name for one in inner.fields]
    near = get_close_matches(part, names, 1)
    place = f"{above}." if above else ""
    rest = path[len(place) + len(part) :]
    hint = f"did you mean {place}{near[0]}{rest}?" if near else f"known: {', '.join(names)}"
    raise UnknownField(f"there is no field {path!r}; {hint}")


def _among(inner: inspect.Type, path: str) -> str:
    if isinstance(inner, inspect.StructType):
        return f"name one of its fields: {', '.join(f'{path}.{one.encode_name}' for one in inner.fields)}"
    return "it can't be compared"


def _kind(found: inspect.Type) -> tuple[Kind | None, inspect.Type]:
    """Return what a type holds, and the type itself without null and descriptions."""
    while isinstance(found, inspect.Metadata):
        found = found.type
    if isinstance(found, inspect.UnionType):
        rest = [one for one in found.types if not isinstance(one, inspect.NoneType)]
        kinds = {_kind(one)[0] for one in rest}
        return _kind(rest[0]) if len(rest) == 1 or kinds == {"number"} else (None, found)
    if isinstance(found, inspect.ListType):
        kind, inner = _kind(found.item_type)
        if kind == "text":
            return "texts", found
        return ("structs", inner) if isinstance(inner, inspect.StructType) else (None, found)
    return _SCALARS.get(type(found)), found  # type: ignore[return-value]


def _from_record(parts: list[str]) -> Getter:
    if len(parts) == 1:
        name = parts[0]
        return lambda record, _: getattr(record, name)
    return lambda record, _: _walk(record, parts)


def _from_element(parts: list[str]) -> Getter:
    return lambda _, element: _walk(element, parts)


def _walk(value: Any, parts: list[str]) -> Any:
    for part in parts:
        if value is None:
            return None
        value = value.get(part) if isinstance(value, dict) else getattr(value, part)
    return value
