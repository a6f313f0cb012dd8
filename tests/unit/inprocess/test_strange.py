"""A point may hold anything: it is rejected by itself, and the points of all symbols go on."""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import Rejection
from tests.unit.inprocess.points import START, flat, run
from worker import DataNormalizer, DataPoint, DataValidator, ProcessingResult, RealTimePipeline
from worker.inprocess.strange import plain, shown

FIELDS = DataPoint.__struct_fields__
NUMBERS = ("open", "high", "low", "close", "volume")
REASONS = {"malformed_record", "missing_field", "non_finite"}


class Hostile:
    """Raises at whatever is asked of it."""

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        raise RuntimeError("class")

    def _refuse(self, *_: Any) -> Any:
        raise RuntimeError("no")

    __eq__ = __hash__ = __repr__ = __str__ = __float__ = __bool__ = __len__ = __lt__ = __iter__ = _refuse


class HostileNumber(float):
    """A float that cannot be read as one."""

    def __float__(self) -> float:
        raise ZeroDivisionError("no")

    __repr__ = __float__  # type: ignore[assignment]


class HostileText(str):
    """A string whose own methods raise."""

    __slots__ = ()

    def _refuse(self, *_: Any) -> Any:
        raise ZeroDivisionError("no")

    __eq__ = __hash__ = __repr__ = __str__ = encode = _refuse  # type: ignore[assignment]


class Nowhere(tzinfo):
    """A zone without an offset that can be asked for."""

    def utcoffset(self, _: datetime | None) -> timedelta:
        raise KeyError("no")

    tzname = dst = utcoffset  # type: ignore[assignment]


class Name(str, enum.Enum):  # noqa: UP042 - the kind that older code has
    """Symbols as an enum of strings."""

    A = "A"


def _endless() -> list[Any]:
    made: list[Any] = []
    made.append(made)
    return made


STRANGE = [
    pd.Series([189.9]), pd.Series([1.0, 2.0]), pd.DataFrame({"a": [1]}), np.array([1.0]), np.array(1.0), np.array([]),
    Decimal("sNaN"), Decimal("-sNaN123"), object(), Hostile(), HostileNumber(1.0), b"100", b"\xff", "\udcff",
    "",
    "x" * 9_999, "1e400", 10**400, -(10**30), 2**63, 1j, True, np.bool_(True), np.datetime64("NaT"),
    np.datetime64("2024-01-02"), date(2024, 1, 2), timedelta(1), [], (1.0,), {"a": 1}, {1.0}, _endless(),
    {1: {2: None}},
    print, int, ..., NotImplemented, datetime.max, datetime.min, datetime(2024, 1, 2, tzinfo=Nowhere()), pd.NaT, pd.NA,
    np.void(b"abc"), iter([1]), "999999999999999999999w", "1000000w", "0m", "1m\n", "١m", memoryview(b"1"),
    ValueError("1"), msgspec.UNSET, HostileText("A"),
]  # fmt: skip


def outcome(result: ProcessingResult) -> Rejection:
    """The rejection of a strange point, after everything that can be asked of its result."""
    repr(result)
    assert not result.accepted
    assert set(result.quality_codes) <= REASONS, result.quality_codes
    assert (result.features, result.regime, result.signal, result.risk) == ({}, None, None, None)
    msgspec.json.decode(msgspec.json.encode(result.outcome), type=Rejection)
    built = result.outcome
    assert isinstance(built, Rejection)
    assert built.payload is not None
    assert isinstance(msgspec.json.decode(built.payload), dict)
    return built


def among_others(points: Sequence[DataPoint], **options: Any) -> list[ProcessingResult]:
    """The results of strange points that stand between those of an ordinary symbol, which all are accepted."""
    ordinary = flat("OK", len(points) + 1)
    mixed = [ordinary[0], *(each for pair in zip(points, ordinary[1:], strict=True) for each in pair)]
    results = run(mixed, **options)
    assert all(result.accepted for result in results if result.point.symbol is ordinary[0].symbol)
    return [result for result in results if result.point.symbol is not ordinary[0].symbol]


def fits(field: str, value: Any) -> bool:
    """Whether a value, strange or not, is one that this field may have; other rules judge it then."""
    if field == "symbol":
        return re.fullmatch("[!-~]{1,64}", plain(value) or "") is not None
    if field == "timestamp":
        return value is datetime.max or value is datetime.min
    return field in NUMBERS and type(value) is int and abs(value) < 10**300


@pytest.mark.parametrize("field", [name for name in FIELDS if name != "extra"])
def test_a_strange_value_rejects_its_own_point_only(field: str) -> None:
    good = flat("A", 1)[0]
    values = [each for each in STRANGE if not fits(field, each)]
    found = among_others([msgspec.structs.replace(good, **{field: value}) for value in values])
    assert len(found) == len(values)
    for result in found:
        told = outcome(result)
        assert told.codes == ["malformed_record"]
        assert (told.detail or "").startswith((field, "a value of the point raises"))


@pytest.mark.parametrize("give", [lambda value: value, lambda value: {"funding": value}], ids=["all", "one"])
def test_a_strange_extra_number_is_unknown(give: Any) -> None:
    points = [
        msgspec.structs.replace(good, extra=give(value))
        for good, value in zip(flat("A", len(STRANGE)), STRANGE, strict=True)
    ]
    found = among_others(points, engine={"ingestion": {"extra": ["funding"]}})
    assert len(found) == len(STRANGE)
    assert all(result.accepted for result in found)


@pytest.mark.parametrize("symbol", [np.str_("A"), Name.A, HostileText("A")], ids=["numpy", "enum", "hostile"])
def test_every_kind_of_string_is_a_symbol(symbol: Any) -> None:
    points = flat("A", 2)
    pipeline = RealTimePipeline(num_workers=2)
    with pipeline:
        assert pipeline.add_data_point(msgspec.structs.replace(points[0], symbol=symbol))
        assert pipeline.add_data_point(points[1])
        results = [pipeline.get_result(60.0) for _ in points]
    assert all(result is not None and result.accepted for result in results)
    assert [result.outcome.sequence for result in results if result] == [1, 2]  # one symbol
    assert pipeline.latest("A") is not None


def test_strange_points_do_no_harm_in_several_threads_with_callbacks_and_caches() -> None:
    heard: list[ProcessingResult] = []
    points = [msgspec.structs.replace(flat("A", 1)[0], symbol=value) for value in STRANGE if plain(value) is None]
    found = among_others(points, num_workers=3, callbacks={"data_rejected": heard.append})
    assert len(found) == len(heard) == len(points)


def test_validator_and_normalizer_take_strange_points() -> None:
    validator, normalizer, good = DataValidator(), DataNormalizer(), flat("A", 1)[0]
    for field in FIELDS:
        for value in STRANGE:
            point = msgspec.structs.replace(good, **{field: value})
            accepted, _, codes = validator.validate_data_point(point)
            assert not accepted or (field == "symbol" and plain(value)), (field, codes)
            if not accepted and codes == "malformed_record":
                with pytest.raises(ValueError, match="not a bar of finite numbers"):
                    normalizer.normalize_data_point(point)


def test_a_message_shows_a_value_in_one_short_line() -> None:
    assert shown("a\n b") == r"'a\n b'"
    assert shown(pd.Series([1.0])).count("\n") == 0
    assert len(shown(list(range(1_000)))) == 80
    assert shown(Hostile()) == "a value of type Hostile"
    assert (plain("a"), plain(np.str_("a")), plain(Name.A), plain(b"a"), plain(None)) == ("a", "a", "A", None, None)


HOSTILE = (Hostile, HostileNumber, HostileText, datetime)  # hypothesis could not print them, or their time zone
ANY = st.one_of(
    st.sampled_from([each for each in STRANGE if not issubclass(type(each), HOSTILE)]),
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.fractions(),
    st.complex_numbers(),
    st.text(max_size=70),
    st.binary(max_size=70),
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.timezones()),
    st.lists(st.integers(), max_size=3),
    st.sampled_from(["A", "B", "1m", "1h", "5m", START, START + timedelta(minutes=1), 100.0, 101.0, 99.0]),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.builds(DataPoint, *[ANY] * len(FIELDS)) | st.sampled_from(flat("A", 3)), min_size=1, max_size=40))
def test_no_point_of_any_values_ends_the_pipeline(points: list[DataPoint]) -> None:
    results = run(points)
    assert len(results) == len(points)
    for result in results:
        repr(result)
        msgspec.json.encode(result.outcome)


def test_the_times_of_accepted_points_are_in_the_zone_that_was_given() -> None:
    when = START.replace(tzinfo=UTC)
    [result] = run([msgspec.structs.replace(flat("A", 1)[0], timestamp=when)])
    assert when.isoformat() in repr(result)
