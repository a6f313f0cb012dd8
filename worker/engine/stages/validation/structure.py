"""Rules 0 to 6 and 38: validity of the record alone."""

from __future__ import annotations

import numpy as np

from worker.engine.kernel import embedded
from worker.engine.reasons import Reject

MALFORMED_RECORD = 1 << Reject.malformed_record
NON_FINITE = 1 << Reject.non_finite
NON_POSITIVE_PRICE = 1 << Reject.non_positive_price
NEGATIVE_VOLUME = 1 << Reject.negative_volume
VOLUME_BELOW_MIN = 1 << Reject.volume_below_min
OHLC_INCONSISTENT = 1 << Reject.ohlc_inconsistent
TS_IMPLAUSIBLE = 1 << Reject.ts_implausible

TIME_LIMIT = 8_640_000_000_000_000  # ms, 100 million days either side of the epoch; keeps time arithmetic in int64
INTERVAL_LIMIT = 366 * 86_400_000  # ms
SLACK = 1e-6  # relative, of the OHLC order: files often hold single precision, which is exact to 6e-8

DAY = 86_400_000  # ms
YEAR_1600, YEAR_1980, YEAR_2200 = -11_676_096_000_000, 315_532_800_000, 7_258_118_400_000
SECONDS = 2**32  # ms after the epoch, 19 February 1970: seconds up to the year 2106, mistaken for ms
QUARTER = 900_000  # ms: session openings and time zone offsets are multiples of a quarter of an hour


@embedded
def malformed(own, bar):  # type: ignore[no-untyped-def]
    """Apply rule 0: a time outside the calendar, or not the interval of the symbol's first accepted bar."""
    if bar.ts > TIME_LIMIT or bar.ts < -TIME_LIMIT or bar.interval_ms <= 0 or bar.interval_ms > INTERVAL_LIMIT:
        return True
    return own.accepted > 0 and bar.interval_ms != own.interval_ms


@embedded
def implausible(bar):  # type: ignore[no-untyped-def]
    """Apply rule 38: no market has bars of that time, or it is in another unit than ms.

    Bars of a day and longer reach back for centuries, shorter ones to the eighties. Seconds, days and row numbers
    mistaken for ms all lie in the first weeks of 1970, where a real day begins on a quarter of an hour.
    """
    if bar.ts >= YEAR_1980:
        return bar.ts >= YEAR_2200
    if bar.interval_ms < DAY:
        return True
    return bar.ts < YEAR_1600 or (bar.ts >= 0 and bar.ts < SECONDS and bar.ts % QUARTER != 0)


@embedded
def all_positive(bar):  # type: ignore[no-untyped-def]
    """Return whether the four prices are above zero."""
    return bar.open > 0 and bar.high > 0 and bar.low > 0 and bar.close > 0


@embedded
def all_finite(bar):  # type: ignore[no-untyped-def]
    """Return whether the four prices and the volume are finite."""
    prices = np.isfinite(bar.open) and np.isfinite(bar.high) and np.isfinite(bar.low) and np.isfinite(bar.close)
    return prices and np.isfinite(bar.volume)


@embedded
def inconsistent(bar):  # type: ignore[no-untyped-def]
    """Apply rule 6: the high is below, or the low above, the body by more than rounding."""
    top, bottom = max(bar.open, bar.close), min(bar.open, bar.close)
    too_low_high = bar.high < top - SLACK * abs(top)
    too_high_low = bar.low > bottom + SLACK * abs(bottom)
    return too_low_high or too_high_low or bar.high < bar.low - SLACK * abs(bar.low)


@embedded
def check(own, inst, bar, p):  # type: ignore[no-untyped-def]
    """Return the first of these rules that the bar breaks, else 0. All are fatal."""
    if malformed(own, bar):
        return MALFORMED_RECORD
    if implausible(bar):
        return TS_IMPLAUSIBLE
    if not all_finite(bar):
        return NON_FINITE
    if not (inst.allow_non_positive_price or all_positive(bar)):
        return NON_POSITIVE_PRICE
    if bar.volume < 0:
        return NEGATIVE_VOLUME
    if bar.volume < p.min_volume:
        return VOLUME_BELOW_MIN
    if inconsistent(bar):
        return OHLC_INCONSISTENT
    return 0
