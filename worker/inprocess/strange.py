"""Looks at values of any type without being harmed: a user's object may raise at whatever is asked of it."""

from __future__ import annotations

from typing import Any

LONGEST = 80  # characters


def plain(value: Any) -> str | None:
    """The text of a `str` or of a subclass such as `np.str_`; None for anything else."""
    return str.__str__(value) if issubclass(type(value), str) else None


def shown(value: Any) -> str:
    """What a message says of a value: one line of its `repr`, or its type where even that raises."""
    try:
        text = " ".join(str(repr(value)).split())
        return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."
    except Exception:  # of the value's own making
        return f"a value of type {type(value).__qualname__}"
