"""The bundled data sets are whole and real."""

from __future__ import annotations

import msgspec
import pytest

from schemas.tick import Tick
from worker.errors import ConfigError
from worker.sources import datasets
from worker.sources.datasets import DATASETS, read_dataset
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


@pytest.mark.parametrize("name", list(DATASETS))
def test_a_data_set_is_what_its_package_gives(name: str) -> None:
    arch = pytest.importorskip(f"arch.data.{name}", reason="the extra `datasets` is not installed")
    frame, bars = arch.load(), list(read_dataset(name, None))
    assert [bar.ts for bar in bars] == frame.index.to_numpy().astype("datetime64[ms]").astype("int64").tolist()
    for column in ("Open", "High", "Low", "Close", "Volume"):
        assert [getattr(bar, column.lower()) for bar in bars] == frame[column].astype("float64").tolist()


def test_an_unknown_name_lists_the_known() -> None:
    with pytest.raises(ConfigError) as caught:
        list(open_dataset("ftse", None, ReadReport()).bars)
    assert all(name in caught.value.fix for name in DATASETS)


def test_without_the_package_the_fix_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "find_spec", lambda name: None)
    with pytest.raises(ConfigError) as caught:
        list(open_dataset("sp500", None, ReadReport()).bars)
    assert "pip install -e '.[datasets]'" in caught.value.fix
