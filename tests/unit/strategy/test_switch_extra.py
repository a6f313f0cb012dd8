"""A switch between versions that read different extra columns of ticks: each reads its own, in any batch and mode."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from aiokafka import ConsumerRecord

from schemas import Decision
from schemas.control import STRATEGY_KEY
from schemas.decision import Strategy
from schemas.state import JournalEntry
from schemas.tick import Tick, encode_tick
from tests.support.record_engine import RecordEngine
from tests.support.strategies import HEAD
from tests.support.switching import switch
from tests.unit.engine.controls.entries import entry
from worker.backtest.lines import Lines
from worker.backtest.player import Player
from worker.backtest.tape import tapes
from worker.configured_strategy import filled
from worker.engine.records.raw import RawRecords, raw_records
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings, engine_settings
from worker.errors import Exit
from worker.operate.read_journal import joined
from worker.strategy import loading
from worker.strategy.errors import StrategyRefused
from worker.strategy.shelf import Shelf

KEY, EXTRA = STRATEGY_KEY + "reader", ("absent", "other", "spread")
BARS, HOUR, START = 360, 3_600_000, 1_600_000_000_000 // 3_600_000 * 3_600_000
SYMBOLS = ("A", "B", "C")
TOTAL = BARS * len(SYMBOLS)
FORTH, BACK = TOTAL // 3 + 1, TOTAL * 3 // 4

# `observe` keeps the last known number of the column that the version reads.
VERSION = f"""from math import isnan

{HEAD}

class Reader(Strategy):
    version, values, notes = VERSION, ("kept",), ("now", "kept")

    class Memory:
        last: float
        count: int

    def indicators(p):
        return {{"low": ta.lowest(BARS)}}

    def observe(c):
        now = c.extra.COLUMN
        if not isnan(now):
            c.memory.last = now
            c.memory.count += 1
        if c.memory.count > 0:
            c.out.kept = c.memory.last

    def step(c):
        order = c.order
        order.notes[0], order.notes[1] = c.extra.COLUMN, c.ind.kept
        if c.ind.kept > 1.0 and c.bar.close > c.was.low:
            order.side, order.share = LONG, 0.1
        else:
            order.side = FLAT
"""


def text(version: int, column: str, bars: int) -> str:
    return VERSION.replace("VERSION", str(version)).replace("COLUMN", column).replace("BARS", str(bars))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("readers")
    (folder / "first.py").write_text(text(1, "other", 10))
    (folder / "second.py").write_text(text(2, "spread", 150))
    return folder


@cache
def extras() -> list[dict[str, float]]:
    """The extra columns of each record; some are not known."""
    rng = np.random.default_rng(8)
    found = [{"other": round(rng.uniform(0, 2), 3), "spread": round(rng.uniform(0, 2), 3)} for _ in range(TOTAL)]
    for column, every in (("other", 7), ("spread", 5)):
        for row in range(0, TOTAL, every):
            del found[row][column]
    return found


@cache
def records() -> Records:
    """Bars of all symbols in turn; some are rejected."""
    rng, keys, values, times = np.random.default_rng(9), list[bytes | None](), list[bytes | None](), list[int]()
    close = dict.fromkeys(SYMBOLS, 100.0)
    for n in range(TOTAL):
        symbol, ts = SYMBOLS[n % len(SYMBOLS)], START + n // len(SYMBOLS) * HOUR
        opened = close[symbol]
        now = close[symbol] = round(opened * math.exp(rng.normal(0, 0.006)), 4)
        high = 1.0 if n % 97 == 96 else max(opened, now) + 0.05
        tick = Tick(symbol, ts, opened, high, min(opened, now) - 0.05, now, 1e6, "1h")
        keys.append(symbol.encode())
        values.append(encode_tick(tick, extras()[n]))
        times.append(ts + HOUR)
    return Records(keys, values, times)


def settings(folder: Path, mode: str = "compiled", extra: Sequence[str] = EXTRA) -> EngineSettings:
    chosen = {"file": str(folder / "first.py"), "candidates": [str(folder / "second.py")], "mode": mode}
    return filled(engine_settings({"ingestion": {"interval": "1h", "extra": list(extra)}, "strategy": chosen}))


@cache
def journal(folder: Path) -> list[JournalEntry]:
    """The other version, and then the configured one again."""
    return [
        entry(KEY, 1, visible_from=FORTH, strategy=switch(folder / "second.py")),
        entry(KEY, 2, visible_from=BACK, withdrawn=True),
    ]


def begin(folder: Path, mode: str = "compiled") -> RecordEngine:
    given = settings(folder, mode)
    shelf = Shelf(given)
    engine = RecordEngine(given, strategy=shelf.hooked(), find=shelf.find)
    engine._builder._voices = shelf.voices
    for each in journal(folder):
        engine.controls.add(each)
    return engine


def raw(start: int, stop: int) -> RawRecords:
    return raw_records(records().slice(start, stop), np.arange(start, stop))


def run(engine: RecordEngine, start: int, stop: int, size: int) -> list[Any]:
    parts = ((first, min(first + size, stop)) for first in range(start, stop, size))
    return [outcome for part in parts for outcome in engine.process_raw(raw(*part))]


def lines(outcomes: Sequence[Any]) -> list[bytes]:
    return [msgspec.json.encode(outcome) for outcome in outcomes]


@cache
def at_once(folder: Path) -> list[Any]:
    return run(begin(folder), 0, TOTAL, TOTAL)


def test_each_version_reads_its_own_column(folder: Path) -> None:
    kept: dict[tuple[str | None, int], float] = {}
    known, opened = 0, 0
    for offset, each in enumerate(at_once(folder)):
        if not isinstance(each, Decision) or not isinstance(each.strategy, Strategy):
            continue
        inside = FORTH <= offset < BACK
        answer, column = each.strategy, "spread" if inside else "other"
        assert answer.version == (2 if inside else 1)
        now = extras()[offset].get(column)
        turn = (each.symbol, sum(offset >= begun for begun in (FORTH, BACK)))
        if now is not None:
            kept[turn] = now
        if answer.status == "ok":
            # Of the bars before a switch a worker has no extra columns.
            assert (answer.notes["now"], answer.notes["kept"]) == (now, kept.get(turn))
            known += now is not None
            opened += each.action == "open_long"
    assert known > TOTAL // 2
    assert opened > 20


@pytest.mark.parametrize("mode", ["compiled", "python"])
def test_neither_batch_nor_mode_shows(folder: Path, mode: str) -> None:
    for size in (2, 101, TOTAL):
        assert lines(run(begin(folder, mode), 0, TOTAL, size)) == lines(at_once(folder))


class Collected:
    """A sink of decisions."""

    def __init__(self) -> None:
        self.text = b""

    def write(self, lines: Lines) -> None:
        self.text += bytes(lines.decisions)


def test_a_backtest_of_the_recorded_topic_is_the_worker(folder: Path) -> None:
    published = [
        ConsumerRecord("t", 0, offset, ts, 0, key, value, None, 0, 0, ())
        for offset, (key, value, ts) in enumerate(zip(*records()[:3], strict=True))
    ]
    player, wanted = Player(settings(folder)), lines(at_once(folder))
    recorded = joined(tapes((r.key, r.value, r.timestamp) for r in published), published, [journal(folder)])
    assert len(recorded) == len(SYMBOLS)
    for tape in recorded:
        sink = Collected()
        player.play(tape, sink)
        own = [line for line, r in zip(wanted, published, strict=True) if r.key == tape.key]
        assert sink.text.splitlines() == [line for line in own if b'"decision_id"' in line]


def test_a_lost_memory_is_rebuilt_under_the_version_that_it_is_of(folder: Path) -> None:
    cut = BACK - 50
    before, after = begin(folder), begin(folder)
    run(before, 0, cut, TOTAL)
    for key in (symbol.encode() for symbol in SYMBOLS):
        state = before.export(before.symbols.add(key))
        assert state.strategy is not None
        assert state.strategy.switch == 1
        lost = msgspec.structs.replace(state.strategy, memory=b"", plan="another")
        assert after.wants_bars(after.load(key, state.carry, state.derived, lost)) == 150  # and not 10
    after.warm_again_raw(raw(0, cut))
    assert lines(run(after, cut, TOTAL, 100)) == lines(at_once(folder)[cut:])


def test_a_candidate_that_reads_more_than_is_named_is_refused(folder: Path) -> None:
    with pytest.raises(StrategyRefused, match=r"second\.py reads c\.extra\.spread, which engine\.ingestion") as found:
        Shelf(settings(folder, extra=["other"]))
    assert found.value.exit_code == Exit.CONFIG
    assert 'extra = ["other", "spread"]' in (found.value.fix or "")


def test_what_a_switch_names_is_watched(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watched: list[tuple[Any, float]] = []
    monkeypatch.setattr(loading, "watch", lambda work, seconds, told: watched.append((work, seconds)))
    shelf = Shelf(settings(folder))
    strategies: list[Any] = [shelf.hooked(), shelf.find(switch(folder / "second.py")).strategy]
    assert watched == [(each.work, 5.0) for each in strategies]
