"""Real daily bars that come with the package `arch` (extra `datasets`): S&P 500 and NASDAQ Composite, 1999 to 2018."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from worker import extras
from worker.errors import ConfigError
from worker.sources.record import Bar

INTERVAL = "1d"
_COLUMNS = ("Open", "High", "Low", "Close", "Volume")


class Dataset(NamedTuple):
    """A bundled series."""

    symbol: str
    module: str
    title: str


DATASETS = {
    "sp500": Dataset("SPX", "arch.data.sp500", "S&P 500, daily, 1999-2018"),
    "nasdaq": Dataset("IXIC", "arch.data.nasdaq", "NASDAQ Composite, daily, 1999-2018"),
}


def read_dataset(name: str, symbol: str | None) -> Iterator[Bar]:
    """Yield the bars of a data set, oldest first.

    Raises:
        ConfigError: there is no such data set, or `arch` is not installed.
    """
    dataset = DATASETS.get(name)
    if dataset is None:
        raise ConfigError(f"there is no data set {name!r}", f"Choose one of: {', '.join(DATASETS)}")
    frame = extras.module(dataset.module, "datasets", f"the data set {name} needs the package arch").load()
    times = frame.index.to_numpy().astype("datetime64[ms]").astype("int64").tolist()
    numbers = (frame[column].to_numpy().astype("float64").tolist() for column in _COLUMNS)
    for ts, *values in zip(times, *numbers, strict=True):
        yield Bar(symbol or dataset.symbol, ts, *values)
