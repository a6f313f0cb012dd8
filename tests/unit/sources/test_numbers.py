"""The decimal mark is decided by whole columns; what a notation writes is read back."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.errors import DataError
from worker.sources.numbers import BLANK, Marks, numbers, parse_number
from worker.sources.times.cells import whole_numbers

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


@pytest.mark.parametrize(("points", "refused"), [(2, False), (3, True)])
@pytest.mark.parametrize("others", [["1,234"], ["1,"], ["7"], ["-"], []])
def test_each_cell_that_proves_a_comma_counts_once(points: int, refused: bool, others: list[str]) -> None:
    found = Marks()
    found.feed("close", ["1,5", "0,25", "12,3456", ",5"] * 50 + others)
    found.feed("low", ["1.5"] * points)
    if refused:
        with pytest.raises(DataError):
            found.decide("x", None, False)
    else:
        assert found.decide("x", None, False) == ","


@pytest.mark.parametrize("cell", ["1,234,567", "12,34,567", "1.5"])
def test_a_point_is_proved_among_commas(cell: str) -> None:
    found = Marks()
    found.feed("close", ["1,5"] * 9 + [cell])
    with pytest.raises(DataError):
        found.decide("x", None, False)


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


SPELLED = st.one_of(
    st.floats(allow_nan=False).map(repr),
    st.integers(-(10**25), 10**25).map(str),
    st.decimals(-(10**9), 10**9, places=8).map(str),
    st.sampled_from(
        ["", "-0", "-0.0", "007", "+1", "5.", ".5", "-.5", "1e400", "1E5", " 1.5 ", "1.5\t", "1_000", "NaN"]
    ),
    st.sampled_from(["-inf", "true", "1,234", "1.234", "1,2,3", "1]", "[1", '"1"', "1\n2", "-", "x", "1.2K", "\u0661"]),
)


@given(st.lists(SPELLED, max_size=6), st.sampled_from(".,"), st.booleans(), st.booleans())
def test_a_column_is_read_as_its_cells_are(cells: list[str], decimal: str, swapped: bool, scales: bool) -> None:
    if swapped:
        cells = [cell.translate({ord("."): ",", ord(","): "."}) for cell in cells]

    def one(cell: str) -> float:
        try:
            return float(cell) if decimal == "." and "_" not in cell else parse_number(cell, decimal, scales)
        except ValueError:
            return parse_number(cell, decimal, scales)

    expected = np.array([one(cell) for cell in cells], np.float64)
    values, unreadable = numbers(cells, decimal, scales)
    assert np.array_equal(values, expected, equal_nan=True)
    assert np.array_equal(np.signbit(values), np.signbit(expected))
    holes = [row for row in range(len(cells)) if math.isnan(expected[row])]
    assert unreadable == [row for row in holes if cells[row].strip().lower() not in BLANK]


WHOLE = (
    "7",
    "-7",
    "-0",
    "+7",
    "007",
    "1_0",
    " 7",
    "7\n",
    "1.0",
    "1e3",
    "",
    "x",
    "7,8",
    "true",
    str(2**63 - 1),
    str(2**63),
)


def test_whole_numbers_are_those_that_python_reads() -> None:
    for cells in [[], *([cell] for cell in WHOLE), *map(list, product(WHOLE, repeat=2))]:
        try:
            expected = np.array([int(cell) for cell in cells], np.int64).tolist()
        except (ValueError, OverflowError):
            expected = None
        found = whole_numbers(cells)
        assert (None if found is None else found.tolist()) == expected, cells
