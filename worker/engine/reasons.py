"""The closed lists of codes: reasons of rejections and of decisions."""

from __future__ import annotations

from enum import IntEnum


class Code(IntEnum):
    """A number with a name and a sentence that explains it."""

    meaning: str

    def __new__(cls, value: int, meaning: str = "") -> Code:
        """Create a member; a sentence is required."""
        if not meaning:
            raise TypeError(f"{cls.__name__} {value} needs a sentence")
        member = int.__new__(cls, value)
        member._value_, member.meaning = value, meaning
        return member


class Reject(Code):
    """Validation rules; the value is the bit in the quality mask (domain §1.2, decisions 6)."""

    malformed_record = 0, "The record cannot be decoded, a value is of the wrong kind, or the bar's length has changed."
    missing_field = 1, "The symbol, the time, a price or the volume is absent or null."
    non_finite = 2, "A price or the volume is NaN or infinite."
    non_positive_price = 3, "A price is zero or negative, and the instrument does not allow that."
    negative_volume = 4, "The volume is negative."
    volume_below_min = 5, "The volume is below `validation.min_volume`."
    ohlc_inconsistent = 6, "The high is below, or the low above, another price of the bar by more than a millionth."
    future_timestamp = 7, "The bar begins after its record was written."
    bar_not_closed = 8, "The bar ends after its record was written: it is still forming."
    out_of_order = 9, "The bar is older than the newest one, and time may not re-open there."
    duplicate_bar = 10, "The bar has the time and the values of the newest one."
    conflicting_duplicate = 11, "The bar has the time of the newest one and other values."
    ts_misaligned = 12, "The bar does not begin on the grid of its length and the instrument's session."
    tick_misaligned = 13, "A price lies between two ticks of the instrument."
    reference_missing = 14, "No bar of the symbol was accepted before, so prices cannot be compared."
    reference_expired = 15, "The last accepted bar is too old to compare with, so this price is the new reference."
    wick_spike = 16, "The high or the low reaches further from the body than `validation.max_price_change` allows."
    wick_clipped = 17, "The high or the low is so far out that the engine goes on with a nearer one."
    open_outlier = 18, "Only the open is out of line with the last close; the close agrees with it."
    price_change_exceeded = 19, "The close differs from the last one by more than `validation.max_price_change`."
    split_suspected = 20, "The open has moved by a ratio that is typical of a stock split."
    candidate_level = 21, "The close is nearer to the quarantined bars than to the last accepted one."
    price_spike = 22, "The close has moved by more than ten times the usual return."
    zero_volume = 23, "Nothing was traded and the price stood still."
    price_move_no_volume = 24, "The price moved although nothing was traded."
    volume_spike = 25, "The volume is above `validation.max_volume_multiplier` times the mean of the last 50 bars."
    stuck_price = 26, "The price has not moved for ten bars or more: the feed may be dead."
    gap = 27, "One to ten bars are missing before this one."
    gap_large = 28, "More than ten bars are missing before this one."
    stale_bar = 29, "The record was written long after the bar closed."
    level_shift_accepted = 30, "Quarantined bars agree with each other, so their price is the new level."
    wick_suspect = 31, "The high or the low is unusually far out and is used as it is."
    tombstone = 32, "The record has no value."
    missing_key = 33, "The record has no key."
    key_mismatch = 34, "The key is not the symbol in the value."
    payload_too_large = 35, "The value is larger than `ingestion.max_payload_bytes`."
    input_gap = 36, "Records before this one are lost; none bears it today, `processing.on_gap` settles the case."
    symbol_limit = 37, "The partition already has `ingestion.max_symbols` symbols."
    ts_implausible = 38, "No market has bars of that time: most often it is in seconds, not in milliseconds."
    overlapping_bar = 39, "The bar begins before the one before it has ended, or ends after the next one has begun."
    corporate_action = 40, "A corporate action took effect: what was known of prices before it was rescaled."


def bits(*codes: Reject) -> int:
    """Return the mask with these codes set."""
    return sum(1 << code for code in codes)


R = Reject
DECODING = bits(R.malformed_record, R.missing_field, R.tombstone, R.missing_key, R.key_mismatch, R.payload_too_large)
QUARANTINE = bits(R.price_change_exceeded, R.split_suspected, R.candidate_level)
FATAL = DECODING | bits(
    R.non_finite,
    R.non_positive_price,
    R.negative_volume,
    R.volume_below_min,
    R.ohlc_inconsistent,
    R.ts_implausible,
    R.future_timestamp,
    R.bar_not_closed,
    R.out_of_order,
    R.duplicate_bar,
    R.conflicting_duplicate,
    R.overlapping_bar,
    R.wick_spike,
    R.open_outlier,
    R.input_gap,
    R.symbol_limit,
)
del R

LEVELS = ("Invalid", "Poor", "Fair", "Good", "Excellent")


class Reason(Code):
    """Decision reason codes in order of evaluation (domain §10)."""

    signal_long = 0, "The signal is strong enough for a long position."
    signal_short = 1, "The signal is strong enough for a short position."
    signal_weak = 2, "The signal is too weak to open a position or to keep it."
    hysteresis_hold = 3, "The signal would not open the position, but is strong enough to keep it."
    stop_loss = 4, "The price reached the position's stop."
    take_profit = 5, "The price reached the position's target."
    trailing_stop = 6, "The close has come back to the stop that follows the best close."
    max_holding = 7, "The position was held for the longest time allowed."
    regime_exit = 8, "The regime has become a crisis, so the position is closed."
    signal_flip = 9, "The signal is strong enough for the other side, so the position is closed."
    cool_down = 10, "Too few bars have passed since the last exit."
    quality_gate = 11, "The bar's quality is too low to open a position."
    data_quarantine = 12, "Bars at another price level wait for confirmation."
    level_shift = 13, "The price level was replaced: a position is closed, none is opened until all is warm again."
    reference_expired = 14, "The last accepted bar was too old to compare with; a waiting order is cancelled."
    warmup = 15, "Too few bars were seen for the indicators."
    model_fallback = 16, "The model gave no answer, so the rules decided alone."
    anomaly = 17, "The bar is unlike the symbol's recent bars, so the size is halved."
    drift = 18, "The online learner's errors have grown, so it begins anew."
    crisis_block = 19, "The regime is a crisis, in which nothing is opened."
    vol_gate = 20, "The volatility is too high to open a position."
    liquidity_gate = 21, "The size was cut to a share of what is traded, or nothing is left of it."
    dd_limit = 22, "The symbol has lost as much from its peak as is allowed."
    kill_switch = 23, "A control record has the kill switch on."
    control_block = 24, "A control record forbids new positions."
    control_stale = 25, "The limits were not renewed in time, so nothing is opened."
    budget_cap = 26, "The size was cut to the largest value allowed for the symbol."
    below_min_size = 27, "The size is below the instrument's least quantity or value."
    partial_fill = 28, "The bar's volume could fill only a part of the order; the rest was cancelled."
    stale_order = (
        29,
        "The order was cancelled: its open lay beyond stop or target, the price level is new, or its time is over.",
    )
    strategy = 30, "The strategy asked for it."
    strategy_fallback = 31, "The strategy failed at this bar: nothing, the exit or the rules decided in its place."


def codes(mask: int) -> list[str]:
    """Return the names of the reject codes in `mask`, in bit order."""
    return [code.name for code in Reject if mask >> code & 1]


def effect(code: Reject) -> str:
    """Return what a reject code does to its bar: `rejects`, `quarantines`, or `lowers the quality or informs`."""
    if FATAL >> code & 1:
        return "rejects"
    return "quarantines" if QUARANTINE >> code & 1 else "lowers the quality or informs"
