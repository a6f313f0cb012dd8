"""Columns are found whatever their spelling; what is missing is named."""

from __future__ import annotations

import pytest

from worker.errors import DataError
from worker.sources.tables.columns import Columns, guess, is_data, recognise, recognised


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
    assert recognise(header.split(","), "x.csv").columns == Columns(0, (1, 2, 3, 4, 5))


def test_the_adjusted_close_is_not_the_close() -> None:
    header = ["Date", "Open", "High", "Low", "Adj Close", "Close", "Volume"]
    found = recognise(header, "x.csv")
    assert found.columns.numbers == (1, 2, 3, 5, 6)
    assert found.notes == ["prices are the raw ones of 'Close'; 'Adj Close' is not used"]


def test_symbol_and_ingest_time_are_found() -> None:
    found = recognise(["ticker", "ingest_ts", "time", "o", "h", "l", "c", "vol"], "x.csv").columns
    assert found == Columns(2, (3, 4, 5, 6, 7), symbol=0, ingest_ts=1)


def test_a_time_of_day_beside_the_date_is_joined() -> None:
    found = recognise(["date", "time", "open", "high", "low", "close", "volume"], "x.csv").columns
    assert (found.ts, found.clock) == (0, 1)


def test_a_missing_column_is_named_with_those_seen_and_wanted() -> None:
    with pytest.raises(DataError) as caught:
        recognise(["Date", "Open", "High", "Low", "Adj Close"], "x.csv")
    for word in ("x.csv", "close, volume", "Adj Close", "wanted: ts, open"):
        assert word in str(caught.value)


def test_a_table_without_header_is_guessed() -> None:
    assert is_data(["2024-01-02", "1", "2", "0.5", "1.5", "10"])
    assert guess(["2024-01-02", "1", "2", "0.5", "1.5", "10"], "x").numbers == (1, 2, 3, 4, 5)
    assert guess(["ABC", "2024-01-02", "1", "2", "0.5", "1.5", "10"], "x") == Columns(1, (2, 3, 4, 5, 6), symbol=0)
    assert guess(["2024-01-02", "1", "2", "0.5", "1.5", "10", "ABC"], "x").symbol == 6


def test_another_shape_without_header_is_refused() -> None:
    with pytest.raises(DataError, match="neither a header nor"):
        guess(["1", "2", "3", "4"], "x.csv")


def test_date_and_time_without_header() -> None:
    found = guess(["2024.03.04", "09:00", "1.0850", "1.0861", "1.0844", "1.0857", "812"], "x")
    assert found == Columns(0, (2, 3, 4, 5, 6), clock=1)


@pytest.mark.parametrize(
    ("header", "volumes"),
    [
        ("<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<TICKVOL>,<VOL>,<SPREAD>", [7, 6]),
        ("Date,Open,High,Low,Close,Volume BTC,Volume USDT", [5]),
        ("time,open,high,low,close,Volume,Volume MA", [5]),
    ],
)
def test_volumes_the_likelier_first(header: str, volumes: list[int]) -> None:
    assert recognise(header.split(","), "x.csv").volumes == volumes


def test_columns_that_the_user_names() -> None:
    header = ["Date", "Open", "High", "Low", "Last", "Settle", "Bid Vol", "Ask Vol"]
    with pytest.raises(DataError, match="no column for volume") as caught:
        recognise(header, "x.csv")
    assert "--column volume=" in caught.value.fix
    assert recognise(header, "x.csv", {"volume": "ask vol", "close": "6"}).columns.numbers == (1, 2, 3, 5, 7)
    with pytest.raises(DataError, match="no column 'Nothing' for volume"):
        recognise(header, "x.csv", {"volume": "Nothing"})


def test_a_column_that_is_there_twice_is_refused() -> None:
    with pytest.raises(DataError, match="2 columns 'Close'") as caught:
        recognise(["Date", "Open", "High", "Low", "Close", "Close", "Volume"], "x.csv")
    assert "--column close=5" in caught.value.fix


def test_a_row_of_data_is_no_header() -> None:
    assert recognised(["2024-01-02", "1", "2", "0.5", "1.5", "10"]) == 0
    assert recognised(["Datum", "Er\u00f6ffnung", "Hoch", "Tief", "Schluss"]) == 5
