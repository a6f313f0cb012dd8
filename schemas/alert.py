"""`alerts`: what a rule found, from its first sign to its end."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from schemas.tick import END

FINGERPRINT = r"^[0-9a-f]{16}" + END
Severity = Literal["info", "warning", "critical"]
State = Literal["pending", "firing", "acknowledged", "resolved"]


class Evidence(msgspec.Struct, frozen=True):
    """A record that shows it."""

    topic: str
    partition: int
    offset: int


class Reading(msgspec.Struct, frozen=True, omit_defaults=True):
    """A figure beside its limit."""

    name: str
    value: Annotated[float | str | bool | None, Meta(description="numbers have 10 significant digits")]
    limit: Annotated[float | None, Meta(description="null: it has none")] = None


class Acknowledgement(msgspec.Struct, frozen=True):
    """Who has taken it on."""

    who: str
    reason: str
    ts: Annotated[int, Meta(description="of the act, epoch ms UTC")]


class Alert(msgspec.Struct, frozen=True):
    """A rule's finding about one set of labels, at a change of its state. Key: the fingerprint."""

    schema_version: int
    alert_id: Annotated[str, Meta(description="<fingerprint>-<starts_ms>: one from the first sign to the end")]
    fingerprint: Annotated[str, Meta(pattern=FINGERPRINT, description="of rule and labels")]
    rule: str
    severity: Severity
    state: State
    labels: dict[str, str]
    summary: str
    values: list[Reading]
    evidence: Annotated[list[Evidence], Meta(description="the newest last")]
    runbook: str
    starts_ms: Annotated[int, Meta(description="the first sign, in the time of its source, epoch ms UTC")]
    fired_ms: Annotated[int | None, Meta(description="wall time, as journaled; null before it fires")]
    ends_ms: Annotated[int | None, Meta(description="wall time, as journaled; null until it is resolved")]
    acknowledged: Acknowledgement | None
    step: Annotated[int, Meta(description="number of the journaled step that wrote it")]
