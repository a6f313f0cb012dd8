"""Random records around the edge between flat bars, which compiled code reads, and all that it must leave alone."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

import msgspec

from schemas.tick import MAX_TS, MIN_TS
from tests.support.fuzzed_numbers import number
from worker.engine.records.records import Records

NUMBERS = ("open", "high", "low", "close", "volume")
SYMBOLS = [
    "A",
    "BTCUSDT",
    "SYM0001",
    "8LETTERS",
    "9LETTERS9",
    "OWN",
    "X" * 63,
    "X" * 64,
    "X" * 65,
    "A/B-C.D",
    "€UR",
    "a b",
]
SYMBOLS += ['Q"', "B\\", "\x7f", ""]
INTERVALS = [
    "1m",
    "1s",
    "5m",
    "15m",
    "1h",
    "4h",
    "1d",
    "1w",
    "7d",
    "1mo",
    "12mo",
    "5mo",
    "1q",
    "1mox",
    "100ms",
    "999999w",
    "1000000m",
    "0m",
    "01m",
    "m",
    "1",
    "",
]
INTERVALS += ["1M", "1mm", "1ms ", "1m\n", "٣m", "1sm"]
UNKNOWN = [
    "1",
    "-2.5e3",
    "true",
    "false",
    "null",
    '"text"',
    '""',
    '"[{"',
    '"a\\"b"',
    '"é"',
    "[1,2]",
    '{"a":{"b":[]}}',
    "01",
]
UNKNOWN += ['"\x01"', '"\x7f"', "tru", "nul", "1.", "-", "1e400", '"' + "x" * 300 + '"', "0" * 30, '"open"', "falsee"]
NAMES = [
    "x",
    "",
    "tsx",
    "t",
    "Symbol",
    "intervals",
    "interval_",
    "opens",
    "volum",
    "op\\u0065n",
    "é",
    "a b",
    "y" * 20,
    "\x01",
]
SPACES = ["", "", "", " ", "\n", "\t ", " \r\n", "  "]
ODD_SPACES = ["\x0b", "\x0c", "\xa0", "\x00", "/**/"]
INTEGERS = [
    0,
    -1,
    MIN_TS,
    MIN_TS - 1,
    MAX_TS,
    MAX_TS + 1,
    2**53,
    2**53 + 1,
    10**17,
    10**18,
    2**63 - 1,
    2**63,
    -(2**63),
    2**64,
]
ODD = [
    "null",
    "true",
    '"1"',
    "[1]",
    "{}",
    "NaN",
    "-Infinity",
    "-0",
    "01",
    "1.",
    ".5",
    "+1",
    "1e",
    "0x1",
    "1_0",
    "--1",
    "-",
    "",
]


def _time(rng: random.Random) -> str:
    pick = rng.random()
    if pick < 0.85:
        return str(rng.randrange(10 ** rng.randrange(1, 16)))
    if pick < 0.93:
        return str(rng.choice(INTEGERS) + rng.randrange(-1, 2))
    return rng.choice([*ODD, "1.0", "17e11", "-5", "-0"])


def _price(rng: random.Random) -> str:
    pick = rng.random()
    if pick < 0.7:
        return f"{rng.lognormvariate(3, 3):.{rng.randrange(9)}f}"
    return number(rng) if pick < 0.995 else rng.choice(ODD)


def _fields(rng: random.Random, symbol: str) -> list[tuple[str, str]]:
    pairs = [("symbol", json.dumps(symbol, ensure_ascii=rng.random() < 0.5)), ("ts", _time(rng))]
    pairs += [(name, _price(rng)) for name in NUMBERS]
    if rng.random() < 0.7:
        unit = rng.choice(INTERVALS[:8]) if rng.random() < 0.9 else rng.choice([*INTERVALS, *ODD])
        pairs.append(("interval", json.dumps(unit, ensure_ascii=False)))
    while rng.random() < 0.15:
        pairs.insert(rng.randrange(len(pairs) + 1), (rng.choice(NAMES), rng.choice(UNKNOWN)))
    if rng.random() < 0.02:
        pairs.insert(rng.randrange(len(pairs) + 1), rng.choice(pairs))
    if rng.random() < 0.02:
        del pairs[rng.randrange(len(pairs))]
    if rng.random() < 0.3:
        rng.shuffle(pairs)
    return pairs


def _text(rng: random.Random, symbol: str) -> bytes:
    pairs = _fields(rng, symbol)
    if rng.random() < 0.6:
        return ("{" + ",".join(f'"{name}":{value}' for name, value in pairs) + "}").encode()
    odd = rng.random() < 0.05

    def space() -> str:
        return rng.choice(ODD_SPACES) if odd and rng.random() < 0.1 else rng.choice(SPACES)

    inner = ",".join(f'{space()}"{name}"{space()}:{space()}{value}{space()}' for name, value in pairs)
    return f"{space()}{{{inner}}}{space()}".encode()


def _spoilt(rng: random.Random, value: bytes) -> bytes:
    if rng.random() < 0.25:
        return value[: rng.randrange(len(value) + 1)]
    changed = bytearray(value)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(changed) + 1)
        changed[at : at + rng.randrange(3)] = rng.choice(
            [b"", b"0", b'"', b",", b"}", b"9", b"e", b"\\", rng.randbytes(1)]
        )
    return bytes(changed)


def _packed(rng: random.Random, symbol: str) -> bytes:
    bar = {"symbol": symbol, "ts": rng.randrange(10**13)} | {name: rng.uniform(0, 100) for name in NUMBERS}
    return msgspec.msgpack.encode(bar)


def _framed(rng: random.Random, symbol: str) -> bytes:
    return b"\x00" + rng.randbytes(4) + _text(rng, symbol)


def _repeated(rng: random.Random, symbol: str) -> bytes:
    return _text(rng, symbol) + rng.choice([b"", b"x", b"\x00", _text(rng, symbol)])


KINDS: list[tuple[Callable[[random.Random, str], bytes], int]] = [
    (_text, 80),
    (lambda rng, symbol: _spoilt(rng, _text(rng, symbol)), 15),
    (_packed, 1),
    (_framed, 3),
    (_repeated, 1),
]


def fuzzed(rng: random.Random, count: int) -> Records:
    """Records of which most are bars; the others are spoilt in one way or another."""
    keys: list[bytes | None] = []
    values: list[bytes | None] = []
    kinds, weights = zip(*KINDS, strict=True)
    for kind in rng.choices(kinds, weights, k=count):
        symbol = rng.choice(SYMBOLS[:8]) if rng.random() < 0.95 else rng.choice(SYMBOLS)
        named = symbol if rng.random() < 0.99 else rng.choice(SYMBOLS)
        keys.append(
            named.encode() if rng.random() < 0.995 else rng.choice([None, b"", b"\xff", named.encode() + b"\0"])
        )
        values.append(kind(rng, symbol) if rng.random() < 0.999 else rng.choice([None, b"", b"\0" * 5]))
    return Records(keys, values, [rng.randrange(-(2**63), 2**63) for _ in range(count)])
