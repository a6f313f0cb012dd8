"""Answers of `status` and `status/history`."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Level = Literal["ok", "warn", "bad"]


class Said(msgspec.Struct):
    """One thing that is wrong, and the one thing to do."""

    level: Level
    sentence: str
    advice: str | None


class Covers(msgspec.Struct):
    """What `lost` is derived from: sequence numbers of each symbol over decisions and rejections together."""

    since_ms: Annotated[int | None, Meta(description="first record looked at, epoch ms UTC; null before")]
    records: int
    symbols: int
    missing: Annotated[list[str], Meta(description="the newest gaps, in words")]


class Status(msgspec.Struct):
    """The state of trading in one sentence, and its figures."""

    level: Level
    sentence: str
    advice: Annotated[str | None, Meta(description="the one thing to do; null where there is none")]
    problems: Annotated[list[Said], Meta(description="all that is wrong, the worst first; the sentence is the first")]
    decisions_per_s: Annotated[float, Meta(description="seen in the topic over 10 s")]
    p99_ms: Annotated[
        float | None, Meta(description="of encoding, sending and committing a batch, by the workers, over a minute")
    ]
    workers: Annotated[int | None, Meta(description="members of the group that are not known to be gone")]
    partitions: int | None
    lag_records: int | None
    lag_seconds: Annotated[
        float | None, Meta(description="for which the oldest record of the input has been waiting, as seen")
    ]
    rejected_share: Annotated[float | None, Meta(description="over 10 minutes; null without records")]
    lost: Annotated[int, Meta(description="records without an outcome, as far as `covers` says")]
    covers: Covers
    equity: float | None
    day_return: float | None
    gross: Annotated[float | None, Meta(description="leverage once pending orders are filled, as limits count it")]
    net: float | None
    var99: Annotated[float | None, Meta(description="the larger of both, as the limit counts it")]
    limits: dict[str, float]
    kill: Literal["none", "close_all"]
    monitor: Literal["running", "silent", "none"]
    age_s: Annotated[float | None, Meta(description="since the brokers last answered; null before the first answer")]
    now_ms: int


class StatusHistory(msgspec.Struct):
    """The last 15 minutes as columns, a point each 5 s, since the gateway started."""

    ts: list[int]
    level: list[Level]
    decisions_per_s: list[float]
    p99_ms: list[float | None]
    workers: list[int | None]
    lag_records: list[int | None]
    lag_seconds: list[float | None]
    rejected_share: Annotated[list[float | None], Meta(description="over a minute")]
    equity: list[float | None]
    day_return: list[float | None]
    gross: list[float | None]
    net: list[float | None]
    var99: list[float | None]
