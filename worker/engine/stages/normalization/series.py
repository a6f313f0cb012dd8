"""The two windowed series, close and volume, read from the shared history and updated per bar."""

from __future__ import annotations

from worker.engine.elementary import log
from worker.engine.history import at
from worker.engine.kernel import embedded
from worker.engine.stages.normalization.settings import Method
from worker.engine.windows import moments, sorted_window

CLOSE, VOLUME = 0, 1
ZSCORE = int(Method.zscore)


@embedded
def transformed(volume, p):  # type: ignore[no-untyped-def]
    """Transform a volume for its window."""
    return log(1.0 + volume) if p.log_volume else volume


@embedded
def value(history, age, series, p):  # type: ignore[no-untyped-def]
    """Return the value of a series `age` bars ago."""
    row = at(history, age)
    return row.close if series == CLOSE else transformed(row.volume, p)


@embedded
def constant(window, n):  # type: ignore[no-untyped-def]
    """Return whether the newest `n` values, all that the window holds, are equal."""
    return window.run >= n


@embedded
def _rebuild(window, history, series, n, p):  # type: ignore[no-untyped-def]
    total = 0.0
    for age in range(n - 1, -1, -1):
        total += value(history, age, series, p)
    moments.restart(window.moments, total / n)
    for age in range(n - 1, -1, -1):
        moments.add(window.moments, value(history, age, series, p))
    moments.settle(window.moments)


@embedded
def advance(window, history, series, boundary, p):  # type: ignore[no-untyped-def]
    """Add the current bar to the window. `boundary`: this bar passed the time boundary of 64 intervals."""
    newest = value(history, 0, series, p)
    full = history.count > p.window
    window.run = window.run + 1 if history.count > 1 and newest == window.newest else 1
    window.newest = newest
    if history.count == 1:
        moments.restart(window.moments, newest)
    moments.add(window.moments, newest)
    leaving = value(history, p.window, series, p) if full else 0.0
    if full:
        moments.drop(window.moments, leaving)
    if p.method != ZSCORE:
        if full:
            sorted_window.replace(window.sorted, leaving, newest)
        else:
            sorted_window.insert(window.sorted, newest)
    n = min(history.count, p.window)
    if boundary or (not constant(window, n) and moments.lost(window.moments, n)):
        _rebuild(window, history, series, n, p)
