"""Check that refuses deeply nested values before the decoder reads them.

The decoder recurses, and its depth limit depends on the caller's stack; a rejection must not depend on it.
"""

from __future__ import annotations

MAX_DEPTH = 64
SHORT = 256  # bytes; anything shorter nests far less than any stack allows
_OPEN, _CLOSE, _QUOTE, _ESCAPE = b"[{", b"]}", 0x22, 0x5C


def json_too_deep(value: bytes) -> bool:
    """Return whether JSON text nests arrays and objects deeper than MAX_DEPTH."""
    if len(value) <= SHORT or value.count(b"[") + value.count(b"{") <= MAX_DEPTH:
        return False
    depth = 0
    inside = escaped = False
    for byte in value:
        if inside:
            if escaped:
                escaped = False
            elif byte == _ESCAPE:
                escaped = True
            elif byte == _QUOTE:
                inside = False
        elif byte == _QUOTE:
            inside = True
        elif byte in _OPEN:
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif byte in _CLOSE:
            depth -= 1
    return False


# Bytes of payload after a MessagePack type byte; containers and strings are handled apart.
_FIXED = {0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8}
_FIXED |= {0xD4: 2, 0xD5: 3, 0xD6: 5, 0xD7: 9, 0xD8: 17}
_SIZED = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4, 0xC7: 1, 0xC8: 2, 0xC9: 4}
_CONTAINER = {0xDC: (2, 1), 0xDD: (4, 1), 0xDE: (2, 2), 0xDF: (4, 2)}


def _head(value: bytes, at: int) -> tuple[int, int]:
    """Return (bytes of the MessagePack item at `at` without its children, number of children)."""
    kind = value[at]
    if 0x80 <= kind <= 0x8F:
        return 1, 2 * (kind & 0x0F)
    if 0x90 <= kind <= 0x9F:
        return 1, kind & 0x0F
    if 0xA0 <= kind <= 0xBF:
        return 1 + (kind & 0x1F), 0
    if kind in _SIZED:
        width = _SIZED[kind]
        extra = 1 if 0xC7 <= kind <= 0xC9 else 0
        return 1 + width + extra + int.from_bytes(value[at + 1 : at + 1 + width], "big"), 0
    if kind in _CONTAINER:
        width, per = _CONTAINER[kind]
        return 1 + width, per * int.from_bytes(value[at + 1 : at + 1 + width], "big")
    return 1 + _FIXED.get(kind, 0), 0


def msgpack_too_deep(value: bytes) -> bool:
    """Return whether MessagePack nests arrays and maps deeper than MAX_DEPTH."""
    if len(value) <= SHORT:
        return False
    left: list[int] = []  # children still to come, one entry per open container
    at = 0
    while at < len(value):
        size, children = _head(value, at)
        at += size
        if left:
            left[-1] -= 1
        if children:
            left.append(children)
            if len(left) > MAX_DEPTH:
                return True
        while left and left[-1] <= 0:
            left.pop()
        if not left:
            return False
    return False
