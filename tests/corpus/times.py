"""Times at their bounds, bars from the future, and intervals."""

from __future__ import annotations

from tests.corpus.case import CLOSED, MAX_TS, MIN_TS, MINUTE, START, TS, made, text

IMPLAUSIBLE = "ts_implausible"
MALFORMED, FUTURE, OPEN = "malformed_record", "future_timestamp", "bar_not_closed"
INT64 = 2**63

TIME = [
    made("ts one minute ahead of the record", text(ts=CLOSED + MINUTE), FUTURE),
    made("ts a year ahead of the record", text(ts=TS + 366 * 1440 * MINUTE), FUTURE),
    made("record written before the bar closed", text(), OPEN, timestamp=CLOSED - MINUTE // 2),
    made("ts 1 ms off the grid", text(ts=TS + 1), None, timestamp=CLOSED + 1),
    made("ts at the lower bound", text(ts=MIN_TS), IMPLAUSIBLE),
    made("ts below the lower bound", text(ts=MIN_TS - 1), MALFORMED),
    made("ts at the upper bound", text(ts=MAX_TS), IMPLAUSIBLE),
    made("ts above the upper bound", text(ts=MAX_TS + 1), MALFORMED),
    made("ts at the upper bound, record later still", text(ts=MAX_TS), IMPLAUSIBLE, timestamp=MAX_TS + MINUTE),
    made("ts 0", text(ts=0), IMPLAUSIBLE),
    made("ts negative", text(ts=-MINUTE), IMPLAUSIBLE),
    made("ts of 1980", text(ts=315_532_800_000), None, "out_of_order"),
    made("ts overlaps the last bar", text(ts=TS - MINUTE // 2), None, "overlapping_bar"),
    made("ts before the last bar", text(ts=START + MINUTE), None, "out_of_order"),
    made("ts in seconds", text(ts=TS // 1000), IMPLAUSIBLE),
    made("ts in microseconds", text(ts=TS * 1000 % MAX_TS), IMPLAUSIBLE),
    made("record timestamp 0", text(), FUTURE, timestamp=0),
    made("record timestamp -1", text(), FUTURE, timestamp=-1),
    made("record timestamp -2^63", text(), FUTURE, timestamp=-INT64),
    made("record timestamp 2^63-1", text(), None, timestamp=INT64 - 1),
]
INTERVAL = [
    made("interval of the configuration", text(interval="1m"), None),
    made("interval in seconds", text(interval="60s"), None),
    made("another interval than before", text(interval="5m"), None, MALFORMED, timestamp=TS + 5 * MINUTE),
    made("interval longer than the bar is old", text(interval="1h"), OPEN, MALFORMED),
    made("interval of one day", text(interval="1d"), OPEN, MALFORMED),
    made("the longest interval", text(interval="999999w"), MALFORMED),
    made("the shortest interval", text(interval="1ms"), None, MALFORMED),
    made("unknown interval", text(interval="1x"), MALFORMED),
    made("interval in capitals", text(interval="1M"), MALFORMED),
    made("interval 0m", text(interval="0m"), MALFORMED),
    made("interval -1m", text(interval="-1m"), MALFORMED),
    made("interval 1.5m", text(interval="1.5m"), MALFORMED),
    made("interval empty", text(interval=""), MALFORMED),
    made("interval without a number", text(interval="m"), MALFORMED),
    made("interval with a line break", text(interval="1m\n"), MALFORMED),
    made("interval of seven digits", text(interval="1000000m"), MALFORMED),
    made("interval in Arabic digits", text(interval="١m"), MALFORMED),
]

CASES = [*TIME, *INTERVAL]
