"""Validation's state per symbol and its output per bar."""

from __future__ import annotations

import numpy as np

from worker.engine.windows.ring import ring
from worker.engine.windows.running_sum import SUM
from worker.engine.windows.sorted_window import sorted_window

RETURNS = 100  # log returns behind sigma_ref
VOLUMES = 50  # volumes behind volume_spike
CANDIDATES = 4  # capacity of `q`: the confirming bar itself is never stored

CANDIDATE = np.dtype(
    [("ts", "i8"), ("open", "f8"), ("high", "f8"), ("low", "f8"), ("close", "f8"), ("volume", "f8")], align=True
)

# Changed by accepted bars only, except `pending`, `candidates` (the list q of domain §1.1) and the run of late bars.
STATE = np.dtype(
    [
        ("accepted", "i8"),  # bars accepted so far; 0 = the symbol is unknown
        ("interval_ms", "i8"),  # of the first accepted bar
        ("last", CANDIDATE),  # the newest accepted bar: its close is the price reference
        ("block", "i8"),  # 64-interval block of time of that bar
        ("sigma", "f8"),  # sigma_ref for the next bar, 0 = undefined
        ("returns", ring(RETURNS)),
        ("sorted_returns", sorted_window(RETURNS)),
        ("absolute_returns", SUM),
        ("volumes", ring(VOLUMES)),  # each capped at max_volume_multiplier times the mean before it
        ("volume_sum", SUM),
        ("stuck", "i8"),  # run of bars with high = low = previous close
        ("late", "i8"),  # run of late bars with strictly increasing ts
        ("late_ts", "i8"),
        ("pending", "i8"),  # quarantined bars in `candidates`
        ("candidates", CANDIDATE, (CANDIDATES,)),
    ],
    align=True,
)

OUTPUT = np.dtype(
    [
        ("mask", "u8"),  # reject codes, one bit each (worker.engine.reasons.Reject)
        ("score", "f8"),  # quality, 0 = rejected, else 0.05 to 1
        ("reference", "f8"),  # the close before this bar, NaN = none
        ("sigma_ref", "f8"),  # robust volatility of log returns before this bar, NaN = undefined
        ("move", "f8"),  # ln(close / reference), NaN = no reference or a price that is not positive
        ("high", "f8"),  # effective high and low (after wick clipping), NaN for a rejected bar
        ("low", "f8"),
        ("pending", "i8"),  # quarantined bars waiting after this bar
        ("missing", "i8"),  # bars missing before this one, in open time
        ("level", "u1"),  # 0 Invalid, 1 Poor, 2 Fair, 3 Good, 4 Excellent
        ("accepted", "?"),
        ("shift", "?"),  # level_shift_accepted
        ("expired", "?"),  # the price reference was replaced: reference_expired, also after late bars
        ("quarantine", "?"),  # candidates were waiting before this bar
    ],
    align=True,
)
