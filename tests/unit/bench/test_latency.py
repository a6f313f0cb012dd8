"""Latency runs, as far as they need no broker."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from tests.bench.cpu import Failed
from tests.bench.latency import figures
from tests.bench.latency.run import Latency, _latency
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


def test_figures_are_named_by_client_guarantee_and_rate() -> None:
    own, other = (
        next(one for one in figures.MEASURED if one.figure == name) for name in ("latency", "confluent_latency")
    )
    found = {
        (of, guarantee, rate): Latency(1.0, 2.0, 3.0, cpu)
        for of, cpu in ((own, 4.0), (other, 5.0))
        for guarantee in ("alos", "eos")
        for rate in ("2k", "10k")
    }
    named = figures.figures(found)
    assert {name for name in named if not name.startswith("latency_")} == {
        *(f"confluent_latency_{g}_{r}_{p}_ms" for g in ("alos", "eos") for r in ("2k", "10k") for p in ("p50", "p99")),
        "worker_latency_cpu_s",
        "confluent_latency_cpu_s",
    }
    assert (named["worker_latency_cpu_s"], named["confluent_latency_cpu_s"]) == (4.0, 5.0)
