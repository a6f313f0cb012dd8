"""Tapes hold each key's records in input order, and neighbouring bars as one part."""

from __future__ import annotations

from typing import Any

import numpy as np

from worker.backtest.tape import BarPart, tapes
from worker.engine.bar import BAR


def bars(start: int, count: int) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    rows = np.zeros(count, BAR)
    rows["ts"] = np.arange(start, start + count)
    return rows


def test_neighbouring_bars_become_one_part() -> None:
    a, b = b"A", b"B"
    given: list[Any] = [
        (a, "1m", bars(0, 3)),
        (b, "1m", bars(0, 1)),
        (a, "1m", bars(3, 2)),
        (a, b"{}", 7),
        (a, "1m", bars(5, 1)),
        (a, "5m", bars(6, 1)),
    ]
    found = {tape.key: tape for tape in tapes(given)}
    assert [len(part) for part in found[a].parts] == [5, 1, 1, 1]
    whole, _, one, other = found[a].parts
    assert isinstance(whole, BarPart)
    assert whole.bars["ts"].tolist() == [0, 1, 2, 3, 4]
    assert isinstance(one, BarPart)
    assert isinstance(other, BarPart)
    assert (one.interval, other.interval) == ("1m", "5m")
    assert [len(part) for part in found[b].parts] == [1]
