"""The simulated market: same bytes for the same seed, and the statistics of real markets."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections import defaultdict
from itertools import islice

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from schemas.tick import Tick, interval_ms
from worker.errors import ConfigError
from worker.sources.intervals import open_after
from worker.sources.record import Record
from worker.sources.simulation import simulator
from worker.sources.simulation.simulator import Simulation, simulate, simulated_records

# SHA-256 over keys, values and timestamps of 10,000 records. It changes only with a deliberate change of the market.
GOLDEN = "2533f394ab739dad864dfe7306704f68050520bf57ebb385a7b5703fbfb60e7e"
FIELDS = ("open", "high", "low", "close", "volume")


def digest(simulation: Simulation, count: int) -> str:
    total = hashlib.sha256()
    for key, value, stamp in islice(simulated_records(simulation), count):
        total.update(b"%b %b %d\n" % (key, value, stamp))
    return total.hexdigest()


def by_symbol(simulation: Simulation) -> dict[bytes, list[Record]]:
    found: dict[bytes, list[Record]] = defaultdict(list)
    for record in simulated_records(simulation):
        found[record.key].append(record)
    return dict(found)


def columns(simulation: Simulation) -> dict[bytes, NDArray[np.float64]]:
    """Per symbol an array of shape (bars, 5): open, high, low, close, volume."""
    decoder = msgspec.json.Decoder(Tick)
    found: dict[bytes, list[list[float]]] = defaultdict(list)
    for record in simulated_records(simulation):
        tick = decoder.decode(record.value)
        found[record.key].append([getattr(tick, field) for field in FIELDS])
    return {key: np.array(rows) for key, rows in found.items()}


def test_ten_thousand_records_have_the_golden_bytes() -> None:
    assert digest(Simulation(symbols=7, bars=2_000, seed=42, fault_rate=0.02), 10_000) == GOLDEN


def test_the_bytes_do_not_depend_on_the_processors_vector_units() -> None:
    # numpy picks other code for other processors; this one takes its plain code, as a smaller processor would.
    vector_units = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    if not vector_units:
        pytest.skip("this processor has no vector unit beyond the least that numpy needs")
    code = (
        "from tests.unit.sources.simulation.test_simulator import *;"
        "print(digest(Simulation(symbols=7, bars=2_000, seed=42, fault_rate=0.02), 10_000))"
    )
    environment = os.environ | {"NPY_DISABLE_CPU_FEATURES": " ".join(vector_units), "PYTHONHASHSEED": "7"}
    # numpy warns of features that it was not built to dispatch on; they are no part of the promise.
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == GOLDEN


def test_another_seed_gives_other_bytes() -> None:
    assert digest(Simulation(seed=1), 100) != digest(Simulation(seed=2), 100)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 12), st.integers(1, 150), st.integers(0, 2**64 - 1), st.sampled_from([0.0, 0.05]))
def test_a_symbol_does_not_depend_on_the_others(symbols: int, bars: int, seed: int, rate: float) -> None:
    few = by_symbol(Simulation(symbols, bars, seed, fault_rate=rate))
    many = by_symbol(Simulation(symbols + 5, bars, seed, fault_rate=rate))
    assert few == {key: many[key] for key in few}


@pytest.mark.parametrize("rate", [0.0, 0.05])
def test_the_size_of_blocks_does_not_show(monkeypatch: pytest.MonkeyPatch, rate: float) -> None:
    simulation = Simulation(symbols=3, bars=500, fault_rate=rate)
    whole = list(simulated_records(simulation))
    monkeypatch.setattr(simulator, "_BLOCK", 3 * 17)
    assert list(simulated_records(simulation)) == whole


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(["1s", "1m", "1h", "1d", "7d", "1w", "1mo", "1q"]))
def test_clean_bars_are_whole_on_the_grid_and_in_order(seed: int, interval: str) -> None:
    simulation = Simulation(symbols=3, bars=120, seed=seed, interval=interval)
    length = interval_ms(interval)
    records = list(simulate(simulation))
    for number, (record, label) in enumerate(records):
        tick = msgspec.json.decode(record.value, type=Tick)
        assert label == (None, None)
        assert tick.ts == open_after(simulation.first_open_ms, length, number // 3)
        assert record.timestamp_ms == open_after(simulation.first_open_ms, length, number // 3 + 1)
        assert tick.symbol == record.key.decode() == f"SIM{number % 3:04d}"
        assert tick.open is not None
        assert tick.high is not None
        assert tick.low is not None
        assert tick.close is not None
        assert tick.volume is not None
        assert 0.01 <= tick.low <= min(tick.open, tick.close) <= max(tick.open, tick.close) <= tick.high
        assert all(round(price, 2) == price for price in (tick.open, tick.high, tick.low, tick.close))
        assert tick.volume == int(tick.volume) >= 1
    assert len(records) == 360


def autocorrelation(x: NDArray[np.float64], lag: int) -> float:
    centred = x - x.mean()
    return float((centred[lag:] * centred[:-lag]).mean() / (centred * centred).mean())


def test_returns_have_fat_tails_and_clustered_volatility() -> None:
    prices = columns(Simulation(symbols=20, bars=4_000, interval="1h"))
    returns = [np.diff(np.log(rows[:, 3])) for rows in prices.values()]
    kurtosis = [float(((r - r.mean()) ** 4).mean() / r.var() ** 2) for r in returns]
    assert np.median(kurtosis) > 5.0  # 3 for a normal distribution
    # The noise of a mean over 20 series of 4,000 is 0.0035.
    assert np.mean([autocorrelation(np.abs(r), 1) for r in returns]) > 0.08
    assert np.mean([autocorrelation(np.abs(r), 20) for r in returns]) > 0.03
    assert abs(np.mean([autocorrelation(r, 1) for r in returns])) < 0.03


def test_annual_volatility_is_that_of_the_profile() -> None:
    prices = columns(Simulation(symbols=40, bars=1_000, interval="1h"))
    annual = [np.diff(np.log(rows[:, 3])).std() * np.sqrt(24 * 365) for rows in prices.values()]
    # The profile is even between 0.2 and 0.8.
    assert 0.35 < np.median(annual) < 0.65
    assert 0.1 < min(annual) < 0.35
    assert 0.6 < max(annual) < 1.6


def test_the_range_is_that_of_a_brownian_path() -> None:
    prices = np.concatenate(list(columns(Simulation(symbols=10, bars=2_000, interval="1h")).values()))
    spread = np.log(prices[:, 1] / prices[:, 2])
    moves = np.log(prices[:, 3] / prices[:, 0])
    # Parkinson 1980: E[(ln h/l)^2] = 4 ln 2 E[r^2] for a driftless path; heavy-tailed moves raise E[r^2] alone.
    ratio = float(np.median(spread**2) / np.median(moves**2))
    assert 4.0 < ratio < 9.0


def test_volume_is_high_at_the_edges_of_the_day() -> None:
    day = 24 * 60
    volumes = np.mean([rows[:, 4].reshape(-1, day) for rows in columns(Simulation(8, 4 * day)).values()], axis=(0, 1))
    hours = volumes.reshape(24, 60).mean(axis=1)
    assert hours[0] > 2.0 * hours[11]
    assert hours[23] > 2.0 * hours[12]


@pytest.mark.parametrize(
    "wrong",
    [{"symbols": 0}, {"bars": 0}, {"fault_rate": 1.5}, {"faults": ("typo",)}, {"faults": ()}, {"interval": "1 minute"}],
)
def test_what_cannot_be_simulated_is_one_sentence(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        Simulation(**wrong)  # type: ignore[arg-type]
