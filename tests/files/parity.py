"""Files through `publish` and a worker on a real broker, and through `backtest`: every byte, every refusal."""

from __future__ import annotations

import asyncio
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.files.generate import File
from tests.support.commands import Called, call
from tests.support.fleet import Fleet, environment
from tests.support.outputs import published
from tests.support.ticks import group_settings, make_topics
from worker.backtest.parts import DECISIONS, REJECTIONS
from worker.errors import Exit
from worker.settings import Settings

TOGETHER = 25  # files a backtest reads at once
SECONDS = 120.0  # for the worker to come to the end of the input
LEFT_OUT = re.compile(r"^(?:not (?:published|read)|unreadable): (.*)$", re.MULTILINE)

Lines = dict[str | None, tuple[list[bytes], list[bytes]]]  # symbol → decisions, rejections


class Compared(NamedTuple):
    """What became of files."""

    equal: int
    refused: int  # of the equal ones: refused by both, with one sentence
    crashed: int
    decisions: int
    rejections: int
    differences: list[str]


def compare(bootstrap: str, prefix: str, files: Sequence[File], folder: Path, told: Callable[[int], None]) -> Compared:
    """Send all files to one worker, backtest them, and say where the two differ. `told` hears of files done."""
    settings = group_settings(bootstrap, prefix)
    sent = live(settings, files, folder, told)
    wanted = _by_symbol(value for lines in published(settings).values() for value in (line.value for line in lines))
    found, played = backtested(settings, files, sent, folder)
    different = _different(wanted, found)
    problems: dict[str, str] = {}
    for file in files:
        name = file.path.name
        owner = name.split(".")[0]
        if sent[name].crashed or played[name].crashed:
            problems[name] = f"a traceback: {(sent[name].err + played[name].err)[-2000:]}"
        elif _said(sent[name]) != _said(played[name]):
            problems[name] = f"publish {_told(sent[name])}, backtest {_told(played[name])}"
        elif hits := [symbol for symbol in different if symbol is not None and symbol.startswith(owner)]:
            problems[name] = f"values of {hits[0]} differ: {different[hits[0]]}"
    shared = [symbol for symbol in different if symbol is None or not re.match(r"F\d{5}", symbol)]
    notes = [f"{file.told}\n    {problems[file.path.name]}" for file in files if file.path.name in problems]
    notes += [f"records of {symbol!r}, which are no file's alone, differ: {different[symbol]}" for symbol in shared]
    refused = sum(called.code == Exit.DATA and not _published(called) for called in sent.values())
    counts = [sum(len(lines[kind]) for lines in wanted.values()) for kind in (0, 1)]
    crashed = sum(sent[file.path.name].crashed or played[file.path.name].crashed for file in files)
    return Compared(len(files) - len(problems), refused, crashed, counts[0], counts[1], notes)


def live(settings: Settings, files: Sequence[File], folder: Path, told: Callable[[int], None]) -> dict[str, Called]:
    """Publish each file by itself to a running worker, and wait until all is decided."""
    with asyncio.Runner() as runner:
        runner.run(make_topics(settings))
        fleet = Fleet(settings, folder)
        runner.run(fleet.__aenter__())
        try:
            worker = fleet.start("files")
            given = environment(settings)
            sent = {}
            for number, file in enumerate(files):
                sent[file.path.name] = call("publish", str(file.path), *file.options, environment=given)
                told(number + 1)
            runner.run(worker.ready())
            runner.run(fleet.caught_up(SECONDS))
            runner.run(fleet.stop())
        finally:
            runner.run(fleet.__aexit__(None, None, None))
    return sent


def backtested(
    settings: Settings, files: Sequence[File], sent: dict[str, Called], folder: Path
) -> tuple[Lines, dict[str, Called]]:
    """What backtests write: of files that can be read many at once, of others, and of files that say something, one."""
    given, lines, played = environment(settings), Lines(), dict[str, Called]()

    def play(part: Sequence[File], name: str) -> Called:
        out = folder / "backtests" / name
        paths = [str(file.path) for file in part]
        done = call("backtest", *paths, *part[0].options, "-n", "1", "--out", str(out), environment=given)
        if (out / DECISIONS).exists():
            for symbol, values in _read(out).items():
                mine = lines.setdefault(symbol, ([], []))
                mine[0].extend(values[0])
                mine[1].extend(values[1])
        return done

    quiet = defaultdict[tuple[str, ...], list[File]](list)
    for file in files:
        if sent[file.path.name].code == Exit.OK:
            quiet[file.options].append(file)
        else:
            played[file.path.name] = play([file], file.path.name)
    for number, group in enumerate(quiet.values()):
        for at in range(0, len(group), TOGETHER):
            part = group[at : at + TOGETHER]
            done = play(part, f"{number}-{at}")
            if done.code == Exit.OK or len(part) == 1:
                played |= {file.path.name: done for file in part}
            else:
                played |= {file.path.name: play([file], file.path.name) for file in part}
    return lines, played


def _read(out: Path) -> Lines:
    return _by_symbol(line for name in (DECISIONS, REJECTIONS) for line in (out / name).read_bytes().splitlines())


def _by_symbol(values: Iterator[bytes | None]) -> Lines:
    found = Lines()
    for value in values:
        assert value is not None
        told = json.loads(value)
        found.setdefault(told["symbol"], ([], []))["codes" in told].append(value)
    return found


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


def _published(called: Called) -> bool:
    return "published " in called.out


def _said(called: Called) -> tuple[str, ...]:
    """The sentences that both commands must say alike: why a file is refused, which rows are left out."""
    left_out = tuple(LEFT_OUT.findall(called.err))
    if called.code == Exit.OK or left_out:
        return left_out
    return (str(called.code), called.sentence[called.sentence.find("error:") :])


def _told(called: Called) -> str:
    return f"ends with {called.code} and says {called.sentence[:400] or 'nothing'}"
