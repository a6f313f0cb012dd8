"""The bar interval of a series: inferred from its spacing, written as `1m`, `4h`, `1d`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from schemas.tick import interval_ms
from worker.errors import ConfigError, DataError
from worker.sources.record import Bar

_UNITS = (("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1))


def interval_text(length_ms: int) -> str:
    """The shortest spelling of a positive length in ms."""
    unit, size = next((unit, size) for unit, size in _UNITS if length_ms % size == 0)
    return f"{length_ms // size}{unit}"


def check_interval(text: str) -> int:
    """Length in ms of an interval that the user gave.

    Raises:
        ConfigError: the text is no interval.
    """
    try:
        return interval_ms(text)
    except ValueError as error:
        raise ConfigError(str(error), "Give --interval, for example 1m, 4h or 1d") from None


def spacings(bars: Iterable[Bar]) -> Counter[int]:
    """Signed steps in ms between neighbouring bars of each symbol, with their counts; equal times are left out."""
    last: dict[str, int] = {}
    steps: Counter[int] = Counter()
    for bar in bars:
        if bar.ts is None:
            continue
        step = bar.ts - last.get(bar.symbol, bar.ts)
        if step:
            steps[step] += 1
        last[bar.symbol] = bar.ts
    return steps


def infer_interval(bars: Iterable[Bar], name: str) -> str:
    """The most common spacing, of two equally common ones the shorter.

    Raises:
        DataError: no symbol has two bars.
    """
    lengths: Counter[int] = Counter()
    for step, count in spacings(bars).items():
        lengths[abs(step)] += count
    if not lengths:
        raise DataError(
            f"{name}: the bar interval cannot be inferred from fewer than two bars",
            "Give it, for example --interval 1d",
        )
    best = min(lengths, key=lambda length: (-lengths[length], length))
    return interval_text(best)


def newest_first(bars: Iterable[Bar]) -> bool:
    """Whether most steps go back in time."""
    steps = spacings(bars)
    return sum(n for step, n in steps.items() if step < 0) > sum(n for step, n in steps.items() if step > 0)
