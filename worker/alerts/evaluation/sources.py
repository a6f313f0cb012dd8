"""What rules look at: the structs of their sources."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta

from schemas.decision import Decision
from schemas.portfolio import Portfolio
from schemas.rejection import Rejection

ORDER = ("decisions", "rejections", "portfolio", "audit")  # of the topics within a step


class Row(msgspec.Struct, array_like=True, omit_defaults=True, frozen=True):
    """One observation of the fleet; what does not apply is empty or null."""

    kind: Annotated[Literal["lag", "group", "metric"], Meta(description="what was observed")]
    role: Annotated[str, Meta(description="worker, risk, archive")] = ""
    group: str = ""
    topic: str = ""
    partition: int | None = None
    offset: Annotated[int | None, Meta(description="committed")] = None
    lag_records: int | None = None
    lag_seconds: Annotated[float | None, Meta(description="since when it has not been at the end")] = None
    stalled_seconds: Annotated[float | None, Meta(description="since when it lags and commits nothing")] = None
    members: int | None = None
    instance: str = ""
    metric: Annotated[str, Meta(description="name with its labels, without the prefix `alphapulse_`")] = ""
    value: float | None = None
    change: Annotated[float | None, Meta(description="of a metric since the observation before")] = None


class Sequence(msgspec.Struct, frozen=True):
    """How many of a symbol's records are missing, once a later one has come."""

    symbol: str
    partition: int
    sequence: Annotated[int, Meta(description="of the newest record")]
    missing: int
    first_missing: int | None


STRUCTS: dict[str, type[msgspec.Struct]] = {
    "decisions": Decision,
    "rejections": Rejection,
    "portfolio": Portfolio,
    "fleet": Row,
    "sequences": Sequence,
}


class Event(NamedTuple):
    """A record on its way through the rules."""

    source: str
    topic: str
    partition: int
    offset: int
    ts: int  # of the event, epoch ms, at most the present
    record: Any  # with the fields that rules name
    interval: int = 0  # length of a decision's bar, ms
