"""Why a decision is as it is."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from schemas.decision import Decision
from worker.gateway.resources.page import LOOSE

Value = float | str | None


class ExplainedStage(msgspec.Struct):
    """One stage of the engine at this bar."""

    stage: str
    title: str
    outcome: Annotated[
        Literal["passed", "blocked", "none"],
        Meta(description="blocked: it forbade to open, first or also; none: it had no part"),
    ]
    text: str
    values: dict[str, Value]


class Meaning(msgspec.Struct):
    """A code and its sentence."""

    code: str
    text: str


class Blocked(msgspec.Struct):
    """What kept a trade from happening."""

    code: str
    text: str
    stage: str | None
    moved_by: Annotated[str | None, Meta(description="the settings that move it, or the cause")]


class Contribution(msgspec.Struct):
    """A part of the score."""

    name: str
    value: float
    text: str


class Explanation(msgspec.Struct):
    """A decision in sentences."""

    symbol: str
    decision_id: str | None
    partition: int
    offset: int
    timestamp: int
    sentence: str
    stages: list[ExplainedStage]
    blocked_by: Annotated[Blocked | None, Meta(description="what forbade it first")]
    also_blocked: Annotated[list[Blocked], Meta(description="what would have forbidden it, too")]
    reasons: list[Meaning]
    contributions: list[Contribution]
    features: Annotated[dict[str, float | None] | None, Meta(description="with detail=full")]
    decision: Annotated[Decision | None, Meta(description="as the topic holds it", extra_json_schema=LOOSE)]
    problem: Annotated[str | None, Meta(description="how the record differs from what this gateway knows")] = None
