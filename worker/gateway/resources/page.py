"""What all pages have in common."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

# Records of other versions have other forms, so any object may stand where this marks a topic's value.
LOOSE = {"x-as-published": True}


class Scanned(msgspec.Struct):
    """What was read for a page."""

    records: int
    bytes: int
    ms: Annotated[int, Meta(description="wall time")]


class Original(msgspec.Struct):
    """The bytes of a record or of a part of it."""

    base64: str
    size: Annotated[int, Meta(description="bytes of the whole")]
