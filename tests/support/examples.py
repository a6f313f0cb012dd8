"""How much random tests draw: a part in `make unit`, all of it in `make unit EXAMPLES=long`."""

from __future__ import annotations

import os

VARIABLE = "ALPHAPULSE_TEST_EXAMPLES"
_LONG = {"": False, "long": True}[os.environ.get(VARIABLE, "")]


def drawn(usual: int, long: int) -> int:
    """The number of examples, rounds or records for this run."""
    return long if _LONG else usual
