"""Numbers at and beyond the edges of IEEE double and of int64."""

from __future__ import annotations

from tests.corpus.case import literal, made, text

MALFORMED = "malformed_record"
PRICES = ("open", "high", "low", "close", "volume")


def _flat(price: float, volume: float = 1000.0) -> bytes:
    return text(open=price, high=price, low=price, close=price, volume=volume)


LITERALS = [
    *(made(f"{name} {word.decode()}", literal(name, word), MALFORMED) for name in PRICES for word in (b"NaN",)),
    made("Infinity", literal("high", b"Infinity"), MALFORMED),
    made("-Infinity", literal("low", b"-Infinity"), MALFORMED),
    made("1e400", literal("high", b"1e400"), MALFORMED),
    made("-1e400", literal("low", b"-1e400"), MALFORMED),
    made("hexadecimal", literal("open", b"0x64"), MALFORMED),
    made("leading plus", literal("open", b"+100"), MALFORMED),
    made("leading zero", literal("open", b"0100"), MALFORMED),
    made("bare decimal point", literal("open", b"100."), MALFORMED),
    made("thousands separator", literal("open", b"1_00"), MALFORMED),
    made("exponent form", literal("open", b"1.0000e2"), None),
    made("500 digits", literal("open", b"100." + b"0" * 500), None),
    made("integers for prices", literal("open", b"100"), None),
]
PRICE = [
    made("all prices 1e308", _flat(1e308), None, "price_change_exceeded"),
    made("high 1e308", text(high=1e308), "reference_missing", "wick_spike"),
    made("close and high 1e308", text(high=1e308, close=1e308), None, "price_change_exceeded"),
    made("volume 1e308", text(volume=1e308), None),
    made("prices and volume 1e308", _flat(1e308, 1e308), None, "price_change_exceeded"),
    made("all prices 1e-308", _flat(1e-308), None, "price_change_exceeded"),
    made("all prices 5e-324", _flat(5e-324), None, "price_change_exceeded"),
    made("all prices 1e-400, which is 0", literal("open", b"1e-400"), "non_positive_price"),
    made("close 0", text(close=0, low=0), "non_positive_price"),
    made("close negative zero", literal("close", b"-0.0"), "non_positive_price"),
    made("close negative", text(close=-1, low=-1), "non_positive_price"),
    made("open 2^63", literal("open", str(2**63).encode()), "ohlc_inconsistent"),
    made("volume 2^63", literal("volume", str(2**63).encode()), None),
    made("volume 2^64", literal("volume", str(2**64).encode()), None),
    made("volume of 300 digits", literal("volume", b"9" * 300), None),
    made("volume of 400 digits", literal("volume", b"9" * 400), MALFORMED),
    made("volume negative", text(volume=-1), "negative_volume"),
    made("volume negative zero", literal("volume", b"-0.0"), None),
    made("volume 0", text(volume=0), None),
    made("high below low", text(high=99, low=101), "ohlc_inconsistent"),
    made("high below close", text(high=100.01), "ohlc_inconsistent"),
    made("low above open", text(low=100.01), "ohlc_inconsistent"),
]
TIME = [
    made("ts a float", literal("ts", b"1700001840000.0"), MALFORMED),
    made("ts an exponent", literal("ts", b"17e11"), MALFORMED),
    made("ts a string", literal("ts", b'"2023-11-14T22:44:00Z"'), MALFORMED),
    made("ts 2^63", literal("ts", str(2**63).encode()), MALFORMED),
    made("ts 2^64", literal("ts", str(2**64).encode()), MALFORMED),
    made("ts -2^63", literal("ts", str(-(2**63)).encode()), MALFORMED),
    made("ts -2^63-1", literal("ts", str(-(2**63) - 1).encode()), MALFORMED),
]

CASES = [*LITERALS, *PRICE, *TIME]
