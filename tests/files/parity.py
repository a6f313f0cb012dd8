"""Files through the live path and through `backtest`: every byte, every refusal."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.files.generate import File
from tests.files.ways import Calls, Lines, Told, backtested
from tests.support.commands import Called
from worker.errors import Exit
from worker.settings import Settings

LEFT_OUT = re.compile(r"^(?:not (?:published|read)|unreadable): (.*)$", re.MULTILINE)
OWNER = re.compile(r"F\d{5}")  # a file's name, with which those of its symbols begin

Way = Callable[[Settings, Sequence[File], Path, Told], tuple[Lines, Calls]]


class Compared(NamedTuple):
    """What became of files."""

    equal: int
    refused: int  # of the equal ones: refused by both, with one sentence
    crashed: int
    decisions: int
    rejections: int
    differences: list[str]


def compare(way: Way, settings: Settings, files: Sequence[File], folder: Path, told: Told) -> Compared:
    """Send all files one `way`, backtest them, and say where the two differ. `told` hears of files done."""
    wanted, sent = way(settings, files, folder, told)
    found, played = backtested(settings, files, sent, folder)
    different = _different(wanted, found)
    pairs = {file: (sent[file.path.name], played[file.path.name]) for file in files}
    problems = {file: why for file, pair in pairs.items() if (why := _problem(file, *pair, different))}
    notes = [f"{file.told}\n    {why}" for file, why in problems.items()]
    notes += [
        f"records of {symbol!r}, which are no file's alone, differ: {why}"
        for symbol, why in different.items()
        if symbol is None or not OWNER.match(symbol)
    ]
    return Compared(
        equal=len(files) - len(problems),
        refused=sum(one.code != Exit.OK and not LEFT_OUT.search(one.err) for one, _ in pairs.values()),
        crashed=sum(one.crashed or other.crashed for one, other in pairs.values()),
        decisions=sum(len(lines[0]) for lines in wanted.values()),
        rejections=sum(len(lines[1]) for lines in wanted.values()),
        differences=notes,
    )


def _problem(file: File, one: Called, other: Called, different: dict[str | None, str]) -> str | None:
    if one.crashed or other.crashed:
        return f"a traceback: {(one if one.crashed else other).err[-2000:]}"
    if _said(one) != _said(other):
        return f"publish {_told(one)}\n    backtest {_told(other)}"
    owner = file.path.name.split(".")[0]
    own = [symbol for symbol in different if symbol is not None and symbol.startswith(owner)]
    return f"values of {own[0]} differ: {different[own[0]]}" if own else None


def _different(wanted: Lines, found: Lines) -> dict[str | None, str]:
    differ = {}
    for symbol in wanted.keys() | found.keys():
        one, other = wanted.get(symbol, ([], [])), found.get(symbol, ([], []))
        if one != other:
            differ[symbol] = _first(one, other)
    return differ


def _first(one: tuple[list[bytes], list[bytes]], other: tuple[list[bytes], list[bytes]]) -> str:
    kind = 0 if one[0] != other[0] else 1
    pairs = zip(one[kind], other[kind], strict=False)
    at, pair = next(((n, pair) for n, pair in enumerate(pairs) if pair[0] != pair[1]), (-1, (b"", b"")))
    name = ("decisions", "rejections")[kind]
    counted = f"{len(one[kind])} live, {len(other[kind])} in the backtest"
    return f"{name}, {counted}; number {at}: {pair[0][:400]!r} against {pair[1][:400]!r}"


def _said(called: Called) -> tuple[str, ...]:
    """The sentences that both commands must say alike: why a file is refused, which rows are left out."""
    left_out = tuple(LEFT_OUT.findall(called.err))
    if called.code == Exit.OK or left_out:
        return left_out
    return (str(called.code), called.sentence[called.sentence.find("error:") :])


def _told(called: Called) -> str:
    return f"ends with {called.code} and says {called.sentence[:400] or 'nothing'}"
