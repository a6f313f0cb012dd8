"""The tables: which topic each one archives, and its columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from worker.export.batches import Batches
from worker.export.columns import arrow
from worker.settings import Settings
from worker.settings.archive import TableName

UNREADABLE = "_unreadable"  # end of the name of a table's companion
STRUCTS = frozenset({"decisions", "rejections"})  # their columns are those of `export`; others are archived as text


class Kind(NamedTuple):
    """A table and the topic that it archives."""

    name: TableName
    topic: str
    schema: Any  # pyarrow.Schema
    batches: Batches | None  # None: the record's text is one column

    @property
    def companion(self) -> str:
        """Name of the table of records that can't be read."""
        return self.name + UNREADABLE


def kinds(settings: Settings) -> list[Kind]:
    """Return the tables of the settings, in the order of their names.

    Raises:
        ConfigError: pyarrow is missing.
    """
    return [kind_of(settings, name) for name in sorted({*settings.archive.tables})]


def kind_of(settings: Settings, name: TableName) -> Kind:
    """Return one table.

    Raises:
        ConfigError: pyarrow is missing.
    """
    topics = settings.topics
    topic = {
        "decisions": topics.output,
        "rejections": topics.rejections,
        "portfolio": topics.figures,
        "audit": topics.acts,
    }[name]
    pa = arrow()
    if name not in STRUCTS:
        fields = [("key", pa.string()), ("timestamp", instant()), ("record", pa.string())]
        return Kind(name, topic, pa.schema([*place(), *fields]), None)
    batches = Batches(name == "rejections")
    own = [field.with_type(stored(field.type)) for field in batches.schema]
    return Kind(name, topic, pa.schema([*place(), *own]), batches)


def place() -> list[Any]:
    """Return the fields that every table begins with: the UTC date, and where the record lies in its topic."""
    pa = arrow()
    names = (("date", pa.date32()), ("partition", pa.int32()), ("offset", pa.int64()), ("ce_id", pa.string()))
    return [pa.field(name, kind) for name, kind in names]


def unreadable_schema() -> Any:
    """Return the schema of a companion: the record's bytes, and why they can't be read."""
    pa = arrow()
    own = (
        ("timestamp", instant()),
        ("key", pa.binary()),
        ("value", pa.binary()),
        ("headers", pa.binary()),
        ("error", pa.string()),
    )
    return pa.schema([*place(), *(pa.field(name, kind) for name, kind in own)])


def instant() -> Any:
    """Return the type of times: microseconds, as Delta keeps them."""
    return arrow().timestamp("us", tz="UTC")


def stored(kind: Any) -> Any:
    """Return the type under which a table keeps a column of `export`."""
    timestamp: Callable[[Any], bool] = arrow("pyarrow.types").is_timestamp
    return instant() if timestamp(kind) else kind
