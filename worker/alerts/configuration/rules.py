"""The kinds of rules and their predicates, as the file states them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from schemas.alert import Severity
from worker.alerts.configuration.units import Duration, Number

Source = Literal["decisions", "rejections", "portfolio", "fleet", "sequences"]
Text = Annotated[str, Field(max_length=400)]


class Strict(BaseModel):
    """Base of every table of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Predicate(Strict):
    """A field and one condition on it."""

    field: str
    is_: Text | bool | int | float | None = Field(None, alias="is")
    is_not: Text | bool | int | float | None = None
    one_of: tuple[Text, ...] | None = None
    contains: Text | None = None
    starts_with: Text | None = None
    above: Number | None = None
    below: Number | None = None
    at_least: Number | None = None
    at_most: Number | None = None

    @property
    def conditions(self) -> dict[str, Any]:
        """The stated conditions by name."""
        return {name: getattr(self, name) for name in self.model_fields_set if name != "field"}

    @model_validator(mode="after")
    def _one(self) -> Self:
        stated = self.conditions
        if len(stated) != 1 or None in stated.values():
            known = "is, is_not, one_of, contains, starts_with, above, below, at_least, at_most"
            raise ValueError(f"a predicate has a field and exactly one of {known}")
        return self


class Base(Strict):
    """What all kinds of rules have."""

    source: Source
    severity: Severity = "warning"
    summary: str = Field(min_length=1, max_length=400)
    runbook: str = Field("", max_length=400)
    enabled: bool = True
    each: str | None = None  # a list of the record: every element is looked at alone
    where: tuple[Predicate, ...] = ()
    labels: dict[str, str] = Field(default_factory=dict)  # label → field
    fixed: dict[str, Text] = Field(default_factory=dict)  # label → value
    values: tuple[str, ...] = ()  # fields to show

    @model_validator(mode="after")
    def _names(self) -> Self:
        taken = {"rule", "severity"} & {*self.labels, *self.fixed} | {*self.labels} & {*self.fixed}
        if taken:
            raise ValueError(f"the label {sorted(taken)[0]!r} is set already")
        return self


class Match(Base):
    """A record with certain values. Without `hold` it ends with the first record that no longer has them."""

    kind: Literal["match"]
    hold: Duration | None = None  # it ends so long after the last such record

    @property
    def lasting(self) -> int:
        """For how long a series is of interest, ms."""
        return self.hold or 0


class Rate(Base):
    """A count, or with `of` a share of all records of other sources, in a window of event time."""

    kind: Literal["rate"]
    window: Duration
    above: Number
    release: Number | None = None  # it ends at or below this; none = `above`
    of: tuple[Literal["decisions", "rejections"], ...] = ()
    of_labels: tuple[str, ...] = ()  # labels by which those are counted apart
    least: int = Field(1, ge=1)  # records of `of` below which no share is formed

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.window < 60_000:
            raise ValueError("a window is a minute or more")
        if self.release is not None and self.release > self.above:
            raise ValueError("release must not be greater than above")
        if unknown := {*self.of_labels} - {*self.labels}:
            raise ValueError(f"of_labels names {sorted(unknown)[0]!r}, which is no label of the rule")
        if self.of and self.source not in ("decisions", "rejections"):
            raise ValueError("a share is formed of decisions and rejections only")
        return self


class Absent(Base):
    """No record for some time, once there was one."""

    kind: Literal["absent"]
    after: Duration
    clock: Literal["event", "wall"] = "event"  # event: while other records of the source go on
    intervals: int = Field(0, ge=0, le=10_000)  # at least so many lengths of the last bar
    forget: Duration = 86_400_000  # so long after the last record the series is dropped

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.forget <= self.after:
            raise ValueError("forget must be longer than after")
        if self.intervals and self.source != "decisions":
            raise ValueError("intervals are those of bars: the source must be decisions")
        if self.each is not None:
            raise ValueError("each has no meaning for records that are absent")
        return self


class Threshold(Base):
    """A figure beyond a limit, for some time; it ends at the release value."""

    kind: Literal["threshold"]
    field: str
    above: Number | str | None = None  # a number, or the name of one of the portfolio's limits
    below: Number | str | None = None
    release: Number | None = None
    for_: Duration = Field(0, alias="for")
    forget: Duration = 86_400_000

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.above is None) == (self.below is None):
            raise ValueError("a threshold has either above or below")
        return self


Rule = Annotated[Match | Rate | Absent | Threshold, Field(discriminator="kind")]
