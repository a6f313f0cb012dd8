"""JSON strings without escapes, and the white space between tokens."""

from __future__ import annotations

import numpy as np

from worker.engine.elementary.words import byte_at, trailing_zeros, word_at
from worker.engine.kernel import inlined, kernel

QUOTE = b'"'[0]
SPACE, TAB, LINE_FEED, RETURN = b" \t\n\r"
ALL = np.uint64(2**64 - 1)
ONES, HIGH_BITS = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
QUOTES, BACKSLASHES = np.uint64(0x2222222222222222), np.uint64(0x5C5C5C5C5C5C5C5C)
DELETES = np.uint64(0x7F7F7F7F7F7F7F7F)
SPACES, PRINTABLE = np.uint64(0x2020202020202020), np.uint64(0x2121212121212121)


@inlined
def _equal(word, repeated):  # type: ignore[no-untyped-def]
    # The high bit of each byte that equals the repeated one; the lowest is right, those above may be carries.
    other = word ^ repeated
    return (other - ONES) & ~other


@inlined
def _special(word, least):  # type: ignore[no-untyped-def]
    # The high bit of each byte that is not a plain character from `least` on; the lowest is right.
    below = (word - least) & ~word
    ends = _equal(word, QUOTES) | _equal(word, BACKSLASHES) | _equal(word, DELETES)
    return (word | below | ends) & HIGH_BITS


@inlined
def skip_space(at, end):  # type: ignore[no-untyped-def]
    """Return the address of the first byte at or after `at` that is not JSON white space, at most `end`."""
    while at < end:
        byte = byte_at(at)
        if byte > SPACE or (byte != SPACE and byte != LINE_FEED and byte != RETURN and byte != TAB):
            break
        at += 1
    return at


@kernel
def skip_text(at, end):  # type: ignore[no-untyped-def]
    """Return the address after a string of printable ASCII without escapes and its quote; -1 for any other string."""
    while at < end:
        found = trailing_zeros(_special(word_at(at), SPACES)) >> 3
        at += found
        if found < 8:
            return at + 1 if byte_at(at) == QUOTE else -1
    return -1


@kernel
def is_symbol(at, key, size):  # type: ignore[no-untyped-def]
    """Return whether the `size` > 0 bytes at `at` equal those at `key` and are all valid in a symbol.

    Read up to 7 bytes beyond both.
    """
    for done in range(0, size, 8):
        word, other = word_at(at + done), word_at(key + done)
        left = size - done
        if left < 8:
            mask = ALL >> np.uint64(64 - 8 * left)
            word, other = (word & mask) | (PRINTABLE & ~mask), (other & mask) | (PRINTABLE & ~mask)
        if word != other or _special(word, PRINTABLE) != np.uint64(0):
            return False
    return True
