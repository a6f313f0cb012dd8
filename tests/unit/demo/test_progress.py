"""Rates of the demo's progress, also where a sample takes longer than their window."""

from __future__ import annotations

from collections import deque

from worker.demo.progress import WINDOW, Progress


def test_rates_span_a_window_or_else_the_last_two_samples() -> None:
    progress = Progress.__new__(Progress)  # without a broker
    progress._history = deque()
    assert progress._rates(0.0, 0, 0) == (0.0, 0.0)
    assert progress._rates(10.0, 5_000, 1_000) == (500.0, 100.0)
    assert progress._rates(20.0, 5_000, 3_000) == (0.0, 200.0)
    for step in range(1, 41):
        rates = progress._rates(20.0 + step / 10, 5_000 + 100 * step, 3_000 + 50 * step)
    assert [round(rate) for rate in rates] == [1_000, 500]
    assert len(progress._history) <= 10 * WINDOW + 2
