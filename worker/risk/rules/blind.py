"""Blindness: what the monitor can't see, so that nothing may be opened."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from worker.risk.measure import Measured

SHOWN = 3  # names in a reason


def blind(measured: Measured, silent: Sequence[str], lagging: Sequence[int], unreadable: int) -> list[str]:
    """Return why nothing may be opened; empty while all is seen.

    `silent` are held symbols without bars, `lagging` partitions that are behind, `unreadable` decisions that nobody
    acknowledged.
    """
    held = measured.held
    rateless = [held.symbols[at] for at in np.flatnonzero(np.isnan(held.rates)).tolist()]
    found = []
    if lagging:
        found.append(f"behind in partition {_some([str(one) for one in lagging])}")
    if silent:
        found.append(f"no bars of {_some(silent)}")
    if rateless:
        found.append(f"no rate for {_some(rateless)}")
    if unreadable:
        found.append(f"{unreadable} unreadable decisions")
    return found


def _some(names: Sequence[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
