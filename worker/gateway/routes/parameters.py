"""Parameters that several routes take."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Annotated

from litestar.params import Parameter, QueryParameter

from worker.gateway.reading.cursor import MOST
from worker.gateway.resources.problem import Refused

MOST_MS = 2**53  # greatest time
Symbol = Annotated[str | None, Parameter(description="symbol, the records' key", min_length=1, max_length=64)]
SymbolPath = Annotated[str, Parameter(description="symbol; a slash in it as %2F", min_length=1, max_length=64)]
Limit = Annotated[int, Parameter(description="most items", ge=1, le=1_000)]
Since = Annotated[
    int | None,
    QueryParameter(name="from", description="least time, epoch ms UTC", ge=0, le=MOST_MS),
]
Until = Annotated[
    int | None,
    QueryParameter(name="to", description="time before which, epoch ms UTC", ge=0, le=MOST_MS),
]
CursorText = Annotated[
    str | None, Parameter(description="where the last page ended; with the same filters", max_length=MOST)
]


def one_of(name: str, value: str | None, known: Sequence[str]) -> None:
    """Refuse a value that is none of a closed list.

    Raises:
        Refused: it is none; the nearest one is named.
    """
    if value is not None and value not in known:
        near = get_close_matches(value, known, 1)
        raise Refused(
            400,
            "invalid_parameter",
            f"{name}: {value[:64]!r} is unknown",
            f"Did you mean {near[0]}?" if near else f"Known are {', '.join(known)}",
        )
