"""Times of day in a column beside the date, as numbers too: the whole column tells what they count."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from math import gcd

from worker.errors import DataError
from worker.sources.numbers import NEGLIGIBLE
from worker.sources.options import CLOCKS
from worker.sources.times.dates import DAY_MS
from worker.sources.times.kinds import blank

HOURS, ENDING, HHMM, HHMMSS, MINUTES, SECONDS = CLOCKS
_MILLIS, _FRACTIONS, _DOTTED, _TEXT = "ms", "fractions", "dotted", "text"
_NAMES = {
    HOURS: "hours", ENDING: "hours by their ends", HHMM: "HHMM", HHMMSS: "HHMMSS", MINUTES: "minutes since midnight",
    SECONDS: "seconds since midnight", _MILLIS: "ms since midnight", _FRACTIONS: "fractions of a day",
    _DOTTED: "hours and minutes",
}  # fmt: skip
_ENDINGS = {"hourending", "hourended", "hourend", "he"}  # names of columns of hours by their ends
_ROUND = {60_000 * n for n in (1, 2, 3, 5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720, 1_440)}
_ENOUGH = 20  # distinct cells, of which none ends in 60 to 99: they do not count
_MOST = 200_000  # distinct cells to remember
_NUMBER = re.compile(r"\d{1,9}(?:\.\d{1,12})?")
_POINTED = re.compile(r"(\d{1,2})\.(\d{2})(?:\.(\d{2}))?")


class ClockScan:
    """A scan of all cells of a column of times of day, which spells them with colons."""

    def __init__(self, name: str, column: str, given: str | None, kind: str | None = None) -> None:
        """Start; `given` is what the user says of the column, or a strptime format; `kind` is from an earlier scan."""
        self._name, self._column, self._given = name, column, given
        self._ending = re.sub(r"[\W_]", "", column.lower()) in _ENDINGS
        self._hours = "hour" in column.lower() or self._ending
        self._cells: Counter[str] = Counter()
        self._days: set[str] = set()
        self.kind = given if given in CLOCKS else kind
        self._spelled = _Spelled(self.kind or _TEXT, given)

    def feed(self, days: Sequence[str], clocks: Sequence[str]) -> list[str]:
        """Look at some cells and spell them by what is known so far."""
        if len(self._cells) < _MOST:
            self._cells.update(clocks)
        if len(self._days) < 2:
            self._days.update(days)
        if self.kind is None:
            self.kind = self._found(sure=False)
            self._spelled = _Spelled(self.kind or _TEXT, self._given)
        return self.spell(clocks)

    def spell(self, clocks: Iterable[str]) -> list[str]:
        """Spell times of day as they stand behind a date."""
        return list(map(self._spelled.__getitem__, clocks))

    def other_kind(self) -> str | None:
        """Return the kind of the whole column, if it is not that of the beginning; else None.

        Raises:
            DataError: it can be read in two ways.
        """
        found = self._found(sure=True)
        return None if found == self.kind else found

    @property
    def label(self) -> str:
        """What the cells are, where they are numbers; for people."""
        return "" if self.kind not in _NAMES else f", {_NAMES[self.kind]}"

    def _found(self, sure: bool) -> str | None:
        """Return the kind that all cells so far show, None for no cell; if not `sure`, the likelier of two."""
        if self._given is not None and (self._given in CLOCKS or "%" in self._given):
            return self._given if self._given in CLOCKS else _TEXT
        cells = {cell: count for text, count in self._cells.items() if not blank(cell := text.strip())}
        total = sum(cells.values())
        if not total:
            return self.kind
        numbers = {cell: count for cell, count in cells.items() if _NUMBER.fullmatch(cell) or _POINTED.fullmatch(cell)}
        if sum(numbers.values()) < (1 - NEGLIGIBLE) * total:
            return _TEXT
        found = self._of_numbers(numbers)
        if len(found) == 1 or (found and not sure):
            return found[0]
        if not found:
            return _TEXT
        raise self._ambiguous(numbers, found)

    def _of_numbers(self, cells: dict[str, int]) -> list[str]:
        """Return the kinds that the numbers can be, the likelier one first."""
        pointed = [cell for cell in cells if "." in cell and not cell.endswith(".0")]
        if pointed:
            found = [kind for kind in (_DOTTED, _FRACTIONS) if _fits(kind, cells)]
            return found if len(found) < 2 or _round(_DOTTED, cells) == _round(_FRACTIONS, cells) else [
                kind for kind in found if _round(kind, cells)
            ]  # fmt: skip
        texts = [cell.removesuffix(".0") for cell in cells]
        longest = max(map(len, texts))
        if {len(text) for text in texts} == {longest} and any(text[0] == "0" for text in texts) and longest > 1:
            written = {2: HOURS, 4: HHMM, 6: HHMMSS}.get(longest)
            if written is not None and _fits(written, cells):
                return [self._by_end(cells)] if written == HOURS else [written]
        if set(texts) <= {"0", "00"}:
            return [HHMM]
        if longest <= 2 and _fits(HOURS, cells):
            return [self._by_end(cells)] if self._hours or len(self._days) > 1 else [HOURS, HHMM]
        if longest <= 4:
            return next(([kind] for kind in (HHMM, MINUTES) if _fits(kind, cells)), self._counted(cells))
        if longest <= 6:
            return self._counted(cells)
        return [_MILLIS] if _fits(_MILLIS, cells) else []

    def _by_end(self, cells: dict[str, int]) -> str:
        """Return ENDING for hours 1 to 24, which are counted: the first one ends at 01:00; else HOURS."""
        values = {int(float(cell)) for cell in cells}
        return ENDING if self._ending or (24 in values and 0 not in values) else HOURS

    def _counted(self, cells: dict[str, int]) -> list[str]:
        found = [kind for kind in (HHMMSS, SECONDS) if _fits(kind, cells)]
        if len(found) < 2 or all(_since(HHMMSS, cell) == _since(SECONDS, cell) for cell in cells):
            return found[:1]
        if len(cells) >= _ENOUGH:  # of so many seconds some would end in 60 to 99
            return [HHMMSS]
        return [kind for kind in found if _round(kind, cells)] or found

    def _ambiguous(self, cells: dict[str, int], kinds: list[str]) -> DataError:
        sample = max(cells, key=lambda cell: (_since(kinds[0], cell) != _since(kinds[1], cell), cells[cell]))
        readings = " and ".join(f"{_clock(_since(kind, sample) or 0)} as {_NAMES[kind]}" for kind in kinds)
        choices = " or ".join(f"--date-format {kind}" for kind in kinds if kind in CLOCKS)
        return DataError(
            f"{self._name}: {sample} in the column of times of day {self._column!r} is {readings}, "
            "and no other cell decides",
            f"Give {choices}" if choices else "Write the times of day as 09:30",
        )


class _Spelled(dict[str, str]):
    """A cell → the time of day that it states, with colons; what states none cannot be read."""

    def __init__(self, kind: str, given: str | None) -> None:
        super().__init__()
        self._kind = kind
        # Programs drop the zeros in front of numbers: a format of strptime wants them.
        self._width = next((width for form, width in (("%H%M%S", 6), ("%H%M", 4)) if form in (given or "")), 0)

    def __missing__(self, text: str) -> str:
        if len(self) > _MOST:
            self.clear()
        self[text] = found = self._one(text.strip())
        return found

    def _one(self, cell: str) -> str:
        if self._kind == _TEXT or blank(cell):
            return cell.zfill(self._width) if cell.isdecimal() else cell
        if not cell[0].isdecimal() or ":" in cell:
            return cell  # says itself what it is
        since = _since(self._kind, cell)
        return f"({cell})" if since is None else _clock(since)


def _clock(since: int) -> str:
    seconds, ms = divmod(since, 1_000)
    text = f"{seconds // 3_600:02}:{seconds // 60 % 60:02}"
    return f"{text}:{seconds % 60:02}.{ms:03}" if ms else f"{text}:{seconds % 60:02}" if seconds % 60 else text


def _sixty(hours: int, minutes: int, seconds: int = 0) -> int | None:
    return (hours * 60 + minutes) * 60_000 + seconds * 1_000 if minutes < 60 and seconds < 60 else None


_OF_WHOLE: dict[str, Callable[[int], int | None]] = {
    HOURS: lambda value: value * 3_600_000,
    ENDING: lambda value: (value - 1) * 3_600_000,
    HHMM: lambda value: _sixty(value // 100, value % 100),
    HHMMSS: lambda value: _sixty(value // 10_000, value // 100 % 100, value % 100),
    MINUTES: lambda value: value * 60_000,
    SECONDS: lambda value: value * 1_000,
    _MILLIS: lambda value: value,
}


def _since(kind: str, cell: str) -> int | None:
    """Return the ms since midnight that a cell states; None where it states none."""
    since: int | None = None
    if kind == _DOTTED:
        if match := _POINTED.fullmatch(cell):
            since = _sixty(int(match[1]), int(match[2]), int(match[3] or 0))
    elif kind == _FRACTIONS:
        since = round(float(cell) * 86_400) * 1_000 if _NUMBER.fullmatch(cell) else None
    elif (whole := cell.removesuffix(".0")).isdecimal():
        since = _OF_WHOLE[kind](int(whole))
    return since if since is not None and 0 <= since <= DAY_MS else None


def _fits(kind: str, cells: dict[str, int]) -> bool:
    """Return whether all cells but dirt are times of day of a kind."""
    lost = sum(count for cell, count in cells.items() if _since(kind, cell) is None)
    return lost <= NEGLIGIBLE * sum(cells.values())


def _round(kind: str, cells: dict[str, int]) -> bool:
    """Return whether bars of a usual length can stand at all these times."""
    return gcd(DAY_MS, *(since for cell in cells if (since := _since(kind, cell)) is not None)) in _ROUND
