"""Vendors of end-of-day prices."""

from __future__ import annotations

import gzip

from tests.support.layouts.layout import DAY1, DAY3, Layout
from tests.support.layouts.rows import (
    DAYS,
    EPOCH_MS,
    OHLCV,
    PLAIN,
    PRICES,
    daily,
    rows,
)

LAYOUTS: list[Layout] = [
    Layout(
        "Yahoo Finance",
        "ABC.csv",
        daily("Date,Open,High,Low,Close,Adj Close,Volume")
        .replace(",1200", ",40,1200")
        .replace(",900", ",40,900")
        .replace(",1500", ",40,1500"),
        notes="'Adj Close' is not used",
    ),
    Layout("Stooq, web", "abc.us.txt", PLAIN, symbol="ABC.US"),
    Layout(
        "Stooq, archive",
        "abc.us.txt",
        rows(
            "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>",
            *(f"ABC.US,D,{day.replace('-', '')},000000,{prices},0" for day, prices in zip(DAYS, PRICES, strict=True)),
        ),
        symbol="ABC.US",
    ),
    Layout(
        "Alpha Vantage, newest first",
        "ABC.csv",
        rows(
            "timestamp,open,high,low,close,volume",
            *(f"{day},{prices}" for day, prices in list(zip(DAYS, PRICES, strict=True))[::-1]),
        ),
        notes="newest first",
    ),
    Layout("Alpha Vantage, numbered headers", "ABC.csv", daily("date,1. open,2. high,3. low,4. close,5. volume")),
    Layout(
        "Nasdaq",
        "ABC.csv",
        rows(
            "Date,Close/Last,Volume,Open,High,Low",
            "03/06/2024,$42.35,1500,$41.80,$42.40,$41.70",
            "03/05/2024,$41.75,900,$41.60,$42.05,$41.30",
            "03/04/2024,$41.60,1200,$41.15,$41.90,$40.85",
        ),
        notes="newest first",
    ),
    Layout(
        "Investing.com",
        "ABC.csv",
        rows(
            '"Date","Price","Open","High","Low","Vol.","Change %"',
            '"03/13/2024","42.35","41.80","42.40","41.70","1.50K","1.44%"',
            '"03/12/2024","41.75","41.60","42.05","41.30","0.90K","0.36%"',
            '"03/11/2024","41.60","41.15","41.90","40.85","1.20K","-0.10%"',
        ),
        first=("2024-03-11", *DAY1[1:]),
        last=("2024-03-13", *DAY3[1:]),
    ),
    Layout(
        "Investing.com, German",
        "ABC.csv",
        rows(
            '"Datum","Zuletzt","Eröffn.","Hoch","Tief","Vol.","+/- %"'.replace("Eröffn.", "Eröffnung"),
            '"06.03.2024","42,35","41,80","42,40","41,70","1,50K","1,44%"',
            '"05.03.2024","41,75","41,60","42,05","41,30","0,90K","0,36%"',
            '"04.03.2024","41,60","41,15","41,90","40,85","1,20K","-0,10%"',
        ),
    ),
    Layout(
        "Barchart, with footer",
        "abc_daily.csv",
        rows(
            'Time,Open,High,Low,Last,Change,%Chg,Volume,"Open Int"',
            "03/06/2024,41.80,42.40,41.70,42.35,0.6,1.4%,1500,0",
            "03/05/2024,41.60,42.05,41.30,41.75,0.1,0.3%,900,0",
            "03/04/2024,41.15,41.90,40.85,41.60,0.1,0.1%,1200,0",
            '"Downloaded from Barchart.com as of 03-06-2024 05:12pm CST"',
        ),
        symbol="ABC_DAILY",
        notes="below the table",
    ),
    Layout(
        "Bloomberg, with preamble",
        "ABC.csv",
        rows(
            "",
            "Security,ABC US Equity",
            "Start Date,2024-03-04",
            "Period,D",
            "",
            "Date,PX_OPEN,PX_HIGH,PX_LOW,PX_LAST,PX_VOLUME",
            *(f"{day},{prices}" for day, prices in zip(DAYS, PRICES, strict=True)),
        ),
        notes="begins in line",
    ),
    Layout(
        "CryptoDataDownload",
        "Gemini_BTCUSD_d.csv",
        rows(
            "https://www.CryptoDataDownload.com",
            "unix,date,symbol,open,high,low,close,Volume BTC,Volume USD",
            *(
                f"{ms // 1000},{day} 00:00:00,BTC/USD,{prices},50000"
                for ms, day, prices in zip(EPOCH_MS, DAYS, PRICES, strict=True)
            ),
        ),
        symbol="BTC/USD",
    ),
    Layout(
        "Tiingo",
        "ABC.csv",
        rows(
            "date,close,high,low,open,volume,adjClose,adjHigh",
            "2024-03-04T00:00:00.000Z,41.6,41.9,40.85,41.15,1200,40,40",
            "2024-03-05T00:00:00.000Z,41.75,42.05,41.3,41.6,900,40,40",
            "2024-03-06T00:00:00.000Z,42.35,42.4,41.7,41.8,1500,40,40",
        ),
    ),
    Layout(
        "EODHD",
        "ABC.csv",
        daily("Date,Open,High,Low,Close,Adjusted_close,Volume")
        .replace(",1200", ",40,1200")
        .replace(",900", ",40,900")
        .replace(",1500", ",40,1500"),
    ),
    Layout(
        "Polygon flat file, ns",
        "2024-03-04.csv.gz",
        gzip.compress(
            rows(
                "ticker,volume,open,close,high,low,window_start,transactions",
                "ABC,1200,41.15,41.6,41.9,40.85,1709510400000000000,5",
                "ABC,900,41.6,41.75,42.05,41.3,1709596800000000000,5",
                "ABC,1500,41.8,42.35,42.4,41.7,1709683200000000000,5",
            ).encode()
        ),
    ),
    Layout(
        "Polygon aggregates",
        "ABC.csv",
        rows(
            "v,vw,o,c,h,l,t,n",
            f"1200,41,41.15,41.6,41.9,40.85,{EPOCH_MS[0]},5",
            f"900,41,41.6,41.75,42.05,41.3,{EPOCH_MS[1]},5",
            f"1500,41,41.8,42.35,42.4,41.7,{EPOCH_MS[2]},5",
        ),
    ),
    Layout(
        "yfinance, header of three lines",
        "prices.csv",
        rows(
            "Price,Close,High,Low,Open,Volume",
            "Ticker,ABC,ABC,ABC,ABC,ABC",
            "Date,,,,,",
            "2024-03-04,41.6,41.9,40.85,41.15,1200",
            "2024-03-05,41.75,42.05,41.3,41.6,900",
            "2024-03-06,42.35,42.4,41.7,41.8,1500",
        ),
    ),
    Layout(
        "yfinance, local midnights across a change of the clocks",
        "ABC.csv",
        rows(
            OHLCV,
            "2024-03-29 00:00:00+01:00," + PRICES[0],
            "2024-04-01 00:00:00+02:00," + PRICES[1],
            "2024-04-02 00:00:00+02:00," + PRICES[2],
        ),
        first=("2024-03-29", *DAY1[1:]),
        last=("2024-04-02", *DAY3[1:]),
    ),
    Layout(
        "TradingView, epoch seconds",
        "ABC.csv",
        rows(
            "time,open,high,low,close,Volume,Volume MA",
            *(f"{ms // 1000},{prices},1000" for ms, prices in zip(EPOCH_MS, PRICES, strict=True)),
        ),
    ),
    Layout(
        "TradingView, ISO with offset",
        "ABC.csv",
        rows(
            "time,open,high,low,close,Volume",
            *(
                f"2024-03-04T{hour}:00:00-05:00,{prices}"
                for hour, prices in zip(("09", "10", "11"), PRICES, strict=True)
            ),
        ),
        first=("2024-03-04T14:00", *DAY1[1:]),
        last=("2024-03-04T16:00", *DAY3[1:]),
        interval="1h",
    ),
    Layout("pandas, unnamed index", "ABC.csv", daily(",Open,High,Low,Close,Volume")),
    Layout(
        "Databento",
        "ABC.csv",
        rows(
            "ts_event,rtype,open,high,low,close,volume,symbol",
            *(f"{day}T00:00:00.000000000Z,35,{prices},ABC" for day, prices in zip(DAYS, PRICES, strict=True)),
        ),
    ),
    Layout(
        "NSE India",
        "ABC.csv",
        rows(
            '"Date ","series ","OPEN ","HIGH ","LOW ","PREV. CLOSE ","ltp ","close ","vwap ","VOLUME ","VALUE "',
            '"04-Mar-2024","EQ","1,841.15","1,841.90","1,840.85","1,840.00","1,841","1,841.60","1,841","12,34,567","22,72,00,000.50"',
            '"05-Mar-2024","EQ","1,841.60","1,842.05","1,841.30","1,840.00","1,841","1,841.75","1,841","9,000","1,65,000.50"',
        ),
        first=("2024-03-04", 1841.15, 1841.9, 1840.85, 1841.6, 1234567.0),
        last=("2024-03-05", 1841.6, 1842.05, 1841.3, 1841.75, 9000.0),
        rows=2,
    ),
]
