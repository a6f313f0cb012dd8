"""Safe access to values of any type: any operation on a user's object may raise."""

from __future__ import annotations

from typing import Any

LONGEST = 80  # characters


def plain(value: Any) -> str | None:
    """Return the text of a `str` or of a subclass such as `np.str_`; None for anything else."""
    return str.__str__(value) if issubclass(type(value), str) else None


def shown(value: Any) -> str:
    """Return a value for a message: one line of its `repr`, or its type where `repr` raises."""
    try:
        text = " ".join(str(repr(value)).split())
        return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."
    except Exception:  # raised by the value itself
        return f"a value of type {type(value).__qualname__}"
