"""The bar interval of a series: decided by all its steps, written as `1m`, `4h`, `1mo`; when a bar of it closes."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from schemas.tick import WEEK_MS, interval_ms
from schemas.tick import interval_text as interval_text
from worker.errors import ConfigError, DataError

Ints = NDArray[np.int64]
DAY, HOUR, MINUTE = 86_400_000, 3_600_000, 60_000
# Lengths that vendors sell; only they are believed where a part of the steps speaks for them.
_USUAL = {size * n for size, many in ((1_000, (1, 2, 5, 10, 15, 30)), (MINUTE, (1, 2, 3, 5, 10, 15, 20, 30, 45)),
                                      (HOUR, (1, 2, 3, 4, 6, 8, 12)), (DAY, (1, 7))) for n in many}  # fmt: skip
_NEIGHBOURS = 0.05  # share of the steps that have to be one interval, where others are not its multiples of the usual
_ASTRAY = 0.01  # share of the steps that may lie off the grid
_FEW = 3  # steps that make an unusual interval believable
_MAX_STEPS = 20_000  # distinct ones; more are no series of bars
_SHORTER = 0.8  # share of its length by which a bar of the calendar, or one at a holiday, may be shorter
_MONTHS = ((28, 31, "1mo"), (89, 92, "1q"), (365, 366, "1y"))  # days of a step
_MONDAY, _ZONE = 4 * DAY, 14 * HOUR  # the first after the epoch; no clock is further from UTC

_WORDS = {  # unit → how people and other programs call it
    "s": {"s", "sec", "secs", "second", "seconds"},
    "m": {"m", "t", "min", "mins", "minute", "minutes", "minutely"},
    "h": {"h", "hr", "hour", "hours", "hourly"},
    "d": {"d", "day", "days", "daily"},
    "w": {"w", "wk", "week", "weeks", "weekly"},
    "mo": {"mo", "mon", "month", "months", "monthly"},
    "q": {"q", "quarter", "quarters", "quarterly"},
    "y": {"y", "year", "years", "yearly", "annual"},
}


def check_interval(text: str) -> int:
    """Return the length in ms of an interval that the user gave.

    Raises:
        ConfigError: the text is no interval.
    """
    try:
        return interval_ms(text)
    except ValueError as error:
        meant = _meant(text)
        fix = f"Did you mean --interval {meant}?" if meant else "Give --interval, for example 1m, 4h, 1d, 1w or 1mo"
        raise ConfigError(str(error), fix) from None


def _meant(text: str) -> str | None:
    """Return the interval that a word or another program's spelling means: daily, 5min, 1 hour, 1D."""
    match = (
        None if text.endswith("M") else re.fullmatch(r"(\d{0,6})[ -]?([a-z]+)", text.strip().lower())
    )  # 1M is either
    unit = None if match is None else next((unit for unit, words in _WORDS.items() if match[2] in words), None)
    return None if match is None or unit is None else f"{int(match[1] or 1) or 1}{unit}"


def close_of(ts: int, length_ms: int) -> int:
    """Return when the bar that opens at `ts` closes, epoch ms; the length of a calendar interval is nominal."""
    if length_ms < WEEK_MS:
        return ts + length_ms
    from worker.engine.periods import close_time  # loads numba, which few files need

    return close_time(ts, length_ms)


def closes_of(ts: Ints, length_ms: int) -> Ints:
    """Return `close_of` of each bar."""
    if length_ms < WEEK_MS:
        return ts + length_ms
    return np.array([close_of(each, length_ms) for each in ts.tolist()], np.int64)


def open_after(ts: int, length_ms: int, bars: int) -> int:
    """Return the open of the bar `bars` bars after the one that opens at `ts`, epoch ms."""
    if length_ms < WEEK_MS:
        return ts + bars * length_ms
    from worker.engine.periods import period_of, period_start

    return int(period_start(period_of(ts, length_ms) + bars, length_ms))


class Steps:
    """Steps in ms between neighbouring bars of each symbol, with their counts; equal times are only counted."""

    def __init__(self) -> None:
        self.sizes: Counter[int] = Counter()  # of either sign's size
        self.forward = self.backward = self.same = 0
        self.overflow = False  # more distinct steps than are kept
        self.times: Counter[int] = Counter()  # of day, ms
        self.begins: dict[int, set[int]] = {}  # usual size → times of day at which such a step begins
        self._last: dict[int, int] = {}

    def feed(self, owners: Ints, ts: Ints) -> None:
        """Add some bars, in their order."""
        if not len(ts):
            return
        order = np.argsort(owners, kind="stable") if len(owners) and owners[0] != owners[-1] else slice(None)
        if isinstance(order, slice) and (owners != owners[0]).any():
            order = np.argsort(owners, kind="stable")
        whose, when = owners[order], ts[order]
        starts = np.flatnonzero(np.diff(whose, prepend=whose[0] - 1))
        steps = np.diff(when, prepend=when[0])
        for begin, end in zip(starts.tolist(), [*starts[1:].tolist(), len(when)], strict=True):
            owner = int(whose[begin])
            self.same -= owner not in self._last
            steps[begin] = int(when[begin]) - self._last.get(owner, int(when[begin]))
            self._last[owner] = int(when[end - 1])
        self.forward += int(np.count_nonzero(steps > 0))
        self.backward += int(np.count_nonzero(steps < 0))
        self.same += int(np.count_nonzero(steps == 0))
        both = np.abs(steps)
        sizes, counts = np.unique(both[steps != 0], return_counts=True)
        for size, count in zip(sizes.tolist(), counts.tolist(), strict=True):
            if size in self.sizes or len(self.sizes) < _MAX_STEPS:
                self.sizes[size] += count
            else:
                self.overflow = True
            if size in _USUAL and size < DAY and len(self.begins.get(size, ())) < _MAX_STEPS:
                begins = (when - np.maximum(steps, 0))[both == size] % DAY
                self.begins.setdefault(size, set()).update(np.unique(begins).tolist())
        if len(self.times) < _MAX_STEPS:
            times, counts = np.unique(when % DAY, return_counts=True)
            self.times.update(dict(zip(times.tolist(), counts.tolist(), strict=True)))

    @property
    def newest_first(self) -> bool:
        """Whether most steps go back in time."""
        return self.backward > self.forward

    @property
    def mondays(self) -> bool:
        """Whether the last bar of each symbol opens on a Monday of some time zone."""
        return all((ts + _ZONE - _MONDAY) % (7 * DAY) <= 2 * _ZONE for ts in self._last.values())


def decide_interval(steps: Steps, name: str) -> tuple[str, str | None]:
    """Return (the interval, a note if some bars do not fit it): the steps' greatest common divisor, if bars show it.

    Raises:
        DataError: there are no steps, or they do not tell.
    """
    sizes = steps.sizes
    total = sum(sizes.values())
    if not total:
        raise DataError(
            f"{name}: the bar interval cannot be inferred from fewer than two bars of a symbol",
            "Give it, for example --interval 1d",
        )
    usual = min(sizes, key=lambda size: (-sizes[size], size))
    if steps.overflow:
        raise _unsure(name, usual, sizes[usual], total, None)
    if (text := _calendar(sizes, usual)) is not None:
        return text
    divisor = int(np.gcd.reduce(np.array(list(sizes), np.int64)))
    if divisor == usual == 7 * DAY and steps.mondays:
        return "1w", None
    near = divisor in _USUAL and sizes[divisor] >= _NEIGHBOURS * total
    if divisor == usual or (near and (divisor >= DAY or _thin(steps, divisor))):
        return interval_text(divisor), None
    astray = sum(count for size, count in sizes.items() if size % usual)
    if usual in _USUAL and astray <= _ASTRAY * total:
        return interval_text(usual), f"{astray:,} of {total:,} steps are no multiple of {interval_text(usual)}"
    raise _unsure(name, usual, sizes[usual], total, divisor)


def _thin(steps: Steps, size: int) -> bool:
    """Return whether steps of this size begin at many times of day, as in thin trading.

    At few times of day, a session begins or ends with a bar that is shorter than the others.
    """
    seen = len(steps.begins.get(size, ()))
    return seen >= _FEW and 2 * seen >= min(len(steps.times), steps.sizes[size])


def _unsure(name: str, usual: int, count: int, total: int, divisor: int | None) -> DataError:
    fits = "" if divisor is None else f", and only {interval_text(divisor)} fits all of them"
    choice = "" if divisor is None else f" or --interval {interval_text(divisor)}"
    return DataError(
        f"{name}: the bar interval is unsure: {count:,} of {total:,} steps are {interval_text(usual)}{fits}",
        f"Give it, for example --interval {interval_text(usual)}{choice}",
    )


def _calendar(sizes: Counter[int], usual: int) -> tuple[str, str | None] | None:
    """Return the interval of days, weeks or months whose bars are not equally spaced, with a note; None for another."""
    shortest = min(sizes)
    for low, high, text in _MONTHS:
        if low * DAY <= usual <= high * DAY and shortest >= (low - 3) * DAY and any(size % (7 * DAY) for size in sizes):
            return text, None
    if all(size % usual == 0 for size in sizes):
        return None
    for length, slack, text in ((7 * DAY, 3 * DAY, "1w"), (DAY, 4 * HOUR, "1d")):
        if usual == length and all(_near(size, length, slack) for size in sizes):
            return text, "some bars stand a little off their day, as at holidays and short sessions"
    return None


def check_steps(text: str, steps: Steps, name: str) -> None:
    """Accept an unusual length only if three steps show it.

    Raises:
        DataError: fewer steps show it.
    """
    total = sum(steps.sizes.values())
    if total < _FEW and text not in {interval_text(size) for size in _USUAL} and not text.endswith(("w", "mo", "q")):
        size, count = steps.sizes.most_common(1)[0]
        raise _unsure(name, size, count, total, None)


def check_given(text: str, steps: Steps, name: str) -> str | None:
    """Compare an interval that the user gave with the steps, and return a note where they do not show it.

    Raises:
        DataError: the bars cannot have this length.
    """
    length, sizes = check_interval(text), steps.sizes
    total = sum(sizes.values())
    if not total:
        return None
    usual, smallest = min(sizes, key=lambda size: (-sizes[size], size)), min(sizes)
    over = sum(count for size, count in sizes.items() if size < _SHORTER * length)
    if over > total / 2:
        raise DataError(
            f"{name}: bars of {text} would overlap: {sizes[usual]:,} of {total:,} steps are {interval_text(usual)}",
            f"Leave --interval out, or give --interval {interval_text(usual)}",
        )
    if length < DAY and smallest >= DAY and set(steps.times) == {0}:
        raise DataError(
            f"{name}: the bars are no bars of {text}: all begin at midnight, and no two stand nearer than "
            f"{interval_text(smallest)}",
            f"Leave --interval out, or give --interval {interval_text(usual)}",
        )
    if length < _SHORTER * smallest:
        return f"no two bars stand nearer than {interval_text(smallest)}: each closes {text} after it opens"
    return None


def check_same(steps: Steps, name: str) -> None:
    """Refuse a file most of whose bars have the time of the bar before: an unread column tells them apart.

    Raises:
        DataError: most bars have the time of the bar before.
    """
    total = steps.same + steps.forward + steps.backward
    if steps.same > total / 2 and steps.same >= _FEW:
        raise DataError(
            f"{name}: {steps.same:,} of {total + 1:,} bars have the time of the bar before them",
            "Name the column that tells them apart: --column clock= (a time of day) or --column symbol=",
        )


def _near(size: int, length: int, slack: int) -> bool:
    rest = size % length
    return size >= length - slack and min(rest, length - rest) <= slack
