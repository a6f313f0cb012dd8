"""Page-Hinkley and ADWIN raise their alarms at the very samples at which river's do."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from river import drift as river_drift

from tests.support.features_series import market_series
from tests.support.oracle_report import record
from worker.engine.kernel import kernel
from worker.engine.stages.learning import adwin, drift, page_hinkley

Stream = NDArray[np.float64]
_page_hinkley, _adwin, _drift = page_hinkley.update, adwin.update, drift.update


@kernel
def _run_page_hinkley(own: Any, xs: Any, alarms: Any) -> None:
    for i in range(xs.size):
        alarms[i] = _page_hinkley(own, xs[i])


@kernel
def _run_adwin(own: Any, xs: Any, alarms: Any) -> None:
    for i in range(xs.size):
        alarms[i] = _adwin(own, xs[i] != 0.0)


@kernel
def _run_both(own: Any, xs: Any, alarms: Any) -> None:
    for i in range(xs.size):
        alarms[i] = _drift(own, xs[i] != 0.0)


def alarms(run: Any, dtype: Any, stream: Stream) -> list[int]:
    """Indices of the samples at which `run` raises an alarm."""
    found = np.zeros(stream.size, bool)
    run(np.zeros(1, dtype)[0], stream, found)
    return list(np.flatnonzero(found))


def rivers(detector: Any, stream: Stream) -> list[int]:
    found = []
    for i, x in enumerate(stream.tolist()):
        detector.update(x)
        if detector.drift_detected:
            found.append(i)
    return found


def _steps(rates: list[float], length: int, seed: int) -> Stream:
    rng = np.random.default_rng(seed)
    stream: Stream = (rng.random(len(rates) * length) < np.repeat(rates, length)).astype(float)
    return stream


def _persistent(name: str, horizon: int = 12) -> Stream:
    """Whether the sign of a 12-bar return fails to repeat that of the 12 bars before: an error in a real market."""
    close = market_series()[name].close
    sign = np.sign(close[horizon:] - close[:-horizon])
    errors: Stream = (sign[horizon:] != sign[:-horizon]).astype(float)
    return errors


@cache
def streams() -> dict[str, Stream]:
    """Zeros and ones: steps of the rate, fair coins, and real markets."""
    found = {
        "steps": _steps([0.5, 0.2, 0.45, 0.8, 0.5], 1_500, 1),
        "slow": _steps(list(np.linspace(0.2, 0.7, 40)), 300, 2),
        "short": _steps([0.1, 0.9] * 40, 150, 3),
        "coin": _steps([0.5], 20_000, 4),
        "constant": np.ones(3_000),
        "sp500": _persistent("sp500"),
        "nasdaq": _persistent("nasdaq"),
    }
    return found | {name: _persistent(name) for name in ("lean_goog", "lean_aig") if name in market_series()}


NAMES = ("steps", "slow", "short", "coin", "constant", "sp500", "nasdaq", "lean_goog", "lean_aig")


def stream(name: str) -> Stream:
    if name not in streams():
        pytest.skip(f"{name}: ../shared/data is not there")
    return streams()[name]


def compare(name: str, found: list[int], expected: list[int]) -> None:
    record(name, float(len(set(found) ^ set(expected))), 0.0)


@pytest.mark.parametrize("name", NAMES)
def test_page_hinkley_alarms_where_rivers_does(name: str) -> None:
    expected = rivers(river_drift.PageHinkley(), stream(name))
    compare(
        f"learning.page_hinkley river {name}", alarms(_run_page_hinkley, page_hinkley.STATE, stream(name)), expected
    )


def test_page_hinkley_alarms_where_rivers_does_on_real_returns() -> None:
    """Any values will do: percent returns, which change their variance more than their mean."""
    returns = 100.0 * np.diff(np.log(market_series()["nasdaq"].close))
    found = alarms(_run_page_hinkley, page_hinkley.STATE, returns)
    compare("learning.page_hinkley river returns", found, rivers(river_drift.PageHinkley(), returns))
    assert len(found) >= 2


@pytest.mark.parametrize("name", NAMES)
def test_adwin_alarms_where_rivers_does(name: str) -> None:
    expected = rivers(river_drift.ADWIN(), stream(name))
    compare(f"learning.adwin river {name}", alarms(_run_adwin, adwin.STATE, stream(name)), expected)


def test_the_streams_have_alarms_and_the_quiet_ones_few() -> None:
    found = {name: len(alarms(_run_adwin, adwin.STATE, xs)) for name, xs in streams().items()}
    assert min(found[name] for name in ("steps", "slow", "short")) >= 4
    assert found["constant"] == 0
    assert found["coin"] <= 1
    assert len(alarms(_run_page_hinkley, page_hinkley.STATE, stream("steps"))) >= 2


def test_either_alarm_is_a_drift_and_both_begin_anew() -> None:
    xs = stream("steps")
    found = alarms(_run_both, drift.STATE, xs)
    first = min(alarms(_run_page_hinkley, page_hinkley.STATE, xs) + alarms(_run_adwin, adwin.STATE, xs))
    assert found[0] == first
    rest = alarms(_run_both, drift.STATE, xs[first + 1 :])
    assert found[1:] == [first + 1 + i for i in rest]


def test_the_histogram_holds_its_window_exactly_and_forgets_the_oldest_when_it_is_full() -> None:
    most = adwin.BUCKETS * (2**adwin.ROWS - 1)
    xs = (np.random.default_rng(5).random(most + 40_000) < 0.3).astype(float)
    own = np.zeros(1, adwin.STATE)
    _run_adwin(own[0], xs, np.zeros(xs.size, bool))
    width, ones = int(own["width"][0]), int(own["ones"][0])
    assert most // 2 < width < xs.size
    assert ones == int(xs[-width:].sum())
    assert own["counts"].max() <= adwin.BUCKETS
    sizes = (own["counts"][0] * 2 ** np.arange(adwin.ROWS)).sum()
    assert (int(sizes), int(own["buckets"].sum())) == (width, ones)
