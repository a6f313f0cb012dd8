"""Latency runs, as far as they need no broker."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from tests.bench.cpu import Failed
from tests.bench.latency.run import _latency
from tests.bench.latency.ticks import SYMBOLS, number, ticks


def test_a_tick_is_known_by_symbol_and_time() -> None:
    bars = [msgspec.json.decode(record.value) for record in ticks(2 * SYMBOLS + 3)]
    assert [number(bar["symbol"], bar["ts"]) for bar in bars] == list(range(2 * SYMBOLS + 3))


def test_the_warm_up_does_not_count() -> None:
    sent = np.arange(200, dtype=np.int64) * 1_000_000
    received = sent + np.where(np.arange(200) < 100, 900_000_000, 5_000_000)
    found = _latency(sent, received, 100, 2.0)
    assert (found.p50, found.p99, found.most) == (5.0, 5.0, 5.0)


def test_a_tick_without_output_fails_the_run() -> None:
    with pytest.raises(Failed, match="1 of 3"):
        _latency(np.ones(3, np.int64), np.array([2, 0, 2]), 0, 1.0)
