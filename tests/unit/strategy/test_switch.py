"""A strategy that is switched by the journal: the same bytes whatever the batches, by object or by kernel, compiled or
not, spilled or not, from a snapshot or from the first record; state, indicators and positions as promised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from aiokafka import ConsumerRecord

from schemas import Decision, Rejection
from schemas.control import STRATEGY_KEY, StrategySwitch
from schemas.decision import Strategy
from schemas.state import JournalEntry
from tests.support.record_engine import RecordEngine
from tests.support.switching import FIRST, NAME, SECOND, files, switch
from tests.unit.engine.controls.entries import entry
from worker.backtest.lines import Lines
from worker.backtest.player import Player
from worker.backtest.tape import tapes
from worker.engine.asking.intent import NO_TAG
from worker.engine.output.encoding import DecisionEncoder
from worker.engine.records.raw import raw_records
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings, engine_settings
from worker.errors import ConfigError
from worker.operate.read_journal import joined
from worker.settings import StateSettings
from worker.sources.simulation.simulator import Simulation, simulated_records
from worker.strategy.loading import filled
from worker.strategy.shelf import Shelf
from worker.stream.state.spill import Spilling

KEY = STRATEGY_KEY + NAME
MADE = list(simulated_records(Simulation(symbols=4, bars=560, seed=5, fault_rate=0.02)))
RECORDS = Records([r.key for r in MADE], [r.value for r in MADE], [r.timestamp_ms for r in MADE])
TOTAL = len(MADE)
LATE = sorted(RECORDS.timestamps)[TOTAL * 5 // 8]
SMALLER, WIDER, LATER, BACK = (TOTAL * eighths // 8 for eighths in (2, 4, 6, 7))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("versions")
    files(folder)
    return folder


def settings(folder: Path, mode: str = "compiled", **given: Any) -> EngineSettings:
    chosen = {"file": str(folder / "first.py"), "mode": mode, "candidates": [str(folder / "second.py")]}
    return filled(engine_settings({"strategy": chosen | given}))


@cache
def journal(folder: Path) -> list[JournalEntry]:
    """Less risk; from a later time a wider channel; another version; and what is configured again."""
    first, second = folder / "first.py", folder / "second.py"
    return [
        entry(KEY, 1, visible_from=SMALLER, strategy=switch(first, risk=0.002)),
        entry(KEY, 2, visible_from=WIDER, effective_ts=LATE, strategy=switch(first, enter=45)),
        entry("*", 1, visible_from=TOTAL // 3, ts=2**50, risk_mult=0.5),
        entry(KEY, 3, visible_from=LATER, strategy=switch(second, risk=0.003)),
        entry(KEY, 4, visible_from=BACK, withdrawn=True),
    ]


def begin(
    folder: Path, entries: Iterable[JournalEntry] | None = None, given: EngineSettings | None = None, spill: Any = None
) -> tuple[RecordEngine, Shelf]:
    given = given or settings(folder)
    shelf = Shelf(given)
    engine = RecordEngine(given, spill, strategy=shelf.hooked(), find=shelf.find)
    engine.speak(shelf.voices)
    for each in journal(folder) if entries is None else entries:
        engine.controls.add(each)
    return engine, shelf


def run(engine: RecordEngine, start: int, stop: int, size: int) -> list[bytes]:
    """The outcomes of records from `start` to `stop` in batches of a size."""
    parts = ((first, min(first + size, stop)) for first in range(start, stop, size))
    found = (engine.process(RECORDS.slice(*part), np.arange(*part)) for part in parts)
    return [msgspec.json.encode(outcome) for part in found for outcome in part]


@cache
def decided(folder: Path) -> list[Decision | Rejection]:
    """The outcomes of all records in one batch."""
    return begin(folder)[0].process(RECORDS, np.arange(TOTAL))


@cache
def at_once(folder: Path) -> list[bytes]:
    return [msgspec.json.encode(outcome) for outcome in decided(folder)]


def at(folder: Path, offset: int, ts: int) -> StrategySwitch | None:
    met = [
        each for each in journal(folder) if each.key == KEY and each.visible_from <= offset and each.effective_ts <= ts
    ]
    return met[-1].control.strategy if met and met[-1].control else None


def said(outcome: Decision | Rejection) -> Strategy | None:
    """What the strategy said; None where the record was rejected."""
    return outcome.strategy if isinstance(outcome, Decision) and isinstance(outcome.strategy, Strategy) else None


def test_each_decision_tells_under_what_it_was_made(folder: Path) -> None:
    hashes: dict[str, set[str]] = {}
    for offset, each in enumerate(decided(folder)):
        if not isinstance(each, Decision) or (answer := said(each)) is None:
            continue
        wanted = at(folder, offset, each.ts)
        assert answer.version == (1 if wanted is None else wanted.version), offset
        assert list(answer.notes) == (["trend", "steps"] if answer.version == 1 else ["steps", "turns", "trend"])
        assert each.decision_id.endswith(each.config_hash[:8])
        hashes.setdefault(repr(wanted), set()).add(each.config_hash)
    assert all(len(found) == 1 for found in hashes.values())
    assert len(set.union(*hashes.values())) == 4
    assert hashes["None"] == {settings(folder).config_hash()}
    restarted = settings(folder, parameters={"risk": 0.002}).config_hash()
    assert hashes[repr(switch(folder / "first.py", risk=0.002))] == {restarted}


def test_it_decides_otherwise_and_goes_on_where_it_was(folder: Path) -> None:
    plain = begin(folder, [entry("*", 1, visible_from=TOTAL // 3, ts=2**50, risk_mult=0.5)])[0]
    before = [msgspec.json.encode(outcome) for outcome in plain.process(RECORDS, np.arange(TOTAL))]
    assert at_once(folder)[:SMALLER] == before[:SMALLER]
    taken, steps = Counter[tuple[int, str | None]](), dict[str | None, float]()
    for each in decided(folder):
        if (answer := said(each)) is not None and answer.status == "ok":
            taken[answer.version, answer.tag] += 1
            now = answer.notes["steps"] or 0.0
            assert now == steps.get(each.symbol, 0) + 1
            steps[each.symbol] = now
    assert min(taken[each] for each in ((1, "in"), (2, "long"), (2, "short"))) > 2, taken


def test_what_both_plans_have_goes_on(folder: Path) -> None:
    """The trend of the longer timeframe has seen hundreds of bars, the history of a symbol has 128."""
    plain = begin(folder, [])[0].process(RECORDS, np.arange(TOTAL))
    seen = 0
    for one, other in zip(map(said, decided(folder)), map(said, plain), strict=True):
        if one is not None and other is not None and None not in (one.notes["trend"], other.notes["trend"]):
            assert one.notes["trend"] == other.notes["trend"]
            seen += one.version == 2
    assert seen > 100


@pytest.mark.parametrize("size", [2, 613])
def test_batches_do_not_show(folder: Path, size: int) -> None:
    assert run(begin(folder)[0], 0, TOTAL, size) == at_once(folder)


def test_the_mode_does_not_show(folder: Path) -> None:
    assert run(begin(folder, given=settings(folder, "python"))[0], 0, TOTAL, 500) == at_once(folder)


@pytest.mark.parametrize(
    ("cut", "removed"),
    [
        (SMALLER + 1, False),
        (SMALLER + 9, True),
        (WIDER + 350, False),
        (LATER + 3, False),
        (LATER + 3, True),
        (BACK + 2, True),
    ],
)
def test_a_state_that_is_taken_over_goes_on_the_same(folder: Path, cut: int, removed: bool) -> None:
    """An entry that no bar can meet is gone, and states under it are not: a symbol may have had no bar since."""
    first, heir = begin(folder)[0], begin(folder, [])[0]
    found = run(first, 0, cut, 500)
    left = journal(folder)
    if removed:
        gone = first.controls.unneeded(cut)
        left = [each for each in left if each not in gone]
        first.controls.remove(gone)
    for each in left:
        heir.controls.add(each)
    for key in set(RECORDS.keys):
        if key and (slot := first.symbols.get(key)) is not None:
            heir.load(key, *first.export(slot))
            assert heir.export(heir.symbols.add(key)) == first.export(slot)
    assert found + run(heir, cut, TOTAL, 500) == at_once(folder)
    assert run(first, cut, TOTAL, 500) == at_once(folder)[cut:]


def test_spilling_does_not_show(folder: Path, tmp_path: Path) -> None:
    spill = Spilling(StateSettings(resident_symbols=2, spill_dir=tmp_path)).new()
    engine, _ = begin(folder, [], spill=spill)
    found, entries = [], sorted(journal(folder), key=lambda each: each.visible_from)
    for start in range(0, TOTAL, 3):
        while entries and entries[0].visible_from <= start + 3:  # while states are spilled
            engine.controls.add(entries.pop(0))
        found += run(engine, start, min(start + 3, TOTAL), 3)
    assert engine.spilled > 0
    assert found == at_once(folder)


class Collected:
    """A sink of decisions."""

    def __init__(self) -> None:
        self.text = b""

    def write(self, lines: Lines) -> None:
        self.text += bytes(lines.decisions)


def test_a_backtest_meets_the_same(folder: Path) -> None:
    records = [ConsumerRecord("t", 0, i, r.timestamp_ms, 0, r.key, r.value, None, 0, 0, ()) for i, r in enumerate(MADE)]
    played = joined(tapes((r.key, r.value, r.timestamp) for r in records), records, [journal(folder)])
    player = Player(settings(folder))
    for tape in played:
        sink = Collected()
        ledger = player.play(tape, sink)
        wanted = [line for line, r in zip(at_once(folder), records, strict=True) if r.key == tape.key]
        assert sink.text.splitlines() == [line for line in wanted if b'"decision_id"' in line]
        assert {NO_TAG, 0} <= set(ledger.said.bars["tag"].tolist()) <= {NO_TAG, 0, 1}  # by the first version's names


def test_the_kernel_writes_the_same(folder: Path) -> None:
    engine, shelf = begin(folder)
    encoder = DecisionEncoder(settings(folder), None, shelf.voices)
    for start in range(0, TOTAL, 1_000):
        part, offsets = RECORDS.slice(start, start + 1_000), np.arange(start, min(start + 1_000, TOTAL))
        decoded, outs = engine.step_raw(raw_records(part, offsets))
        exact = engine._builder.build(part, decoded, outs)
        kept = np.flatnonzero(outs["validation"]["accepted"])
        lines = encoder.lines(decoded.bars[kept], outs[kept], [exact[row].symbol or "" for row in kept])
        assert lines == msgspec.json.Encoder().encode_lines([exact[row] for row in kept])


def test_a_switch_of_another_strategy_changes_nothing(folder: Path) -> None:
    other = msgspec.structs.replace(switch(folder / "first.py", risk=0.002), name="another")
    engine = begin(folder, [entry(STRATEGY_KEY + "another", 1, strategy=other)])[0]
    assert run(engine, 0, 500, 100) == run(begin(folder, [])[0], 0, 500, 100)
    assert len(engine.controls) == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"digest": "0" * 64}, "no file that the configuration names has the sha256 0000"),
        ({"version": 7}, "its source is channel 1"),
        ({"parameters": {"enter": 1}}, "greater than or equal to 2"),
        ({"parameters": {"entre": 30}}, "entre"),
    ],
)
def test_what_can_not_be_run_stops_the_worker(folder: Path, change: dict[str, Any], told: str) -> None:
    engine, asked = begin(folder, [])[0], msgspec.structs.replace(switch(folder / "first.py"), **change)
    with pytest.raises(ConfigError, match=told) as refused:
        engine.controls.add(entry(KEY, 1, strategy=asked))
    assert "alphapulse control strategy --configured" in (refused.value.fix or "")
    assert len(engine.controls) == 0


def test_a_version_that_does_not_say_what_becomes_of_the_state_stops_the_worker(folder: Path, tmp_path: Path) -> None:
    first, second = files(tmp_path)
    second.write_text(SECOND.replace("def migrate", "def other"))
    chosen = {"file": str(first), "candidates": [str(second)]}
    for on_state_change in ("refuse", "reset"):
        given = filled(engine_settings({"strategy": chosen | {"on_state_change": on_state_change}}))
        engine = begin(tmp_path, [entry(KEY, 1, visible_from=1_000, strategy=switch(second))], given)[0]
        if on_state_change == "refuse":
            with pytest.raises(ConfigError, match="steps"):
                run(engine, 0, TOTAL, 500)
        else:
            assert len(run(engine, 0, TOTAL, 500)) == TOTAL


def test_a_strategy_that_rests_after_failures_is_asked_again(tmp_path: Path) -> None:
    first, _ = files(tmp_path)
    first.write_text(
        FIRST.replace("own.steps += 1", "own.steps += 1 // (p.enter - 20)")
        .replace("ind, was,", "p, ind, was,")
        .replace("= c.ind,", "= c.p, c.ind,")
    )
    engine = begin(
        tmp_path,
        [entry(KEY, 1, visible_from=TOTAL // 2, strategy=switch(first, enter=21))],
        filled(engine_settings({"strategy": {"file": str(first)}})),
    )[0]
    found = engine.process(RECORDS, np.arange(TOTAL))
    before, after = (
        Counter(answer.status for answer in map(said, part) if answer)
        for part in (found[: TOTAL // 2], found[TOTAL // 2 :])
    )
    assert before["circuit_open"] > 500
    assert (before["ok"], after["circuit_open"], after["raised"]) == (0, 0, 0)
    assert after["ok"] > 500


def test_a_candidate_that_can_not_be_run_is_told_before_a_switch_names_it(tmp_path: Path) -> None:
    first, second = files(tmp_path)
    given = {"strategy": {"file": str(first), "candidates": [str(second)]}}
    Shelf(filled(engine_settings(given))).warm_up()
    second.write_text(SECOND.replace("distance: float = Field(3.0, gt=0)", "distance: float"))
    Shelf(filled(engine_settings(given))).warm_up()  # a switch gives it
    second.write_text(SECOND.replace("own.calls += 1", "own.calls += c.nothing"))
    with pytest.raises(ConfigError, match=r"second\.py can't be compiled"):
        Shelf(filled(engine_settings(given))).warm_up()
    second.unlink()
    with pytest.raises(ConfigError, match=r"second\.py can't be read"):
        Shelf(filled(engine_settings(given)))
