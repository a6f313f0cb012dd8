"""What operators did."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from schemas.audit import Audit
from worker.gateway.resources.page import LOOSE, Scanned


class AuditItem(msgspec.Struct):
    """An act, and where it lies."""

    partition: int
    offset: int
    timestamp: Annotated[int, Meta(description="of the record, epoch ms UTC")]
    act: Annotated[Audit | None, Meta(description="as the topic holds it", extra_json_schema=LOOSE)]
    unreadable: Annotated[bool, Meta(description="whether the record is no JSON object")] = False
    problem: Annotated[str | None, Meta(description="how it differs from what this gateway knows")] = None


class AuditPage(msgspec.Struct):
    """Some acts."""

    items: list[AuditItem]
    cursor: Annotated[str | None, Meta(description="of the next page; null at the end")]
    complete: Annotated[bool, Meta(description="false: a budget ended before the page was full or the end was reached")]
    scanned: Scanned
