"""Rows that most layouts share."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

PRICES = ("41.15,41.9,40.85,41.6,1200", "41.6,42.05,41.3,41.75,900", "41.8,42.4,41.7,42.35,1500")
DAYS = ("2024-03-04", "2024-03-05", "2024-03-06")


def daily(header: str, times: tuple[str, str, str] = DAYS, form: str = "{t},{p}", end: str = "\n") -> str:
    rows = [form.format(t=time, p=prices) for time, prices in zip(times, PRICES, strict=True)]
    return end.join(([header] if header else []) + rows) + end


def rows(header: str, *rows: str) -> str:
    return "\n".join((header, *rows)) + "\n" if header else "\n".join(rows) + "\n"


OHLCV = "Date,Open,High,Low,Close,Volume"
PLAIN = daily(OHLCV)


def packed(text: str, member: str = "abc.csv") -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(member, text)

    return write


MOMENTS = [datetime(2024, 3, day, tzinfo=UTC) for day in (4, 5, 6)]
EPOCH_MS = [round(moment.timestamp() * 1_000) for moment in MOMENTS]


FX = ("1.0850,1.0861,1.0844,1.0857", "1.0857,1.0866,1.0851,1.0860", "1.0860,1.0871,1.0858,1.0869")
KLINES = "".join(
    f"{ms},{prices},{ms + 86_399_999},50000.1,300,600.5,25000.2,0\n"
    for ms, prices in zip(EPOCH_MS, PRICES, strict=True)
)
BERLIN = {"timezone": "Europe/Berlin"}
EUROPEAN = ("2024-03-04;41,15;41,90;40,85;41,60;1200", "2024-03-05;41,60;42,05;41,30;41,75;900",
            "2024-03-06;41,80;42,40;41,70;42,35;1500")  # fmt: skip
SEMICOLONS = OHLCV.replace(",", ";")
