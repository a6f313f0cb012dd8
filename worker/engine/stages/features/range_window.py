"""The log ranges of the last 20 bars in one pass, shared by three volatility estimators."""

import math
from typing import Any, NamedTuple

from worker.engine.kernel import embedded
from worker.engine.stages.features.facts import fact

PERIOD = 20
LN_2 = 0.6931471805599453


class RangeWindow(NamedTuple):
    """Sums over the window; NaN until 20 bars are accepted (overnight: 21), and while a price in it is not positive."""

    spans: float  # Σ ln(h/l)²
    sessions: float  # Σ ln(c/o)²
    rogers_satchell: float  # Σ of the Rogers-Satchell terms
    session_variance: float  # of ln(c/o), ddof 1
    overnight_variance: float  # of ln(o/c1), ddof 1


@embedded
def _variance(total: float, squares: float) -> float:
    return max(squares - total * total / PERIOD, 0.0) / (PERIOD - 1)


@embedded
def range_window(facts: Any, history: Any) -> RangeWindow:
    """Compute the sums; the variances come from the distances to the newest value (see `close_window`)."""
    if history.count < PERIOD:
        return RangeWindow(math.nan, math.nan, math.nan, math.nan, math.nan)
    newest = fact(facts, history, 0)
    spans, sessions, satchell = 0.0, 0.0, 0.0
    session_total, session_squares, overnight_total, overnight_squares = 0.0, 0.0, 0.0, 0.0
    for age in range(PERIOD - 1, -1, -1):
        bar = fact(facts, history, age)
        session, overnight = bar.session - newest.session, bar.overnight - newest.overnight
        spans += bar.span * bar.span
        sessions += bar.session * bar.session
        satchell += bar.rogers_satchell
        session_total += session
        session_squares += session * session
        overnight_total += overnight
        overnight_squares += overnight * overnight
    return RangeWindow(
        spans,
        sessions,
        satchell,
        _variance(session_total, session_squares),
        _variance(overnight_total, overnight_squares),
    )
