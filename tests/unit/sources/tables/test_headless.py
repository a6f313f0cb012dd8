"""Tables without header: the usual orders are read, all others refused with options that read them."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.sources.shared import bars_of
from worker.errors import DataError
from worker.sources.options import ReadOptions, columns_of
from worker.sources.report import ReadReport
from worker.sources.source import open_file

Row = tuple[int, float, float, float, float, int]


def market(count: int = 200) -> list[Row]:
    rng, close, rows = random.Random(5), 61.2, []
    for n in range(count):
        opened = round(close * (1 + rng.gauss(0, 0.002)), 2)
        close = round(opened * (1 + rng.gauss(0, 0.01)), 2)
        high = round(max(opened, close) * (1 + rng.random() * 0.005), 2)
        low = round(min(opened, close) * (1 - rng.random() * 0.005), 2)
        rows.append((1_709_510_400 + 60 * n, opened, high, low, close, round(rng.lognormvariate(6, 0.6)) + 1))
    return rows


ROWS = market()
TRADES = [random.Random(n).randint(1, 900) for n in range(len(ROWS))]


def write(path: Path, form: Callable[[int, Row], tuple[object, ...]], reverse: bool = False) -> Path:
    lines = [",".join(map(str, form(n, row))) for n, row in enumerate(ROWS)]
    path.write_text("\n".join(lines[::-1] if reverse else lines) + "\n")
    return path


READ: dict[str, Callable[[int, Row], tuple[object, ...]]] = {
    "usual": lambda n, r: r,
    "open, close, high, low": lambda n, r: (r[0], r[1], r[4], r[2], r[3], r[5]),
    "volume of fractions, then trades": lambda n, r: (*r[:5], r[5] / 1_000, TRADES[n]),
    "volume, then turnover": lambda n, r: (*r, round(r[5] * (r[2] + r[3]) / 2, 2)),
    "klines": lambda n, r: (*r, r[0] + 59, round(r[5] * r[4], 4), TRADES[n], r[5] // 2, r[5] // 3, 0),
    "volume, then adjusted close": lambda n, r: (*r, round(r[4] * 0.93, 4)),
    "volume, then zeros and a name": lambda n, r: (*r, 0, "x"),
    "constant volume": lambda n, r: (*r[:5], 0),
}
REFUSED: dict[str, tuple[str, Callable[[int, Row], tuple[object, ...]]]] = {
    "adjusted close": ("moves as the prices do", lambda n, r: (*r[:5], round(r[4] * (0.9 + n // 50 / 40), 6), r[5])),
    "average with zeros": (
        "moves as the prices do",
        lambda n, r: (*r[:5], 0.0 if n % 17 == 5 else round(sum(r[1:5]) / 4, 2), r[5] / 100, TRADES[n]),
    ),
    "bid and ask": ("moves as the prices do", lambda n, r: (*r[:5], *(round(p + 0.05, 2) for p in r[1:5]), r[5])),
    "close first": ("look swapped", lambda n, r: (r[0], r[4], r[2], r[3], r[1], r[5])),
    "trades or volume": ("the volume may be column 6", lambda n, r: (*r[:5], r[5], TRADES[n] * 2)),
    "turnover first": ("the turnover, not the volume", lambda n, r: (*r[:5], round(r[5] * r[4], 2), r[5])),
    "volume first": ("are no open, high, low", lambda n, r: (r[0], r[5], r[4], r[2], r[3], r[1])),
    "low first": ("are no open, high, low", lambda n, r: (r[0], r[3], r[2], r[1], r[4], r[5])),
}


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("title", READ)
def test_usual_orders_are_read(tmp_path: Path, title: str, reverse: bool) -> None:
    path = write(tmp_path / "abc.csv", READ[title], reverse)
    bars = bars_of(open_file(path, None, ReadReport()))
    volume = READ[title](0, ROWS[0])[5]
    assert (bars[-1 if reverse else 0].open, bars[-1 if reverse else 0].close) == (ROWS[0][1], ROWS[0][4])
    assert bars[-1 if reverse else 0].volume == volume


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("title", REFUSED)
def test_other_orders_are_refused_and_the_options_named_read_them(tmp_path: Path, title: str, reverse: bool) -> None:
    why, form = REFUSED[title]
    path = write(tmp_path / "abc.csv", form, reverse)
    with pytest.raises(DataError, match=why) as refused:
        open_file(path, None, ReadReport())
    named = re.findall(r"--column (\S+)", refused.value.fix)
    assert len(named) == 6
    bars = bars_of(open_file(path, None, ReadReport(), ReadOptions(columns=columns_of(named))))
    wanted = {(1_000 * row[0], *row[1:5]) for row in ROWS}
    assert {bar[1:6] for bar in bars} == wanted
    if title not in {"trades or volume", "average with zeros"}:
        assert {bar.volume for bar in bars} == {row[5] for row in ROWS}


def test_one_column_given_leaves_the_others(tmp_path: Path) -> None:
    path = write(tmp_path / "abc.csv", REFUSED["adjusted close"][1])
    bars = bars_of(open_file(path, None, ReadReport(), ReadOptions(columns={"volume": "7"})))
    assert bars[0].volume == ROWS[0][5]
    with pytest.raises(DataError, match="column 5 would be close and volume") as refused:
        open_file(path, None, ReadReport(), ReadOptions(columns={"volume": "5"}))
    assert "--column ts=… --column open=…" in refused.value.fix
