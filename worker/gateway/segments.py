"""Path segments that may hold a slash: a symbol is any printable ASCII."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

SLASH = "\x1f"  # stands for a slash inside a segment, since no symbol has it


def decoded(raw: bytes) -> str:
    """Return a path in which only the slashes that separate segments are slashes."""
    parts = (unquote_to_bytes(part).decode("utf-8", "replace") for part in raw.split(b"/"))
    return "/".join(part.replace("/", SLASH) for part in parts)


def segment(text: str) -> str:
    """Return a path parameter as its caller meant it."""
    return text.replace(SLASH, "/")
