"""The engine's input: one row per record of `ticks.raw`, and the configuration of its symbol."""

from __future__ import annotations

import numpy as np

BAR = np.dtype(
    [
        ("ts", "i8"),  # bar open, epoch ms UTC
        ("interval_ms", "i8"),
        ("ingest_ts", "i8"),  # the Kafka record's timestamp, epoch ms UTC: the engine's only clock
        ("open", "f8"),
        ("high", "f8"),
        ("low", "f8"),
        ("close", "f8"),
        ("volume", "f8"),
        ("mask", "u8"),  # reject codes found by decoding; 0 when the record holds a bar
    ],
    align=True,
)

INSTRUMENT = np.dtype(
    [
        ("tick", "f8"),  # price step, 0 = unknown
        ("lot", "f8"),  # quantity step, 0 = any
        ("min_qty", "f8"),
        ("min_notional", "f8"),
        ("multiplier", "f8"),  # quote currency per unit at price 1
        ("bars_per_year", "f8"),  # 0 = derived from the bar's interval and the class's hours
        ("session_offset_ms", "i8"),  # offset of a bar's open within its interval
        ("calendar", "i8"),  # row in the calendar table, -1 = none
        ("class_row", "i8"),  # row of the asset class in the stages' tables (`profiles.rows`)
        ("allow_non_positive_price", "?"),
    ],
    align=True,
)
