"""What a client wants to hear."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple
from urllib.parse import parse_qsl

from worker.gateway.auth.caller import Caller
from worker.gateway.auth.roles import may
from worker.gateway.parameters import refuse_unknown
from worker.gateway.resources.problem import Refused
from worker.gateway.stream.places import Place, read_places

RECORDS = ("decisions", "rejections", "portfolio", "limits", "audit")  # topics of Kafka
FIGURES = ("fleet", "status")  # what the gateway itself says, each second
TOPICS = (*RECORDS, *FIGURES)
PARAMETERS = ("topics", "mode", "symbol", "from", "last_event_id")
BY_SYMBOL = frozenset({"decisions", "rejections", "limits"})
LAST = b"last-event-id"

Mode = Literal["all", "latest"]


class Kind(NamedTuple):
    """What a channel sends; streams of one kind share it."""

    topics: tuple[str, ...]
    mode: Mode
    symbol: str | None
    payload: bool  # of rejections

    @property
    def records(self) -> tuple[str, ...]:
        """The topics of Kafka among them."""
        return tuple(topic for topic in self.topics if topic in RECORDS)

    def keys(self, topic: str) -> frozenset[bytes] | None:
        """Return the keys of a topic that are wanted; None: all, and records without a key."""
        if self.symbol is None or topic not in BY_SYMBOL:
            return None
        own = self.symbol.encode("utf-8", "surrogatepass")
        return frozenset({own, b"*"}) if topic == "limits" else frozenset({own})


class Wanted(NamedTuple):
    """What one client wants."""

    kind: Kind
    start: Literal["end", "start"]
    last: Mapping[str, Place]  # where an earlier stream ended; a topic that is not in it begins at `start`


def read_wanted(scope: Mapping[str, Any], caller: Caller) -> Wanted:
    """Return what a request asks for.

    Raises:
        Refused: a parameter can't be understood, or the caller may not hear a topic.
    """
    pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    given = dict(pairs)
    refuse_unknown(given, PARAMETERS)
    if len(given) < len(pairs):
        raise _invalid("a parameter is given twice", "Give each one once")
    topics = _topics(given.get("topics", "decisions"))
    if "audit" in topics and not may(caller, "admin"):
        _forbid(caller)
    mode = _one_of("mode", given.get("mode", "all"), ("all", "latest"))
    start = _one_of("from", given.get("from", "end"), ("end", "start"))
    symbol = given.get("symbol")
    if symbol == "":
        raise _invalid("symbol is empty", "Name a symbol, or leave the parameter out")
    header = next((value.decode("latin-1") for name, value in scope["headers"] if name == LAST), "")
    kind = Kind(topics, mode, symbol, may(caller, "operate"))  # type: ignore[arg-type]
    return Wanted(kind, start, _last(header or given.get("last_event_id", "")))  # type: ignore[arg-type]


def _topics(text: str) -> tuple[str, ...]:
    names = set(text.split(","))
    for name in sorted(names):
        if name not in TOPICS:
            raise _invalid(f"there is no topic {name[:64]!r} here", f"Known are {', '.join(TOPICS)}")
    return tuple(name for name in TOPICS if name in names)


def _one_of(name: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise _invalid(f"{name} is {value[:64]!r}", f"Use {' or '.join(known)}")
    return value


def _last(text: str) -> dict[str, Place]:
    try:
        return read_places(text)
    except ValueError as error:
        raise _invalid(str(error), "Send the id of an event as it came, or none") from None


def _forbid(caller: Caller) -> None:
    raise Refused(403, "forbidden", f"the topic audit needs the role admin, and you have {caller.role}", "Leave it out")


def _invalid(detail: str, fix: str) -> Refused:
    return Refused(400, "invalid_parameter", detail, fix)
