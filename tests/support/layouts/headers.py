"""Headers in many languages, and those whose words are not known."""

from __future__ import annotations

from tests.support.layouts.layout import DAY1, DAY3, HOUR1, HOUR3, Layout
from tests.support.layouts.rows import DAYS, FX, PRICES, daily, rows

CLOSE_FIRST = ("41.6,41.9,40.85,41.15,1200", "41.75,42.05,41.3,41.6,900", "42.35,42.4,41.7,41.8,1500")
SPANS = tuple(f"{day},{prices}" for day, prices in zip(DAYS, CLOSE_FIRST, strict=True))
HOURS = tuple(
    f"04.03.2024;{hour}:00;{fx.replace(',', ';').replace('.', ',')};{vol}"
    for hour, fx, vol in zip(("09", "10", "11"), FX, (812, 644, 702), strict=True)
)
# Time, close, high, low, open, volume.
LANGUAGES = {
    "Turkish": "Tarih,Kapanış,Yüksek,Düşük,Açılış,Hacim",
    "Turkish, ASCII": "Tarih,Kapanis,Yuksek,Dusuk,Acilis,Hacim",
    "Polish": "Data,Zamkniecie,Najwyzszy,Najnizszy,Otwarcie,Wolumen",
    "Russian": "Дата,Цена,Макс.,Мин.,Откр.,Объём",
    "Chinese": "日期,收盘,最高,最低,开盘,成交量",
    "Japanese": "日付,終値,高値,安値,始値,出来高",
    "Korean": "날짜,종가,고가,저가,시가,거래량",
    "Spanish": "Fecha,Cierre,Máximo,Mínimo,Apertura,Volumen",
    "Italian": "Data,Chiusura,Massimo,Minimo,Apertura,Volume",
    "French": "Date,Clôture,Plus haut,Plus bas,Ouverture,Volume",
}

LAYOUTS: list[Layout] = [
    *(
        Layout(f"{language} header, close first", "ABC.csv", rows(header, *SPANS))
        for language, header in LANGUAGES.items()
    ),
    Layout(
        "German broker, time of day apart",
        "ABC.csv",
        rows("Datum;Uhrzeit;Erster;Höchst;Tiefst;Letzter;Stück", *HOURS),
        first=HOUR1,
        last=HOUR3,
        interval="1h",
    ),
    Layout(
        "a header of unknown words",
        "ABC.csv",
        daily("tid,a,b,d,e,f"),
        refused="no column for ts, open, high, low, close, volume; seen: tid, a, b, d, e, f",
        fix="--column ts=… --column open=…",
    ),
    Layout(
        "a header of unknown words, given",
        "ABC.csv",
        daily("tid,a,b,d,e,f"),
        options={"columns": {"ts": "tid", "open": "a", "high": "b", "low": "d", "close": "e", "volume": "6"}},
    ),
    Layout(
        "bid and ask",
        "ABC.csv",
        rows(
            "time,bid_open,bid_high,bid_low,bid_close,ask_open,ask_high,ask_low,ask_close,volume",
            *(f"{day},{p.rpartition(',')[0]},{p}" for day, p in zip(DAYS, PRICES, strict=True)),
        ),
        refused="no column for open, high, low, close; seen: time, bid_open",
        fix="one of bid_open, bid_high",
    ),
    Layout(
        "one unknown word",
        "ABC.csv",
        daily("Dátum,Nyitó,Maximum,Minimum,Záró,Forgalom"),
        refused="no column for volume",
        fix="--column volume=… with one of Forgalom",
    ),
    Layout(
        "one unknown word, given",
        "ABC.csv",
        daily("Dátum,Nyitó,Maximum,Minimum,Záró,Forgalom"),
        options={"columns": {"volume": "Forgalom"}},
    ),
    *(
        Layout(
            f"{header}",
            "ABC.csv",
            daily(f"Date,Open,High,Low,Close,{header}"),
            refused=f"'{header}' counts {what}",
            fix=f"--column 'volume={header}'",
        )
        for header, what in (("Volume (000s)", "thousands"), ("Volume (EUR)", "money"), ("Volume (in mio)", "millions"))
    ),
    Layout(
        "a volume of money, given",
        "ABC.csv",
        daily("Date,Open,High,Low,Close,Volume (EUR)"),
        options={"columns": {"volume": "Volume (EUR)"}},
    ),
    Layout("a volume of coins", "ABC.csv", daily("Date,Open,High,Low,Close,Volume BTC")),
    Layout(
        "symbols of two cases",
        "all.csv",
        rows(
            "Symbol,Date,Open,High,Low,Close,Volume",
            *(f"{name},{day},{p}" for day, p in zip(DAYS, PRICES, strict=True) for name in (" ABC", "abc ")),
        ),
        rows=6,
        notes="differ by case only",
    ),
    Layout(
        "last price and settlement",
        "ABC.csv",
        rows(
            "Date,Open,High,Low,Last,Settle,Volume",
            *(f"{day},{p.rpartition(',')[0]},41,{p.rpartition(',')[2]}" for day, p in zip(DAYS, PRICES, strict=True)),
        ),
        first=DAY1,
        last=DAY3,
        notes="the close is 'Last'; --column close='Settle'",
    ),
]
