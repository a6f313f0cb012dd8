"""A random dirty file from a seed: the same seed writes the same rows.

All bars lie between 1970 and today: a Kafka record cannot be stamped with an earlier time, and `publish` holds back
what has not closed, so those bars exist in a backtest only.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import NamedTuple

from tests.files import columns, market, text
from tests.files.market import FAULTS, INTERVALS, RARE, Row

FAULT_SHARE, RARE_SHARE = 0.22, 0.06  # of files with each fault

ODD = (  # share of files, option, values
    (0.06, "--decimal", (".", ",")),
    (0.08, "--date-format", ("dayfirst", "monthfirst", "%d.%m.%Y %H:%M")),
    (0.08, "--timezone", ("Europe/Berlin", "America/New_York", "UTC")),
    (0.03, "--column", ("volume=TickVol", "ts=1", "close=Close")),
)


class File(NamedTuple):
    """A file, the options with which both commands read it, and what is odd about it."""

    path: Path
    options: tuple[str, ...]
    traits: tuple[str, ...]

    @property
    def told(self) -> str:
        """One line about it."""
        return f"{self.path.name} {' '.join(self.options)} ({'; '.join(self.traits)})"


def made(folder: Path, seed: int) -> File:
    """Write the file of a seed; symbols are named after the seed, so that no two files share one."""
    rng, stem = random.Random(f"file {seed}"), f"F{seed:05d}"
    interval = rng.choice(list(INTERVALS))
    traits = [interval]
    rows = _rows(rng, stem, INTERVALS[interval], traits)
    for fault in FAULTS:
        if rng.random() < (RARE_SHARE if fault in RARE else FAULT_SHARE):
            rows = fault(rng, rows)
            traits.append(fault.__name__)
    write = columns.write if rng.random() < 0.4 else text.write
    path = write(rng, rows, folder, stem, traits)
    return File(path, _options(rng, interval, stem), tuple(traits))


def _rows(rng: random.Random, stem: str, interval_ms: int, traits: list[str]) -> list[Row]:
    count = rng.choice((0, 1, 2, 3, 12, 40, 40, 90, 150))
    if rng.random() < 0.7:
        return market.walk(rng, max(count, rng.choice((0, 1, 5))), interval_ms, None) or _single(rng, interval_ms)
    names = [f"{stem}{suffix}" for suffix in rng.sample(("", "A", ".B", "-C", "/D", "É"), rng.randint(1, 3))]
    traits.append(f"{len(names)} symbols")
    rows = [row for name in names for row in market.walk(rng, max(count, 2), interval_ms, name)]
    return sorted(rows, key=lambda row: int(row["ts"])) if rng.random() < 0.5 else rows


def _single(rng: random.Random, interval_ms: int) -> list[Row]:
    return market.walk(rng, 1, interval_ms, None)


def _options(rng: random.Random, interval: str, stem: str) -> tuple[str, ...]:
    given: list[str] = []
    if rng.random() < 0.6:
        given += ["--interval", interval if rng.random() < 0.9 else rng.choice(list(INTERVALS))]
    if rng.random() < 0.15:
        given += ["--symbol", f"{stem}S"]
    if rng.random() < 0.15:
        given.append("--sort")
    for share, option, values in ODD:
        if rng.random() < share:
            given += [option, rng.choice(values)]
    return tuple(given)
