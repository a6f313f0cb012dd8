"""Limits of symbols and of all, what sets them, and how far they are obeyed."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from schemas.audit import Acknowledged
from schemas.control import CorporateAction
from worker.operate.controls import KEY

Reason = Annotated[str, Meta(min_length=1, max_length=1_000, description="why; the audit keeps it")]
Key = Annotated[
    str,
    Meta(min_length=1, max_length=64, description="a symbol, or `*` for all", extra_json_schema={"pattern": KEY}),
]
CHANGES = ("risk_mult", "max_notional", "allow_open", "kill")
Kill = Literal["none", "close_all"]


class LimitsRecord(msgspec.Struct):
    """A control record, with the members that have their defaults."""

    key: str
    version: int
    effective_ts: Annotated[int, Meta(description="it applies to bars from here on, epoch ms UTC")]
    risk_mult: float
    max_notional: float | None
    allow_open: bool
    kill: Kill
    corp_action: CorporateAction | None
    reason: str


class LimitsItem(msgspec.Struct):
    """The newest record of a key."""

    key: str
    version: Annotated[int, Meta(description="for If-Match")]
    control: LimitsRecord
    since_version: Annotated[
        int, Meta(description="of the first record that said the same: decisions that name it or a later one obey")
    ]
    written_ms: Annotated[
        int, Meta(description="since when it is so: of the operator's act, else of that first record; epoch ms UTC")
    ]
    renewed_ms: Annotated[
        int, Meta(description="of the newest record, which may only repeat what another said; epoch ms UTC")
    ]
    by: Annotated[
        Literal["operator", "monitor", "unknown"],
        Meta(
            description="who wanted it, whoever repeats it; unknown: another program, or an act of which the gateway "
            "has no record"
        ),
    ]
    who: Annotated[str | None, Meta(description="the operator")]
    reason: Annotated[str, Meta(description="why: as the operator said it, else as the record does")]
    stale: Annotated[bool, Meta(description="too old for the newest bars: nothing is opened")]


class LimitsList(msgspec.Struct):
    """All limits, `*` first."""

    items: list[LimitsItem]


class LimitsChange(msgspec.Struct, forbid_unknown_fields=True):
    """What to change; members that are left out keep their values."""

    FORMS: ClassVar[list[dict[str, Any]]] = [{"required": [name]} for name in CHANGES]  # it changes something

    reason: Reason
    risk_mult: Annotated[float, Meta(ge=0, le=1, description="scales sizes")] | UnsetType = UNSET
    max_notional: (
        Annotated[float, Meta(ge=0, description="most of a position, quote currency; null: no cap")] | UnsetType | None
    ) = UNSET
    allow_open: bool | UnsetType = UNSET
    kill: Kill | UnsetType = UNSET
    effective_ts: Annotated[int, Meta(ge=0, le=2**53, description="epoch ms UTC; 0: all later bars")] = 0


class Written(msgspec.Struct):
    """An act that is written."""

    key: str
    version: Annotated[int | None, Meta(description="null where a record was removed")]
    control: LimitsRecord | None
    audit_id: Annotated[str, Meta(description="of its record in `audit`")]
    written_ms: Annotated[int, Meta(description="epoch ms UTC")]
    repeated: Annotated[bool, Meta(description="it was written before, by the same Idempotency-Key")]


class KillOrder(msgspec.Struct, forbid_unknown_fields=True):
    """Close all positions of a symbol or of all symbols, and open none."""

    key: Key
    reason: Reason
    word: Annotated[Literal["KILL"], Meta(description="so that no slip of the hand kills")]


class KillTarget(msgspec.Struct):
    """A position that a kill would close."""

    symbol: str
    state: str
    notional: Annotated[float | None, Meta(description="signed, quote currency")]


class KillPreview(msgspec.Struct):
    """What a kill would close."""

    key: str
    positions: int
    notional: Annotated[float | None, Meta(description="sum of the values; null where they are of several currencies")]
    currency: str | None
    symbols: Annotated[list[KillTarget], Meta(description="the largest first, at most 1,000")]


class PartitionEffect(msgspec.Struct):
    """What the newest decision of a partition obeys."""

    partition: int
    version: Annotated[int | None, Meta(description="0: none; null: no decision is known")]
    in_force: bool
    offset: int | None
    close_ts: Annotated[int | None, Meta(description="of that decision, epoch ms UTC")]


class Effect(msgspec.Struct):
    """How far a record is obeyed, by the newest decisions."""

    key: str
    version: Annotated[int, Meta(description="0: the removal of the record")]
    partitions: list[PartitionEffect]
    in_force: Annotated[int, Meta(description="partitions whose newest decision obeys it or a later one")]
    of: Annotated[int, Meta(description="partitions with a decision")]


class AcknowledgementOrder(msgspec.Struct, forbid_unknown_fields=True):
    """What to acknowledge."""

    subject: Annotated[Acknowledged, Meta(description="a kill, or decisions that can't be read")]
    reason: Reason


class Acknowledgement(msgspec.Struct):
    """An acknowledgement that is written."""

    subject: Acknowledged
    audit_id: str
    written_ms: Annotated[int, Meta(description="epoch ms UTC")]
    repeated: bool
