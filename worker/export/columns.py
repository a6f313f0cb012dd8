"""The columns of a record: its fields, nested ones flattened, each with an Arrow type."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec import inspect

from worker import extras

TIMES = frozenset({"ts", "close_ts"})  # epoch ms
UNPREFIXED = frozenset({"bar"})
PAIR = ("name", "value")  # fields of patterns and contributions


class Column(NamedTuple):
    """A column, and the fields that lead to its value."""

    name: str
    path: tuple[str, ...]
    type: Any  # pyarrow.DataType
    optional: bool = False  # the record may lack the struct that holds it
    given: bool = True  # the struct always has it


def arrow(module: str = "pyarrow") -> Any:
    """Return a module of pyarrow.

    Raises:
        ConfigError: pyarrow is not installed.
    """
    return extras.module(module, "parquet", "tables need pyarrow")


def columns_of(record: type[msgspec.Struct]) -> list[Column]:
    """Return columns in the order of the fields: `position.qty` is `position_qty`, but `bar.open` is `open`."""
    info = inspect.type_info(record)
    assert isinstance(info, inspect.StructType)
    return list(_columns(info, (), ""))


def schema_of(columns: Sequence[Column]) -> Any:
    """Return the pyarrow schema of columns."""
    return arrow().schema([(column.name, column.type) for column in columns])


def _columns(struct: inspect.StructType, path: tuple[str, ...], prefix: str) -> Iterator[Column]:
    for field in struct.fields:
        inner, here = _plain(field.type), (*path, field.name)
        if isinstance(inner, inspect.StructType) and not inner.array_like:
            found = _columns(inner, here, prefix if field.name in UNPREFIXED else f"{prefix}{field.name}_")
            yield from (column._replace(optional=True) for column in found) if not field.required else found
        elif field.name in TIMES:
            yield Column(prefix + field.name, here, arrow().timestamp("ms", tz="UTC"), given=field.required)
        else:
            yield Column(prefix + field.name, here, _type(inner), given=field.required)


def _plain(kind: inspect.Type) -> inspect.Type:
    """Strip description and null from a type."""
    if isinstance(kind, inspect.Metadata):
        return _plain(kind.type)
    if isinstance(kind, inspect.UnionType):
        [kept] = [each for each in map(_plain, kind.types) if not isinstance(each, inspect.NoneType)]
        return kept
    return kind


def _type(kind: inspect.Type) -> Any:
    pa, kind = arrow(), _plain(kind)
    if isinstance(kind, inspect.ListType):
        return pa.list_(_type(kind.item_type))
    if isinstance(kind, inspect.TupleType):
        return pa.struct([(name, _type(item)) for name, item in zip(PAIR, kind.item_types, strict=True)])
    if isinstance(kind, inspect.StructType):
        return pa.struct([(field.name, _type(field.type)) for field in kind.fields])
    if isinstance(kind, inspect.DictType):
        return pa.map_(_type(kind.key_type), _type(kind.value_type))
    plain = {
        inspect.IntType: pa.int64(),
        inspect.FloatType: pa.float64(),
        inspect.BoolType: pa.bool_(),
        inspect.StrType: pa.string(),
        inspect.LiteralType: pa.string(),
    }
    return plain[type(kind)]
