"""The closed lists of codes: why a record is rejected, why a decision is what it is."""

from __future__ import annotations

from enum import IntEnum


class Reject(IntEnum):
    """Validation rules; the value is the bit in the quality mask (domain §1.2, decisions 6)."""

    malformed_record = 0
    missing_field = 1
    non_finite = 2
    non_positive_price = 3
    negative_volume = 4
    volume_below_min = 5
    ohlc_inconsistent = 6
    future_timestamp = 7
    bar_not_closed = 8
    out_of_order = 9
    duplicate_bar = 10
    conflicting_duplicate = 11
    ts_misaligned = 12
    tick_misaligned = 13
    reference_missing = 14
    reference_expired = 15
    wick_spike = 16
    wick_clipped = 17
    open_outlier = 18
    price_change_exceeded = 19
    split_suspected = 20
    candidate_level = 21
    price_spike = 22
    zero_volume = 23
    price_move_no_volume = 24
    volume_spike = 25
    stuck_price = 26
    gap = 27
    gap_large = 28
    stale_bar = 29
    level_shift_accepted = 30
    wick_suspect = 31
    tombstone = 32
    missing_key = 33
    key_mismatch = 34
    payload_too_large = 35
    input_gap = 36
    symbol_limit = 37


def bits(*codes: Reject) -> int:
    """The mask with these codes set."""
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
    R.future_timestamp,
    R.bar_not_closed,
    R.out_of_order,
    R.duplicate_bar,
    R.conflicting_duplicate,
    R.wick_spike,
    R.open_outlier,
    R.input_gap,
    R.symbol_limit,
)
del R

LEVELS = ("Invalid", "Poor", "Fair", "Good", "Excellent")


class Reason(IntEnum):
    """Decision reason codes in order of evaluation (domain §10)."""

    signal_long = 0
    signal_short = 1
    signal_weak = 2
    hysteresis_hold = 3
    stop_loss = 4
    take_profit = 5
    trailing_stop = 6
    max_holding = 7
    regime_exit = 8
    signal_flip = 9
    cool_down = 10
    quality_gate = 11
    data_quarantine = 12
    level_shift = 13
    reference_expired = 14
    warmup = 15
    model_fallback = 16
    anomaly = 17
    drift = 18
    crisis_block = 19
    vol_gate = 20
    liquidity_gate = 21
    dd_limit = 22
    kill_switch = 23
    control_block = 24
    control_stale = 25
    budget_cap = 26
    below_min_size = 27
    partial_fill = 28
    stale_order = 29


def codes(mask: int) -> list[str]:
    """Names of the reject codes in `mask`, in bit order."""
    return [code.name for code in Reject if mask >> code & 1]
