"""Extra columns of ticks: the compiled reader and the exact one agree, and no fault of a number rejects its bar."""

from __future__ import annotations

import json
import math
import random
from typing import Any

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.fuzzed_numbers import number
from worker.engine.records.raw import raw_records
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings, engine_settings
from worker.engine.stages.ingestion import Decoded, Decoder, Settings
from worker.errors import SettingRefused

NAMES = ("btc", "btc_close", "x")
BAR = '"symbol":"A","ts":1700000000000,"open":1.0,"high":2.0,"low":0.5,"close":1.5,"volume":10'


def decoded(values: list[bytes], names: tuple[str, ...] = NAMES) -> Decoded:
    count = len(values)
    return Decoder(Settings(extra=names), {}).decode(Records([b"A"] * count, list(values), [0] * count))


def same(one: Any, other: Any) -> bool:
    return bool(np.array_equal(np.asarray(one, np.float64), np.asarray(other, np.float64), equal_nan=True))


CASES = {
    f'{{{BAR},"btc":7,"btc_close":2.5,"x":-1e3}}': (7.0, 2.5, -1000.0),
    f'{{"x":1,{BAR}}}': (math.nan, math.nan, 1.0),
    f'{{"btc_closes":1,"bt":2,"btc":3,{BAR}}}': (3.0, math.nan, math.nan),
    f'{{{BAR},"btc":null,"x":"12","btc_close":true}}': (math.nan,) * 3,
    f'{{{BAR},"btc":{{"x":3}},"btc_close":4}}': (math.nan, 4.0, math.nan),
    f'{{{BAR},"btc":[1],"x":1}}': (math.nan, math.nan, 1.0),
    f'{{{BAR},"x":1,"x":2}}': (math.nan, math.nan, 2.0),
    f'{{{BAR},"x":1,"x":"no"}}': (math.nan, math.nan, math.nan),
    f'{{{BAR},"x":1e999,"btc":5}}': (5.0, math.nan, math.nan),
    f'{{{BAR},"x":12345678901234567890123}}': (math.nan, math.nan, 12345678901234567890123.0),
    f'{{{BAR},"\\u0078":3}}': (math.nan, math.nan, 3.0),
    f'{{{BAR},"x" : 0.1 , "note":"x\\":1"}}': (math.nan, math.nan, 0.1),
    f'{{{BAR},"note":"\\"x\\":1","y":[{{"x":9}}]}}': (math.nan,) * 3,
}


@pytest.mark.parametrize("value", CASES)
def test_a_number_is_read_and_anything_else_is_unknown(value: str) -> None:
    found = decoded([value.encode(), b"\x00\x00\x00\x00\x07" + value.encode()])
    assert same(found.extras, [CASES[value]] * 2)
    assert found.bars["mask"].tolist() == [0, 0]


def test_messagepack_says_the_same() -> None:
    bar = json.loads(f"{{{BAR}}}")
    values = [bar | {"x": 3, "btc": 1.5}, bar | {"x": "3", "btc": True, "btc_close": None}, bar]
    found = decoded([msgspec.msgpack.encode(value) for value in values])
    assert same(found.extras, [(1.5, math.nan, 3.0), (math.nan,) * 3, (math.nan,) * 3])
    assert not found.bars["mask"].any()


def test_what_is_no_bar_has_none() -> None:
    found = decoded([b'{"x":1}', b"", b"{", f'{{{BAR.replace("1.5", "null")},"x":1}}'.encode()])
    assert found.bars["mask"].all()
    assert np.isnan(found.extras).all()


@pytest.mark.parametrize(
    "number", [b'"\xff"', b'"\xed\xa0\x80"', b'"\\ud800"', b"1e400", b"-", b"01", b'{"x":' * 60 + b"1" + b"}" * 60]
)
def test_no_content_raises(number: bytes) -> None:
    bar = BAR.encode()
    values = [b"{" + bar + b',"x":' + number + b"}", b'{"x":' + number + b"," + bar + b',"\xff":' + number + b"}"]
    found = decoded([*values, msgspec.msgpack.encode(json.loads(f"{{{BAR}}}") | {"x": number})])
    assert np.isnan(found.extras).all()
    assert found.bars["mask"][2] == 0


def test_without_names_nothing_is_read() -> None:
    assert decoded([f'{{{BAR},"x":1}}'.encode()], ()).extras.size == 0


def _members(rng: random.Random) -> str:
    values = (lambda: number(rng), lambda: rng.choice(["null", "true", '"7"', '"a, \\"x\\": 1"', "[1,2]", '{"x":1}']))
    names = [*NAMES, "btc_clos", "y", "\\u0078", "btc_close_"]
    some = [f'"{rng.choice(names)}":{rng.choice(values)()}' for _ in range(rng.randrange(6))]
    parts = [*BAR.split(","), *some]
    rng.shuffle(parts)
    space = rng.choice(["", " ", "\n\t"])
    return "{" + f"{space},{space}".join(parts) + "}"


def test_both_readers_agree() -> None:
    rng = random.Random(5)
    values = [_members(rng).encode() for _ in range(3_000)]
    raw = raw_records(Records([b"A"] * len(values), list(values), [0] * len(values)))
    decoder = Decoder(Settings(extra=NAMES), {})
    found, reader = decoder.decode_raw(raw), decoder._extra
    assert reader is not None
    every = np.ones(len(values), np.bool_)
    wanted: NDArray[np.float64] = reader.read(raw, found.bars["mask"], every, decoder._spare)
    differ = [row for row in range(len(values)) if not same(found.extras[row], wanted[row])]
    assert [(values[row], found.extras[row], wanted[row]) for row in differ[:3]] == []
    assert np.isfinite(wanted).sum() > 1_000


REFUSED = {
    "an empty one": ([""], "can't be the name of an extra column"),
    "a number": (["1x"], "can't be the name"),
    "a hidden one": (["_x"], "can't be the name"),
    "a word of Python": (["class"], "can't be the name"),
    "a long one": (["x" * 33], "can't be the name"),
    "a letter of another alphabet": (["ä"], "can't be the name"),
    "a price": (["close"], "it is one of the bar's own"),
    "a time": (["ingest_ts"], "it is one of the bar's own"),
    "twice": (["x", "y", "x"], "the extra column 'x' is named twice"),
    "many": ([f"x{n}" for n in range(17)], "at most 16"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_names_that_cannot_be_are_refused(case: str) -> None:
    names, said = REFUSED[case]
    with pytest.raises(SettingRefused, match=said):
        engine_settings({"ingestion": {"extra": names}})


def test_the_columns_that_could_be_read_decide_no_value() -> None:
    given = engine_settings({"ingestion": {"extra": ["x" * 32, *(f"x{n}" for n in range(15))]}})
    assert given.config_hash() == EngineSettings().config_hash()
