"""`worker.state.<group>`: the records that the next owner of a partition restores its state from.

Format: MessagePack, array-like. Fields are only appended.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from schemas.control import Control


class StrategyState(msgspec.Struct, array_like=True):
    """What a strategy keeps of one symbol."""

    name: str
    version: int
    fields: Annotated[str, Meta(description="of `own`: name, kind, shape and offset of each, and the size, as JSON")]
    own: Annotated[bytes, Meta(description="the user's own state")]
    standing_version: int
    standing: Annotated[bytes, Meta(description="how the pending order enters, and the strategy's circuit")]
    plan: Annotated[str, Meta(description="fingerprint of `memory`: indicators, validation, instrument")]
    memory: Annotated[bytes, Meta(description="of the indicators, as `encoding` says; bars can rebuild it")]
    encoding: Annotated[Literal["raw", "lz4"], Meta(description="of `memory`")] = "raw"
    switch: Annotated[
        int, Meta(ge=0, description="ordinal of the journal's entry whose strategy it is of; 0 = the configured one")
    ] = 0
    parts: Annotated[
        list[tuple[str, int, int]],
        Meta(description="of `memory`, which another plan may have too: fingerprint, first byte, bytes"),
    ] = []


class SnapshotEnvelope(msgspec.Struct, array_like=True):
    """The engine's record of one symbol after the input record at `offset`. Key: the symbol."""

    format: int
    symbol: str
    offset: Annotated[int, Meta(ge=0, description="the state contains the symbol's input records up to this one")]
    fingerprint: Annotated[str, Meta(description="of the derived part: dtype, engine version, parameters")]
    carry_version: int
    carry: bytes
    derived: Annotated[bytes, Meta(description="as `encoding` says")]
    crc32: Annotated[int, Meta(description="of all other fields")]
    encoding: Annotated[Literal["raw", "lz4"], Meta(description="of `derived`")] = "raw"
    engine_version: str = ""
    config_hash: str = ""
    warm_from: Annotated[int, Meta(description="from here on the input rebuilds `derived`: 1,024 records or more")] = 0
    warm_next: Annotated[int, Meta(description="a later offset that may become `warm_from`")] = 0
    term: Annotated[int, Meta(description="of the owner that wrote it, see `ReplayFrom`; 0 where it is not known")] = 0
    strategy: Annotated[StrategyState | None, Meta(description="where a strategy decides: format 2, else 1")] = None


class StateOwner(msgspec.Struct, array_like=True):
    """The owner of the partition's state. Key: `__owner__`."""

    format: int
    group: str
    input: Annotated[str, Meta(description="input topic")]
    partition: int
    partitions: Annotated[int, Meta(description="of the input topic")]
    engine_version: str
    config_hash: str


class ReplayFrom(msgspec.Struct, array_like=True):
    """The offset to resume at. Key: `__replay_from__`; written with every snapshot."""

    format: int
    origin: Annotated[int, Meta(description="first input offset that the group has processed")]
    replay_from: Annotated[int, Meta(description="no change that lies before it is unsaved")]
    next: Annotated[int, Meta(description="input offset of the transaction")]
    input_id: Annotated[str, Meta(description="of the input topic, 32 hex digits; empty where it is not known")] = ""
    term: Annotated[
        int, Meta(description="the offset here of what the owner wrote first: those of later owners are greater")
    ] = 0


class Reset(msgspec.Struct, array_like=True):
    """A deliberate removal of the partition's state. Key: `__reset__<offset>`; kept forever."""

    format: int
    offset: Annotated[int, Meta(ge=0, description="input offset from which every symbol restarts with sequence 1")]
    ts: Annotated[int, Meta(description="of the reset, epoch ms UTC")]


class JournalEntry(msgspec.Struct, array_like=True, frozen=True):
    """A control record or a switch as the partition applied it. Key: `__journal__control:<key>:<ordinal>`.

    It applies to a bar iff the bar's input offset is at least `visible_from` and its `ts` at least `effective_ts`.
    """

    format: int
    key: Annotated[str, Meta(description="symbol, * for all, * model, or * strategy and its name")]
    ordinal: Annotated[int, Meta(ge=1, description="of the key's entries in this partition")]
    version: Annotated[int, Meta(description="of the control record; of the one before where it was withdrawn")]
    visible_from: Annotated[int, Meta(ge=0, description="first input offset that saw it")]
    effective_ts: Annotated[int, Meta(description="epoch ms UTC")]
    ts: Annotated[int, Meta(description="of the control record, epoch ms UTC: from here on it ages")]
    offset: Annotated[int, Meta(description="of the control record in its topic")]
    control: Annotated[Control | None, Meta(description="null: the record was removed from the topic")]
    crc32: Annotated[int, Meta(description="of all other fields")] = 0
