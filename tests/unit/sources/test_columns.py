"""Columns are found whatever their spelling; what is missing is named."""

from __future__ import annotations

import pytest

from worker.errors import DataError
from worker.sources.columns import Columns, guess, has_header, recognise


@pytest.mark.parametrize(
    "header",
    [
        "date,open,high,low,close,volume",
        "Timestamp,Open,High,Low,Close,Volume",
        "<DATE>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>",
        "ts,o,h,l,c,v",
        "open_time,open,high,low,close,volume,close_time,quote_volume",
        ",Open,High,Low,Close,Volume",
        "Datetime, Open , High , Low , Close , Volume",
    ],
)
def test_spellings(header: str) -> None:
    assert recognise(header.split(","), "x.csv") == Columns(0, (1, 2, 3, 4, 5))


def test_the_adjusted_close_is_not_the_close() -> None:
    header = ["Date", "Open", "High", "Low", "Adj Close", "Close", "Volume"]
    assert recognise(header, "x.csv").numbers == (1, 2, 3, 5, 6)


def test_symbol_and_ingest_time_are_found() -> None:
    found = recognise(["ticker", "ingest_ts", "time", "o", "h", "l", "c", "vol"], "x.csv")
    assert found == Columns(2, (3, 4, 5, 6, 7), symbol=0, ingest_ts=1)


def test_a_time_of_day_beside_the_date_is_joined() -> None:
    found = recognise(["date", "time", "open", "high", "low", "close", "volume"], "x.csv")
    assert (found.ts, found.clock) == (0, 1)


def test_a_missing_column_is_named_with_those_seen_and_wanted() -> None:
    with pytest.raises(DataError) as caught:
        recognise(["Date", "Open", "High", "Low", "Adj Close"], "x.csv")
    for word in ("x.csv", "close, volume", "Adj Close", "wanted: ts, open"):
        assert word in str(caught.value)


def test_a_table_without_header_is_guessed() -> None:
    assert not has_header(["2024-01-02", "1", "2", "0.5", "1.5", "10"])
    assert guess(["2024-01-02", "1", "2", "0.5", "1.5", "10"], "x").numbers == (1, 2, 3, 4, 5)
    assert guess(["ABC", "2024-01-02", "1", "2", "0.5", "1.5", "10"], "x") == Columns(1, (2, 3, 4, 5, 6), symbol=0)
    assert guess(["2024-01-02", "1", "2", "0.5", "1.5", "10", "ABC"], "x").symbol == 6


def test_another_shape_without_header_is_refused() -> None:
    with pytest.raises(DataError, match="neither a header nor"):
        guess(["1", "2", "3", "4"], "x.csv")
