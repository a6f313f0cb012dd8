"""`worker.state.<group>`: the envelope of a snapshot of one symbol's state."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta


class SnapshotEnvelope(msgspec.Struct, array_like=True):
    """The engine's record of one symbol after the input record at `offset`.

    MessagePack, array-like: fields are only appended.
    """

    format: int
    symbol: str
    offset: Annotated[int, Meta(ge=0, description="of the last input record the state contains")]
    fingerprint: Annotated[str, Meta(description="of the derived part: dtype, engine version, parameters")]
    carry_version: int
    carry: bytes
    derived: bytes
    crc32: int
