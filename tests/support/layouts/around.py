"""What stands around a table: preambles, totals and remarks below it, a second table, cells without a name."""

from __future__ import annotations

from tests.support.layouts.layout import Layout
from tests.support.layouts.rows import DAYS, EUROPEAN, OHLCV, PLAIN, PRICES, SEMICOLONS, rows

REMARK = "Alle Angaben ohne Gewähr. Quelle: Handelsplatz.;;;;;"
MANY = tuple(f"2022-{month:02d}-{day:02d},{PRICES[0]}" for month in range(1, 13) for day in range(1, 29))

LAYOUTS: list[Layout] = [
    Layout(
        "a total and a remark below the table",
        "ABC.csv",
        rows(SEMICOLONS, *EUROPEAN, "Summe;;;;;3600", REMARK),
        notes="2 lines of text below the table",
    ),
    Layout(
        "a total of all columns, quoted cells",
        "ABC.csv",
        rows(OHLCV, *(f'"{day}",{prices}' for day, prices in zip(DAYS, PRICES, strict=True)), "Total,1,2,3,4,5"),
        notes="1 line of text below the table",
    ),
    Layout(
        "a dated remark below the table, padded and not",
        "ABC.csv",
        PLAIN + "As of 2024-03-07 17:00,,,,,\nDownloaded on 2024-03-07\n",
        notes="2 lines of text below the table",
    ),
    Layout(
        "the header of another order again",
        "ABC.csv",
        rows(OHLCV, *MANY, "Date,Close,High,Low,Open,Volume", *(row.replace("2022", "2023") for row in MANY)),
        refused=f"holds two tables: line {len(MANY) + 2} is another header: Date,Close,High,Low,Open,Volume",
        fix="a file of its own",
    ),
    Layout(
        "a second table under a title",
        "ABC.csv",
        rows("ABC", OHLCV, f"{DAYS[0]},{PRICES[0]}", "", "DEF", OHLCV, f"{DAYS[1]},{PRICES[1]}"),
        refused="holds two tables: line 6",
        fix="a file of its own",
    ),
    Layout(
        "a second header of unknown words",
        "ABC.csv",
        rows(OHLCV, *MANY, "tid,a,b,d,e,f", *(row.replace("2022", "2023") for row in MANY)),
        refused="holds two tables",
    ),
    Layout(
        "unquoted thousands under columns without a name",
        "ABC.csv",
        rows(f"{OHLCV},,", *(f"{day},{p.rpartition(',')[0]},6,379,673" for day, p in zip(DAYS, PRICES, strict=True))),
        refused="have more cells than the header names: 2024-03-04",
        fix="Quote numbers",
    ),
    Layout(
        "unquoted thousands from the second row on",
        "ABC.csv",
        rows(OHLCV, f"{DAYS[0]},{PRICES[0]}", *(f"{day},41,42,40,41,6,379" for day in DAYS[1:])),
        refused="2 rows have more cells than the header names: line 3: 2024-03-05",
        fix="Quote numbers",
    ),
    Layout(
        "a remark behind the last column", "ABC.csv", PLAIN.replace("Volume", "Volume,").replace("1200", "1200,thin")
    ),
    Layout("a separator at the end of each line", "ABC.csv", PLAIN.replace("\n", ",\n")),
]
