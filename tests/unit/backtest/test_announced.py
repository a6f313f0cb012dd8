"""Splits from a file: what may be written there, and a backtest of raw prices that meets them in time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from schemas.control import CorporateAction
from tests.support.lean import day, equity, folder
from tests.support.splitting import Array, adjusted, splits
from worker.backtest.announced import announce, read_splits
from worker.backtest.ledger import Ledger
from worker.backtest.player import Player
from worker.backtest.tape import BarPart, RawPart, Tape
from worker.engine.settings import EngineSettings
from worker.errors import DataError

HEAD = "symbol,ex,ratio\n"
DEFAULTS = EngineSettings()


def written(folder: Path, text: str) -> Path:
    file = folder / "splits.csv"
    file.write_text(text)
    return file


def test_lines_are_read_by_symbol_in_order_of_time(tmp_path: Path) -> None:
    text = "symbol, ex, ratio\nA,2020-08-31,4:1\n\nB,2020-01-02T09:30:00-05:00, 1:20\nA,2014-06-09,7:1\n"
    assert read_splits(written(tmp_path, text)) == {
        "A": [CorporateAction(1_402_272_000_000, 1 / 7), CorporateAction(1_598_832_000_000, 0.25)],
        "B": [CorporateAction(1_577_975_400_000, 20.0)],
    }
    assert read_splits(written(tmp_path, "\ufeff" + HEAD)) == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "has no header"),
        ("A,2020-08-31,4:1\n", "has no header"),
        (HEAD + "A,2020-08-31\n", "line 2"),
        (HEAD + "A,2020-08-31,4:1\nA,31.8.2020,4:1\n", "line 3"),
        (HEAD + "A,2020-08-31,4\n", "line 2: '4' is no ratio"),
        (HEAD + "A,2020-08-31,4:4\n", "the ratio of no split"),
        (HEAD + "A,2020-08-31,4:1\nA,2020-08-31,2:1\n", "line 3: A has a second split"),
    ],
)
def test_what_is_no_split_is_told_with_its_line(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=told) as refused:
        read_splits(written(tmp_path, text))
    assert refused.value.fix


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="can't be read"):
        read_splits(tmp_path / "none.csv")


def tape(bars: Array, key: bytes = b"aapl") -> Tape:
    return Tape(key, [BarPart(key, "1d", bars[:2_000]), BarPart(key, "1d", bars[2_000:])])


def played(found: Tape) -> Ledger:
    return Player(DEFAULTS).play(found)


def aapl(to: Path) -> Path:
    if not (folder() / "data").is_dir():
        pytest.skip("no market data")
    lines = [f"aapl,{day(each.action.ex_ts)},{round(1 / each.action.factor)}:1" for each in splits("aapl")]
    assert len(lines) == 4
    return written(to, HEAD + "\n".join(lines))


def test_a_backtest_of_raw_prices_earns_what_one_of_adjusted_ones_does(tmp_path: Path) -> None:
    """Up to the third split: a seventh rounds, and so breaks ties of two moves another way all along."""
    file, known = aapl(tmp_path), [each.action for each in splits("aapl")]
    bars = equity("aapl")
    bars = bars[bars["ts"] < known[2].ex_ts]
    raw = tape(bars)
    assert announce([raw], read_splits(file), DEFAULTS) == []
    found, wanted = played(raw), played(tape(adjusted(bars, *known[:2])))
    np.testing.assert_allclose(found.bars["equity"], wanted.bars["equity"], rtol=1e-9)
    assert (len(found.trades), len(found.rejected)) == (len(wanted.trades), len(wanted.rejected))
    assert found.bars["rebased"].sum() == wanted.bars["rebased"].sum() + 2


def test_four_splits_shift_no_level_and_none_is_warned_of(tmp_path: Path) -> None:
    raw = tape(equity("aapl"))
    announce([raw], read_splits(aapl(tmp_path)), DEFAULTS)
    found = played(raw)
    crash = found.trades["suspect"]  # of 29 September 2000, which was none
    assert crash.sum() <= 1
    assert not found.splits
    assert np.abs(np.diff(found.bars["equity"])).max() < 2_500.0


def test_without_the_file_they_are_warned_of(tmp_path: Path) -> None:
    aapl(tmp_path)
    found = played(tape(equity("aapl")))
    assert len(found.splits) == 4
    assert found.trades["suspect"].any()


def test_records_meet_them_as_bars_do(tmp_path: Path) -> None:
    file, bars = aapl(tmp_path), equity("aapl")
    of_bars = tape(bars)
    records = of_bars.parts[0].records(range(2_000))
    assert isinstance(of_bars.parts[0], BarPart)
    raw = Tape(b"aapl", [RawPart(b"aapl", list(records.values), list(records.timestamps))])
    some = of_bars.between(0, 2_000)
    for each in (raw, some):
        announce([each], read_splits(file), DEFAULTS)
    assert played(raw).bars.tobytes() == played(some).bars.tobytes()


def test_symbols_that_no_tape_is_of_are_told(tmp_path: Path) -> None:
    file = written(tmp_path, HEAD + "B,2020-08-31,4:1\nA,2020-08-31,4:1\n")
    none = Tape(None, [])
    assert announce([none], read_splits(file), DEFAULTS) == ["A", "B"]
    assert none.journal is None
