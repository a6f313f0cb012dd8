"""The version of aiokafka whose private parts the seams know."""

from __future__ import annotations

from importlib.metadata import version

PINNED = "0.14."


def known() -> bool:
    """Return whether that version is installed."""
    return version("aiokafka").startswith(PINNED)
