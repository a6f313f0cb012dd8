"""Real daily bars that come with the package `arch` (extra `datasets`): S&P 500 and NASDAQ Composite, 1999 to 2018."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from worker import extras
from worker.errors import ConfigError
from worker.sources.record import Bar

INTERVAL = "1d"
_COLUMNS = ("Open", "High", "Low", "Close", "Volume")


class Dataset(NamedTuple):
    """A bundled series."""

    symbol: str
    file: str  # within the package
    title: str


DATASETS = {
    "sp500": Dataset("SPX", "data/sp500/sp500.csv.gz", "S&P 500, daily, 1999-2018"),
    "nasdaq": Dataset("IXIC", "data/nasdaq/nasdaq.csv.gz", "NASDAQ Composite, daily, 1999-2018"),
}


def read_dataset(name: str, symbol: str | None) -> Iterator[Bar]:
    """Yield the bars of a data set, oldest first.

    Raises:
        ConfigError: there is no such data set, or `arch` is not installed.
    """
    dataset = DATASETS.get(name)
    if dataset is None:
        raise ConfigError(f"there is no data set {name!r}", f"Choose one of: {', '.join(DATASETS)}")
    with gzip.open(_file(name, dataset), "rt", encoding="ascii") as rows:
        for row in csv.DictReader(rows):
            day = datetime.strptime(row["Date"], "%m/%d/%Y").replace(tzinfo=UTC)
            open_, high, low, close, volume = (float(row[column]) for column in _COLUMNS)
            yield Bar(symbol or dataset.symbol, int(day.timestamp()) * 1_000, open_, high, low, close, volume)


def _file(name: str, dataset: Dataset) -> Path:
    """Return the file; the package is not imported, which takes a second."""
    spec = find_spec("arch")
    folders = [] if spec is None else spec.submodule_search_locations or []
    found = [Path(folder) / dataset.file for folder in folders if (Path(folder) / dataset.file).is_file()]
    if not found:
        raise ConfigError(f"the data set {name} needs the package arch", extras.install("datasets"))
    return found[0]
