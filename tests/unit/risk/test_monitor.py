"""The monitor as a whole: the same bytes again from recorded cuts and from saved states, and versions without gaps."""

from __future__ import annotations

from collections import defaultdict
from itertools import product
from typing import Any

import msgspec
import numpy as np
import pytest

from schemas.control import MODEL_KEY, Control, CorporateAction, ModelSwitch, StrategySwitch
from schemas.portfolio import Operated
from tests.support.examples import drawn
from tests.support.monitored import ENGINE, SMALL, Run, crashing, log, replayed, run_of
from tests.support.portfolio import MINUTE, START, decision
from worker.errors import DataError
from worker.risk.monitor import Monitor, replay

MINUTES = drawn(150, 1_500)


@pytest.mark.parametrize(
    ("seed", "partitions"), product(range(5), (1, 2, 4)) if drawn(0, 1) else [(0, 1), (1, 2), (2, 4)]
)
def test_a_replay_from_recorded_cuts_writes_the_same_bytes(seed: int, partitions: int) -> None:
    decisions = crashing(partitions, MINUTES, seed)
    run = run_of(decisions, seed)
    assert len(run.outputs) > MINUTES * 0.9
    assert replayed(run, decisions) == run.outputs
    interrupted = run_of(decisions, seed, restarts=True)
    assert [one.portfolio for one in interrupted.outputs] != []
    assert replayed(interrupted, decisions) == interrupted.outputs
    assert interrupted.state == {key: value for one in interrupted.outputs for key, value in one.state}


@pytest.mark.parametrize("seed", range(drawn(2, 5)))
def test_it_goes_on_from_any_step(seed: int) -> None:
    decisions = log(12, 2, MINUTES, seed, crash=MINUTES // 3)
    run = run_of(decisions, seed)
    rng = np.random.default_rng(seed)
    for at in rng.integers(1, len(run.outputs), 5).tolist():
        state = {key: value for one in run.outputs[:at] for key, value in one.state}
        restored = Monitor(SMALL, ENGINE, 2, state)
        assert list(replay(restored, run.records[at:], decisions)) == run.outputs[at:]


def test_figures_do_not_depend_on_the_number_of_partitions() -> None:
    found = []
    for partitions in (1, 2, 4):
        run = Run(SMALL, partitions)
        for partition, values in enumerate(log(12, partitions, 120, 3)):
            for offset, value in values:
                run.monitor.take(partition, offset, value)
        for minute in range(1, 121):
            run.step(START + minute * MINUTE)
        found.append([msgspec.structs.replace(one, cut=[]) for one in run.records])
    assert found[0] == found[1] == found[2]


def test_versions_grow_by_one_and_tightening_is_for_every_bar() -> None:
    run = run_of(log(12, 2, MINUTES, 1, crash=MINUTES // 2), 1)
    seen: dict[str, int] = {}
    written: dict[str, list[Control]] = defaultdict(list)
    for output, portfolio in zip(run.outputs, run.records, strict=True):
        for operated in portfolio.entered.controls:
            if operated.control is not None:
                seen[operated.key] = max(seen.get(operated.key, 0), operated.control.version)
        for key, value in output.controls:
            if value is None:
                continue
            control = msgspec.json.decode(value, type=Control)
            assert control.version == seen.get(key, portfolio.ts // 1_000) + 1
            assert control.effective_ts in (0, portfolio.ts) or portfolio.entered.repeated_ms is not None
            seen[key] = control.version
            written[key].append(control)
        assert [(one.key, one.version) for one in portfolio.written] == [
            (key, value and msgspec.json.decode(value)["version"]) for key, value in output.controls
        ]
    assert len(written["*"]) > 3
    assert [portfolio.number for portfolio in run.records] == list(range(1, len(run.records) + 1))


def test_all_is_well_and_one_record_says_so() -> None:
    run = Run()
    for minute in range(3):
        run.monitor.take(0, minute, decision("A", START + minute * MINUTE, 100.0, held=10.0))
        run.step(START + (minute + 1) * MINUTE)
    assert [list(dict(one.controls)) for one in run.outputs] == [["*"], [], []]
    assert run.controls(0) == {"*": {"key": "*", "version": (START + MINUTE) // 1_000 + 1, "effective_ts": 0}}
    assert run.records[-1].held.gross == 0.01


def test_a_repetition_writes_all_live_records_with_new_versions() -> None:
    run = Run()
    run.monitor.take(0, 0, decision("A", START, 100.0, held=300.0))  # 30% of the equity
    first = run.step(START + MINUTE)
    assert [one.key for one in first.written] == ["*", "A"]
    again_ = run.step(START + MINUTE, repeated_ms=START + 3 * MINUTE)
    assert (again_.number, again_.ts, again_.trips) == (2, first.ts, [])
    before, after = run.controls(0), run.controls(1)
    assert after == {key: {**one, "version": one["version"] + 1} for key, one in before.items() if one}


def test_a_released_symbols_record_goes() -> None:
    run = Run()
    run.monitor.take(0, 0, decision("A", START, 100.0, held=300.0))
    run.step(START + MINUTE)
    assert run.controls()["A"] == {
        "key": "A",
        "version": (START + MINUTE) // 1_000 + 1,
        "effective_ts": 0,
        "max_notional": 18_000.0,
        "reason": "cap: symbol",
    }
    for minute in range(1, 13):
        run.monitor.take(0, minute, decision("A", START + minute * MINUTE, 100.0))
        run.step(START + (minute + 1) * MINUTE)
    assert run.controls()["A"] == {
        "key": "A",
        "version": (START + MINUTE) // 1_000 + 2,
        "effective_ts": START + 13 * MINUTE,
    }
    run.step(START + 13 * MINUTE, repeated_ms=START + 13 * MINUTE)
    assert run.controls()["A"] is None


def test_an_unreadable_decision_blinds_until_acknowledged() -> None:
    run = Run()
    run.monitor.take(0, 0, decision("A", START, 100.0))
    run.step(START + MINUTE)
    run.monitor.take(0, 1, b"{")
    assert run.monitor.due([True]) == START + MINUTE
    assert run.step(START + MINUTE).blocking == ["blind: 1 unreadable decisions"]
    assert run.monitor.due([True]) is None
    assert run.controls()["*"]["allow_open"] is False  # type: ignore[index]
    run.monitor.take(0, 2, decision("A", START + MINUTE, 100.0))
    found = run.step(START + 2 * MINUTE, acknowledged=["unreadable"])
    assert (found.blocking, found.unreadable) == ([], 0)
    assert run.controls()["*"]["effective_ts"] == START + 2 * MINUTE  # type: ignore[index]


def test_a_step_is_due_when_every_partition_has_shown_it_or_ended() -> None:
    monitor = Monitor(SMALL, ENGINE, 2)
    assert monitor.due([True, True]) is None
    monitor.take(0, 0, decision("A", START, 100.0))
    assert monitor.due([True, False]) is None
    assert monitor.due([True, True]) == START + MINUTE
    monitor.take(1, 0, decision("B", START + MINUTE // 2, 100.0, interval=MINUTE // 2 + 1))
    assert monitor.due([False, False]) == START + MINUTE
    assert monitor.due([False, False], horizon=START + MINUTE - 1) is None
    monitor.advance(START + MINUTE)
    assert monitor.due([True, True]) == START + 2 * MINUTE
    monitor.advance(START + 2 * MINUTE)
    assert monitor.due([True, True]) is None


def test_the_next_step_is_that_of_the_earliest_decision_that_waits() -> None:
    monitor = Monitor(SMALL, ENGINE, 2)
    assert monitor.next() is None
    assert monitor.take(0, 0, decision("A", START + MINUTE, 100.0)) == START + 2 * MINUTE
    assert monitor.next() == START + 2 * MINUTE
    assert monitor.take(1, 0, decision("B", START, 100.0)) == START + MINUTE
    assert monitor.take(1, 1, b"{") is None
    assert monitor.take(1, 0, decision("B", START, 100.0)) is None
    assert monitor.next() == START + MINUTE
    monitor.advance(START + 2 * MINUTE)
    assert (monitor.next(), monitor.step_of(START), monitor.number) == (None, START + 3 * MINUTE, 1)


def operator(key: str, version: int, **given: Any) -> Operated:
    return Operated(key, Control(key, version, 0, **given))


def test_a_switch_is_no_operators_limit() -> None:
    run = Run()
    run.monitor.take(0, 0, decision("A", START, 100.0))
    switches = [
        operator(MODEL_KEY, 9, model=ModelSwitch()),
        operator("* strategy cross", 9, strategy=StrategySwitch("cross", 1, "0" * 64)),
        Operated("* strategy other"),
    ]
    run.step(START + MINUTE, controls=switches)
    run.step(START + MINUTE, repeated_ms=START + 3 * MINUTE)
    assert [list(dict(one.controls)) for one in run.outputs] == [["*"], ["*"]]


def test_a_corporate_action_is_no_operators_limit_and_takes_none_away() -> None:
    run = Run()
    run.monitor.take(0, 0, decision("A", START, 100.0, held=300.0))  # 30% of the equity
    run.step(START + MINUTE)
    cap = run.controls()["A"]
    assert cap is not None
    split = {"corp_action": CorporateAction(START, 0.5)}
    actions = [operator("A", cap["version"] + 7, **split), operator("B", 9, **split)]
    run.step(START + MINUTE, controls=actions)
    # Where the action came after the cap, a reader of the newest record alone would not see the cap.
    action = {"corp_action": {"ex_ts": START, "price_factor": 0.5}}
    assert run.controls() == {"A": cap | {"version": cap["version"] + 8} | action}
    run.step(START + MINUTE)
    assert run.controls() == {}


def test_two_configurations_are_flagged() -> None:
    run = Run()
    run.monitor.take(0, 0, decision("A", START, 100.0))
    run.monitor.take(0, 1, decision("B", START, 100.0, config_hash="other"))
    assert run.step(START + MINUTE).warnings == ["config_hash"]
    assert run.step(START + MINUTE).warnings == []


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("head", None, "no record 'head'"),
        ("rows-0", None, "no record 'rows-0'"),
        ("ret-3", None, "no record 'ret-3'"),
        ("head", b"\x9c\x01", "truncated"),
        ("head", b"\x90", "at least length 12"),
        ("rows-0", b"12", "2 bytes for 12 symbols"),
        ("ret-3", "ret-4", "rows of returns are missing"),
    ],
)
def test_a_damaged_state_is_refused(key: str, value: bytes | str | None, reason: str) -> None:
    run = run_of(log(12, 1, 60, 1), 1)
    state = {name: text for name, text in run.state.items() if name != key}
    if value is not None:
        state[key] = run.state[value] if isinstance(value, str) else value
    with pytest.raises(DataError, match=reason):
        Monitor(SMALL, ENGINE, 1, state)
