"""Several instruments in one file, and columns that tell rows of one time apart."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from tests.support.layouts.layout import DAY1, DAY3, Layout
from tests.support.layouts.rows import DAYS, OHLCV, PRICES, rows

OTHER = ("20.5,20.9,20.3,20.8,300", "20.8,21,20.7,20.9,400", "20.9,21.2,20.8,21.1,500")
LAST = ("2024-03-06", 20.9, 21.2, 20.8, 21.1, 500.0)


def two(header: str, first: str, second: str, mixed: bool = True) -> str:
    """Two instruments of three days, day by day or one after the other."""
    pairs = [[f"{day},{prices},{name}" for day, prices in zip(DAYS, many, strict=True)]
             for name, many in ((first, PRICES), (second, OTHER))]  # fmt: skip
    ordered: Sequence[str] = [row for pair in zip(*pairs, strict=True) for row in pair] if mixed else [*chain(*pairs)]
    return rows(f"{OHLCV},{header}", *ordered)


NAMES = ("#RIC", "ISIN", "Contract", "Code", "Name", "Stock", "coin", "company", "Product", "Trading Symbol")

LAYOUTS: list[Layout] = [
    *(
        Layout(
            f"two instruments by {header}, {'day by day' if mixed else 'one after the other'}",
            "all.csv",
            two(header, "ABC", "DEF", mixed),
            last=LAST,
            rows=6,
        )
        for header in NAMES
        for mixed in (True, False)
    ),
    *(
        Layout(
            f"two series by {header}",
            "all.csv",
            two(header, "ABC", "DEF"),
            refused=f"3 rows repeat a time of their symbol, and the column '{header}' would tell them apart",
            fix=f"--column symbol={header} if that names the instruments, or --column symbol=none",
        )
        for header in ("Exchange", "Series", "market", "Underlying", "anything")
    ),
    Layout(
        "two series by Exchange, given",
        "all.csv",
        two("Exchange", "ABC", "XETR"),
        options={"columns": {"symbol": "Exchange"}},
        last=LAST,
        rows=6,
    ),
    Layout(
        "two series by Exchange, one instrument by word of the user",
        "ABC.csv",
        two("Exchange", "XNAS", "XETR"),
        options={"columns": {"symbol": "none"}},
        last=LAST,
        rows=6,
        notes="3 rows repeat a time of their symbol",
    ),
    Layout(
        "options of one symbol",
        "all.csv",
        two("Symbol,Type", "ABC,CE", "ABC,PE"),
        refused="the column 'Type' would tell them apart",
        fix="Give a file for each of them",
    ),
    Layout(
        "options told apart by strike and type",
        "all.csv",
        rows(
            f"{OHLCV},Symbol,Strike,Type",
            *(
                f"{day},{prices},ABC,{strike},{kind}"
                for day, prices in zip(DAYS, PRICES, strict=True)
                for strike in (100, 110)
                for kind in ("CE", "PE")
            ),
        ),
        refused="the columns 'Strike' and 'Type' would tell them apart",
        fix="Give a file for each of them",
    ),
    Layout(
        "contracts of one root",
        "all.csv",
        two("Symbol,Contract", "ES,ESH4", "ES,ESM4"),
        refused="the column 'Contract' would tell them apart",
        fix="--column symbol=Contract",
    ),
    Layout(
        "a name in the file of one instrument",
        "ABC.csv",
        rows(f"{OHLCV},Name", *(f"{day},{prices},2781" for day, prices in zip(DAYS, PRICES, strict=True))),
    ),
    Layout(
        "a contract that rolls",
        "ABC.csv",
        rows(f"{OHLCV},Contract", f"{DAYS[0]},{PRICES[0]},ESH4", f"{DAYS[1]},{PRICES[1]},ESM4",
             f"{DAYS[2]},{PRICES[2]},ESM4"),
        first=DAY1,
        last=DAY3,
    ),
    Layout(
        "a line that stands twice, and one that comes late",
        "ABC.csv",
        rows(f"{OHLCV},Source", *(f"{DAYS[n]},{PRICES[n]},a" for n in (0, 0, 2, 1))),
        last=("2024-03-05", 41.6, 42.05, 41.3, 41.75, 900.0),
        rows=4,
        notes="1 row goes back in time",
    ),
]  # fmt: skip
