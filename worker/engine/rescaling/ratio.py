"""The ratio of a split as people write it: new shares for old ones."""

from __future__ import annotations

import re

from worker.errors import ConfigError

_RATIO = re.compile(r"([1-9]\d{0,5}):([1-9]\d{0,5})")
LEAST, MOST = 1e-4, 1e4  # of `CorporateAction.price_factor`
FIX = "Write new shares for old ones: 4:1, 3:2, or 1:20 for a consolidation"


def price_factor(ratio: str) -> float:
    """Return what prices are multiplied by in a split of NEW:OLD shares.

    Raises:
        ConfigError: the text is no ratio, or one of no split.
    """
    found = _RATIO.fullmatch(ratio)
    if found is None:
        raise ConfigError(f"{ratio!r} is no ratio of shares", FIX)
    new, old = (int(each) for each in found.groups())
    if new == old or not LEAST <= old / new <= MOST:
        raise ConfigError(f"{ratio} is the ratio of no split", FIX)
    return old / new
