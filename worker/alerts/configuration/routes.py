"""Routes, inhibitions and quiet hours, as the file states them."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from worker.alerts.configuration.rules import Strict, Text
from worker.alerts.configuration.units import Duration

Labels = dict[str, Text]  # label, `rule` or `severity` → value; a `*` at its end stands for anything
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


class Route(Strict):
    """Which alerts go where, and how often."""

    match: Labels = Field(default_factory=dict)
    receivers: tuple[str, ...] = Field(min_length=1)
    escalate: tuple[str, ...] = ()  # next receivers, one after the other, while nobody has acknowledged
    group_by: tuple[str, ...] = ()  # beside the rule
    wait: Duration = 10_000  # from a group's first alert to its first message
    interval: Duration = 300_000  # between two messages of a group
    repeat: Duration = 14_400_000  # until a group that still fires is told again
    escalate_after: Duration = 900_000
    storm: int = Field(20, ge=0, le=10_000)  # alerts a minute above which they become one summary; 0 = never


class Inhibition(Strict):
    """While an alert of `source` fires, those of `target` are recorded and not told."""

    source: Labels = Field(min_length=1)
    target: Labels = Field(min_length=1)
    equal: tuple[str, ...] = ()  # labels that both must have alike


class Quiet(Strict):
    """Hours in which nothing but critical alerts is told; what still fires then is told afterwards."""

    begin: str
    end: str
    days: tuple[Day, ...] = DAYS
    zone: str = "UTC"
    match: Labels = Field(default_factory=dict)

    @field_validator("begin", "end")
    @classmethod
    def _time(cls, value: str) -> str:
        if not _TIME.fullmatch(value):
            raise ValueError(f"{value!r} is no time of day: write for example 22:00")
        return value

    @field_validator("zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"{value!r} is no time zone: write for example Europe/Berlin") from None
        return value


Routes = Annotated[tuple[Route, ...], Field(max_length=1_000)]
