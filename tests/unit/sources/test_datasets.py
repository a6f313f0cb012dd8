"""The bundled data sets are whole and real."""

from __future__ import annotations

import sys

import msgspec
import pytest

from schemas.tick import Tick
from worker.errors import ConfigError
from worker.sources.datasets import DATASETS
from worker.sources.report import ReadReport
from worker.sources.source import open_dataset, read_records


@pytest.mark.parametrize(
    ("name", "symbol", "last_close"), [("sp500", "SPX", 2_506.850098), ("nasdaq", "IXIC", 6_635.279785)]
)
def test_a_data_set_is_whole(name: str, symbol: str, last_close: float) -> None:
    pytest.importorskip("arch", reason="the extra `datasets` is not installed")
    report = ReadReport()
    records = list(read_records(open_dataset(name, None, report)))
    ticks = [msgspec.json.decode(record.value, type=Tick) for record in records]
    assert len(ticks) == report.rows == 5_031
    assert report.incomplete == 0
    assert {(tick.symbol, tick.interval) for tick in ticks} == {(symbol, "1d")}
    assert ticks[-1].close == pytest.approx(last_close, rel=1e-9)
    assert all(record.timestamp_ms == (tick.ts or 0) + 86_400_000 for record, tick in zip(records, ticks, strict=True))


def test_an_unknown_name_lists_the_known() -> None:
    with pytest.raises(ConfigError) as caught:
        list(open_dataset("ftse", None, ReadReport()).bars)
    assert all(name in caught.value.fix for name in DATASETS)


def test_without_the_package_the_fix_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "arch.data.sp500", None)
    with pytest.raises(ConfigError) as caught:
        list(open_dataset("sp500", None, ReadReport()).bars)
    assert "pip install -e '.[datasets]'" in caught.value.fix
