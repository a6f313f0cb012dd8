"""What stands between the bars of a symbol whose strategy decides: how its order enters, and its circuit."""

from __future__ import annotations

import numpy as np

# Per symbol; all zero is a symbol without any bar, whose order enters at the market. Apart from `layout.CARRY`, so that
# the state of a worker without a strategy stays what it is.
STANDING = np.dtype(
    [
        ("kind", "u1"),  # entry of the pending order: MARKET, LIMIT, STOP
        ("errors", "u1"),  # consecutive bars at which the strategy raised
        ("rest", "u2"),  # accepted bars left without a call of it, 0 = closed circuit
        ("bars", "i8"),  # for which a limit or stop entry still waits
        ("price", "f8"),  # of such an entry, on the tick grid
        ("scale", "f8"),  # g_ctl at the last sizing
    ],
    align=True,
)
STANDING_VERSION = 1
