"""`ticks.rejected`: why one record of `ticks.raw` became no decision, with the record itself."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

MAX_PAYLOAD = 64 * 1024  # bytes kept of the original value (decisions 9)


class Rejection(msgspec.Struct, gc=False):
    """One rejected record. Its source topic, partition and offset are in the headers."""

    schema_version: int
    symbol: Annotated[str | None, Meta(description="the record's key when it is text, else the payload's symbol")]
    sequence: Annotated[
        int | None, Meta(description="ordinal of this symbol's records; null before its first decision")
    ]
    ts: Annotated[int | None, Meta(description="bar open, epoch ms UTC; null when it could not be read")]
    mask: Annotated[int, Meta(description="bit set of the codes")]
    codes: Annotated[list[str], Meta(description="reject codes in bit order")]
    score: float
    level: Literal["Invalid"]
    reference: Annotated[float | None, Meta(description="last accepted close, quote currency")]
    sigma_ref: Annotated[float | None, Meta(description="robust scale of the last 100 log returns")]
    detail: Annotated[str | None, Meta(description="what the decoder said")]
    payload: Annotated[
        str | None, Meta(description="the original value, at most its first 64 KiB; null for a tombstone")
    ]
    payload_encoding: Literal["text", "base64"] | None
    payload_bytes: Annotated[int, Meta(description="size of the original value in bytes")]
    payload_sha256: Annotated[str | None, Meta(description="of the whole original value, when payload is cut")]
