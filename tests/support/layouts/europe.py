"""European vendors."""

from __future__ import annotations

from tests.support.layouts.layout import DAY1, DAY3, Layout
from tests.support.layouts.rows import (
    EUROPEAN,
    SEMICOLONS,
    rows,
)

LAYOUTS: list[Layout] = [
    Layout("decimal comma", "EURO.csv", rows(SEMICOLONS, *EUROPEAN), symbol="EURO"),
    Layout(
        "decimal comma and thousands",
        "EUROTHOU.csv",
        rows(
            SEMICOLONS,
            "2024-03-04;1.841,15;1.841,90;1.840,85;1.841,60;12.000",
            "2024-03-05;1.841,60;1.842,05;1.841,30;1.841,75;9.000",
        ),
        first=("2024-03-04", 1841.15, 1841.9, 1840.85, 1841.6, 12000.0),
        last=("2024-03-05", 1841.6, 1842.05, 1841.3, 1841.75, 9000.0),
        rows=2,
        symbol="EUROTHOU",
    ),
    Layout(
        "ariva, shares and turnover",
        "abc.csv",
        rows("Datum;Erster;Hoch;Tief;Schlusskurs;Stuecke;Volumen", *(row + ";50.000,00" for row in EUROPEAN)),
    ),
    Layout(
        "Euronext, preamble",
        "ABC.csv",
        rows(
            "",
            '"Historical Data"',
            '"From 2024-03-04 to 2024-03-06"',
            "NL0000000000",
            "Date;Open;High;Low;Last;Close;Number of Shares;Number of Trades;Turnover;vwap",
            "04/03/2024;41.15;41.90;40.85;41.5;41.60;1200;5;5;41",
            "05/03/2024;41.60;42.05;41.30;41.5;41.75;900;5;5;41",
            "13/03/2024;41.80;42.40;41.70;42;42.35;1500;5;5;41",
        ),
        last=("2024-03-13", *DAY3[1:]),
    ),
    Layout(
        "Boursorama, tab, month first impossible",
        "ABC.txt",
        rows(
            "Date\tOuverture\tPlus haut\tPlus bas\tClôture\tVolume",
            "14/03/2024\t41,15\t41,90\t40,85\t41,60\t1 200",
            "15/03/2024\t41,60\t42,05\t41,30\t41,75\t900",
        ),
        first=("2024-03-14", *DAY1[1:]),
        last=("2024-03-15", 41.6, 42.05, 41.3, 41.75, 900.0),
        rows=2,
    ),
    Layout(
        "Windows encoding",
        "ABC.csv",
        rows("Datum;Eröffnung;Hoch;Tief;Schluß;Volumen".replace("Schluß", "Schluss"), *EUROPEAN),
        encoding="cp1252",
    ),
    Layout(
        "apostrophes between thousands",
        "ABC.csv",
        rows(
            SEMICOLONS,
            "2024-03-04;1'841.15;1'841.90;1'840.85;1'841.60;12'000",
            "2024-03-05;1'841.60;1'842.05;1'841.30;1'841.75;9'000",
        ),
        first=("2024-03-04", 1841.15, 1841.9, 1840.85, 1841.6, 12000.0),
        last=("2024-03-05", 1841.6, 1842.05, 1841.3, 1841.75, 9000.0),
        rows=2,
    ),
    Layout(
        "currency behind the number",
        "ABC.csv",
        rows(SEMICOLONS, *(row.replace(",15;", ",15 €;").replace(",90;", ",90 €;") for row in EUROPEAN)),
    ),
]
