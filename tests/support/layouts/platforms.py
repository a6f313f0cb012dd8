"""Trading platforms and exchanges."""

from __future__ import annotations

from tests.support.layouts.layout import DAY1, DAY3, HOUR1, HOUR3, Layout
from tests.support.layouts.rows import (
    EPOCH_MS,
    FX,
    KLINES,
    OHLCV,
    PRICES,
    daily,
    packed,
    rows,
)

LAYOUTS: list[Layout] = [
    Layout(
        "MetaTrader 5",
        "MT5.csv",
        rows(
            "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>",
            *(
                f"2024.03.04\t{hour}:00:00\t{fx.replace(',', chr(9))}\t{vol}\t0\t11"
                for hour, fx, vol in zip(("09", "10", "11"), FX, (812, 644, 702), strict=True)
            ),
        ),
        first=HOUR1,
        last=HOUR3,
        interval="1h",
        symbol="MT5",
        notes="<TICKVOL>",
    ),
    Layout(
        "MetaTrader 4, no header",
        "EURUSD60.csv",
        rows(
            "",
            *(
                f"2024.03.04,{hour}:00,{fx},{vol}"
                for hour, fx, vol in zip(("09", "10", "11"), FX, (812, 644, 702), strict=True)
            ),
        ),
        first=HOUR1,
        last=HOUR3,
        interval="1h",
        symbol="EURUSD60",
    ),
    Layout(
        "HistData, New York's winter time",
        "DAT_ASCII_EURUSD_M1_2024.csv",
        rows(
            "",
            *(
                f"20240704 17000{n};{fx.replace(',', ';')};0".replace(f"17000{n}", f"170{n}00")
                for n, fx in enumerate(FX)
            ),
        ),
        first=("2024-07-04T22:00", 1.085, 1.0861, 1.0844, 1.0857, 0.0),
        last=("2024-07-04T22:02", 1.086, 1.0871, 1.0858, 1.0869, 0.0),
        symbol="EURUSD",
        interval="1m",
        notes="are zero",
    ),
    Layout(
        "Dukascopy",
        "EURUSD.csv",
        rows(
            "Gmt time,Open,High,Low,Close,Volume",
            *(
                f"04.03.2024 {hour}:00:00.000,{fx},{vol}"
                for hour, fx, vol in zip(("09", "10", "11"), FX, (812, 644, 702), strict=True)
            ),
        ),
        first=HOUR1,
        last=HOUR3,
        symbol="EURUSD",
        interval="1h",
    ),
    Layout(
        "Dukascopy, local time with offset",
        "EURUSD.csv",
        rows(
            "Local time,Open,High,Low,Close,Volume",
            *(
                f"04.03.2024 {hour}:00:00.000 GMT+0100,{fx},{vol}"
                for hour, fx, vol in zip(("10", "11", "12"), FX, (812, 644, 702), strict=True)
            ),
        ),
        first=HOUR1,
        last=HOUR3,
        symbol="EURUSD",
        interval="1h",
    ),
    Layout(
        "NinjaTrader, no header",
        "ES 03-24.txt",
        rows(
            "",
            *(
                f"20240304 {hour}0000;{fx.replace(',', ';')};{vol}"
                for hour, fx, vol in zip(("09", "10", "11"), FX, (812, 644, 702), strict=True)
            ),
        ),
        first=HOUR1,
        last=HOUR3,
        symbol="ES_03-24",
        interval="1h",
    ),
    Layout(
        "Sierra Chart",
        "ABC.txt",
        rows(
            "Date, Time, Open, High, Low, Last, Volume, NumberOfTrades, BidVolume, AskVolume",
            *(
                f"2024/3/4, {hour}:00:00, {fx.replace(',', ', ')}, {vol}, 5, 3, 2"
                for hour, fx, vol in zip(("9", "10", "11"), FX, (812, 644, 702), strict=True)
            ),
        ),
        first=HOUR1,
        last=HOUR3,
        interval="1h",
    ),
    Layout(
        "Kibot, no header, month first",
        "ABC.txt",
        rows(
            "",
            *(
                f"{day},09:30,{prices}"
                for day, prices in zip(("03/12/2024", "03/13/2024", "03/14/2024"), PRICES, strict=True)
            ),
        ),
        first=("2024-03-12T09:30", *DAY1[1:]),
        last=("2024-03-14T09:30", *DAY3[1:]),
    ),
    Layout(
        "FirstRate, no header",
        "ABC.txt",
        rows("", *(f"2024-03-04 0{hour}:00:00,{prices}" for hour, prices in zip((7, 8, 9), PRICES, strict=True))),
        first=("2024-03-04T12:00", *DAY1[1:]),
        last=("2024-03-04T14:00", *DAY3[1:]),
        interval="1h",
        options={"timezone": "America/New_York"},
    ),
    Layout(
        "Finam",
        "ABC.csv",
        rows(
            "<TICKER>;<PER>;<DATE>;<TIME>;<OPEN>;<HIGH>;<LOW>;<CLOSE>;<VOL>",
            *(
                f"ABC;60;20240304;{hour}0000;{fx.replace(',', ';')};{vol}"
                for hour, fx, vol in zip(("09", "10", "11"), FX, (812, 644, 702), strict=True)
            ),
        ),
        first=HOUR1,
        last=HOUR3,
        interval="1h",
    ),
    Layout(
        "Google Sheets, closing time, two-digit hours",
        "ABC.csv",
        daily(OHLCV, ("3/13/2024 16:00:00", "3/14/2024 16:00:00", "3/15/2024 16:00:00")),
        first=("2024-03-13T16:00", *DAY1[1:]),
        last=("2024-03-15T16:00", *DAY3[1:]),
    ),
    Layout(
        "AM and PM",
        "ABC.csv",
        daily(OHLCV, ("03/13/2024 11:00 AM", "03/13/2024 12:00 PM", "03/13/2024 1:00 PM")),
        first=("2024-03-13T11:00", *DAY1[1:]),
        last=("2024-03-13T13:00", *DAY3[1:]),
        interval="1h",
    ),
    Layout(
        "Binance klines, no header",
        "BTCUSDT-1d-2024-03.zip",
        packed(KLINES, "BTCUSDT-1d-2024-03.csv"),
        symbol="BTCUSDT",
    ),
    Layout(
        "Binance klines, µs",
        "BTCUSDT-1d-2024-03.csv",
        "".join(f"{ms}000,{prices},{ms}999,1,1,1,1,0\n" for ms, prices in zip(EPOCH_MS, PRICES, strict=True)),
        symbol="BTCUSDT",
    ),
    Layout(
        "Binance klines, ms and then µs",
        "BTCUSDT.csv",
        "".join(
            f"{ms}{more},{prices}\n" for ms, more, prices in zip(EPOCH_MS, ("", "000", "000"), PRICES, strict=True)
        ),
        symbol="BTCUSDT",
    ),
    Layout(
        "ms and then µs of other days",
        "BTCUSDT.csv",
        "".join(
            f"{ms}{more},{prices}\n"
            for ms, more, prices in zip(EPOCH_MS, ("000", "", "000"), PRICES[::-1], strict=True)
        )
        + f"{EPOCH_MS[0]},{PRICES[0]}\n",
        refused="changes its unit",
        fix="--date-format ms or us",
    ),
    Layout(
        "Kraken OHLCVT, no header",
        "XBTUSD_1440.csv",
        "".join(f"{ms // 1000},{prices},5\n" for ms, prices in zip(EPOCH_MS, PRICES, strict=True)),
        symbol="XBTUSD_1440",
    ),
    Layout(
        "Kraken REST, no header, an average before the volume",
        "XBTUSD.csv",
        "".join(
            f"{ms // 1000},{prices.rpartition(',')[0]},41.7,{prices.rpartition(',')[2]},5\n"
            for ms, prices in zip(EPOCH_MS, PRICES, strict=True)
        ),
        refused="lies between high and low",
        fix="--column volume=7",
    ),
    Layout(
        "Bitfinex, no header, close before high",
        "tBTCUSD.csv",
        "".join(
            f"{ms},{o},{c},{h},{low},{v}\n"
            for ms, (o, h, low, c, v) in zip(EPOCH_MS, (prices.split(",") for prices in PRICES), strict=True)
        ),
        symbol="TBTCUSD",
    ),
    Layout(
        "Bitstamp",
        "ABC.csv",
        rows(
            "timestamp,open,high,low,close,volume",
            *(f"{ms // 1000},{prices}" for ms, prices in zip(EPOCH_MS, PRICES, strict=True)),
        ),
    ),
    Layout(
        "LEAN equity, daily",
        "equity/usa/daily/abc.zip",
        packed(
            "".join(
                f"{day} 00:00,{prices}\n"
                for day, prices in (
                    ("20240304", "411500,419000,408500,416000,1200"),
                    ("20240305", "416000,420500,413000,417500,900"),
                    ("20240306", "418000,424000,417000,423500,1500"),
                )
            ),
            "abc.csv",
        ),
        first=("2024-03-04", *DAY1[1:]),
        last=("2024-03-06", *DAY3[1:]),
    ),
    Layout(
        "LEAN crypto, ms since midnight",
        "crypto/coinbase/minute/abc/20240304_trade.zip",
        packed(
            "".join(f"{ms},{prices}\n" for ms, prices in zip((0, 60_000, 180_000), PRICES, strict=True)),
            "20240304_abc_minute_trade.csv",
        ),
        first=DAY1,
        last=("2024-03-04T00:03", *DAY3[1:]),
        interval="1m",
    ),
]
