"""How files come to decisions: a worker on a real broker, its engine in this process, a backtest."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from unittest import mock

import msgspec

from tests.files.generate import File
from tests.support.commands import Called, call
from tests.support.fleet import Fleet, environment
from tests.support.outputs import published
from tests.support.record_engine import RecordEngine
from tests.support.ticks import make_topics
from worker.backtest.parts import DECISIONS, REJECTIONS
from worker.engine.records.records import Records
from worker.errors import Exit
from worker.instruments import load_engine
from worker.settings import Settings
from worker.sources.publisher import PublishSummary
from worker.sources.record import Record

TOGETHER = 25  # files a backtest reads at once
SECONDS = 120.0  # for the worker to come to the end of the input
AHEAD_MS = 3_600_000  # how far ahead of its clock a broker takes records

Lines = dict[str | None, tuple[list[bytes], list[bytes]]]  # symbol → decisions, rejections
Calls = dict[str, Called]  # by the file's name
Told = Callable[[int], None]


def live(settings: Settings, files: Sequence[File], folder: Path, told: Told) -> tuple[Lines, Calls]:
    """Publish each file by itself to a running worker, and wait until all is decided."""
    sent: Calls = {}
    with asyncio.Runner() as runner:
        runner.run(make_topics(settings))
        fleet = Fleet(settings, folder)
        runner.run(fleet.__aenter__())
        try:
            worker = fleet.start("files")
            for number, file in enumerate(files):
                sent[file.path.name] = _publish(file, settings)
                told(number + 1)
            runner.run(worker.ready())
            runner.run(fleet.caught_up(SECONDS))
            runner.run(fleet.stop())
        finally:
            runner.run(fleet.__aexit__(None, None, None))
    return _by_symbol(line.value for lines in published(settings).values() for line in lines), sent


def unsent(settings: Settings, files: Sequence[File], _: Path, told: Told) -> tuple[Lines, Calls]:
    """What `publish` would send, through the engine of this process: it needs no broker."""
    records: list[Record] = []

    async def keep(_: Settings, topic: str, made: Callable[[int], Iterator[Record]], *__: object) -> PublishSummary:
        before = len(records)
        records.extend(made(int(time.time() * 1_000) + AHEAD_MS))
        return PublishSummary(topic, len(records) - before)

    sent: Calls = {}
    with mock.patch("worker.cli.publish._send", keep):
        for number, file in enumerate(files):
            sent[file.path.name] = _publish(file, settings)
            told(number + 1)
    given = Records(
        [record.key for record in records], [record.value for record in records], [one.timestamp_ms for one in records]
    )
    outcomes = RecordEngine(load_engine(settings.engine)).process(given)
    return _by_symbol(map(msgspec.json.encode, outcomes)), sent


def _publish(file: File, settings: Settings) -> Called:
    return call("publish", str(file.path), *file.options, environment=environment(settings))


def backtested(settings: Settings, files: Sequence[File], sent: Calls, folder: Path) -> tuple[Lines, Calls]:
    """What backtests write: of files that can be read many at once, of others, and of files that say something, one."""
    given, lines, played = environment(settings), Lines(), Calls()

    def play(part: Sequence[File], name: str) -> Called:
        out = folder / "backtests" / name
        paths = [str(file.path) for file in part]
        done = call("backtest", *paths, *part[0].options, "-n", "1", "--out", str(out), environment=given)
        if done.code == Exit.OK:
            for symbol, values in _read(out).items():
                for mine, more in zip(lines.setdefault(symbol, ([], [])), values, strict=True):
                    mine.extend(more)
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


def _by_symbol(values: Iterable[bytes | None]) -> Lines:
    found = Lines()
    for value in values:
        assert value is not None
        told = json.loads(value)
        found.setdefault(told["symbol"], ([], []))["codes" in told].append(value)
    return found
