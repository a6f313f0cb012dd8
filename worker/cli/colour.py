"""Decide whether a stream gets colours: by NO_COLOR, FORCE_COLOR and TERM, else whether it is a terminal."""

from __future__ import annotations

import os
from typing import TextIO


def coloured(stream: TextIO) -> bool:
    """The rule that rich follows for tables and help, for what click prints: a variable that is empty is not set."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM", "") not in ("dumb", "unknown")
