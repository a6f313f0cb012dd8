"""The decimal mark is decided by whole columns; what a notation writes is read back."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.errors import DataError
from worker.sources.numbers import Marks, numbers, parse_number

VALUES = st.integers(-(10**12), 10**12).map(lambda cents: cents / 100)


def written(value: float, decimal: str, group: str) -> str:
    text = f"{value:,.2f}"
    return text.replace(",", "g").replace(".", decimal).replace("g", group)


@given(VALUES, st.sampled_from([(".", ","), (".", ""), (".", " "), (".", "'"), (",", "."), (",", ""), (",", "\u00a0")]))
def test_any_notation_is_read_back(value: float, marks: tuple[str, str]) -> None:
    assert parse_number(written(value, *marks), marks[0]) == value


@given(VALUES.filter(lambda value: abs(value) >= 1_000), st.sampled_from([(".", ","), (",", ".")]))
def test_a_cell_with_both_marks_decides(value: float, marks: tuple[str, str]) -> None:
    found = Marks()
    found.feed("close", [written(value, *marks)])
    assert found.decide("x", None, False) == marks[0]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("$1,841.15", 1_841.15), ("€41.15", 41.15), ("41.15 USD", 41.15), ("(41.15)", -41.15), ("−41.15", -41.15),
        ("12,34,567.5", 1_234_567.5), ("1e-5", 1e-5), ("+1.5", 1.5), (".5", 0.5), ("5.", 5.0), ("1 234.5", 1_234.5),
    ],
)  # fmt: skip
def test_signs_and_groups(cell: str, value: float) -> None:
    assert parse_number(cell) == value


@pytest.mark.parametrize("cell", ["1,23", "1_000", "12,3456", "1.2.3", "abc", "", "-", "5%", "0x10", "1,,000", "1K"])
def test_what_is_no_number_in_this_notation(cell: str) -> None:
    assert math.isnan(parse_number(cell))


@pytest.mark.parametrize(
    ("cell", "value"),
    [("1.2K", 1_200.0), ("3m", 3e6), ("0.01B", 1e7), ("1.37k", 1_370.0), ("2T", 2e12), ("96.11M", 96_110_000.0)],
)
def test_volumes_may_be_scaled(cell: str, value: float) -> None:
    assert parse_number(cell, scales=True) == value


def test_blank_is_not_unreadable() -> None:
    values, unreadable = numbers(["1.5", "n/a", "", "x", "1_000", "NaN", "null", "-"], ".", False)
    assert values[0] == 1.5
    assert all(map(math.isnan, values[1:]))
    assert unreadable == [3, 4]


def test_the_ambiguous_is_refused_with_both_readings() -> None:
    found = Marks()
    found.feed("high", ["1,841", "1,842", "12"])
    with pytest.raises(DataError, match=r"is 1841 with a decimal point and 1\.841 with a decimal comma") as caught:
        found.decide("x.csv", None, False)
    assert "--decimal" in caught.value.fix
    assert found.decide("x.csv", ",", False) == ","
    found.feed("low", ["1,841.5"])
    assert found.decide("x.csv", None, False) == "."


def test_a_column_decides_for_the_others() -> None:
    found = Marks()
    found.feed("volume", ["12.000", "9.000"])
    found.feed("close", ["41,15"])
    assert found.decide("x.csv", None, True) == ","
    assert numbers(["12.000", "1.234.567", "9"], ",", True)[0].tolist() == [12_000.0, 1_234_567.0, 9.0]


def test_points_are_decimal_marks_unless_semicolons_raise_a_doubt() -> None:
    found = Marks()
    found.feed("close", ["150.123", "150.456"])
    assert found.decide("USDJPY.csv", None, False) == "."
    with pytest.raises(DataError, match=r"150\.123"):
        found.decide("USDJPY.csv", None, True)


def test_one_stray_cell_among_many_is_dirt_and_many_are_a_contradiction() -> None:
    found = Marks()
    found.feed("close", ["1,5"] * 500 + ["1.5"])
    assert found.decide("x.csv", None, False) == ","
    found.feed("close", ["1.5"] * 50)
    with pytest.raises(DataError, match="some numbers have a decimal point"):
        found.decide("x.csv", None, False)
