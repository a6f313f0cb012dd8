"""What the processes that compile tell each other: names of parts, and lines for what is done."""

from __future__ import annotations

PARTS = ("observe", "outputs", "decide", "indicators", "rest", "sets")  # the longest first
KERNEL, PART = "kernel", "part"
