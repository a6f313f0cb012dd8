"""A portfolio under its monitor: the same bytes again, in any order and by any path, and limits that are obeyed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import groupby
from typing import Any

import msgspec
import numpy as np
import pytest

from schemas import Decision
from tests.support.crash import CRASH
from tests.support.portfolio import MINUTE
from tests.support.strategies import STRATEGIES
from tests.unit.backtest.portfolio.portfolios import (
    CALM,
    ENGINE,
    TIGHT,
    crashing,
    decisions,
    ensemble,
    outputs,
    real,
)
from worker.backtest.lines import Lines
from worker.backtest.player import Player
from worker.backtest.portfolio import play as playing
from worker.backtest.portfolio.overseer import Step
from worker.backtest.portfolio.play import Moment, Recorded, play, replay
from worker.backtest.portfolio.run import journaled
from worker.backtest.tape import Tape
from worker.configured_strategy import filled
from worker.engine.settings import EngineSettings
from worker.errors import ConfigError, DataError

_decision = msgspec.json.Decoder(Decision).decode


@cache
def run_of_real() -> list[Moment]:
    """Twelve real series under limits that trip; kills are acknowledged the day after."""
    return list(play(ensemble(real()), ENGINE, TIGHT, acknowledge=1))


def steps(run: Sequence[Moment]) -> list[Step]:
    return [step for moment in run for step in moment.steps]


def journal(run: Sequence[Moment]) -> list[Any]:
    return [each for moment in run for each in moment.journal]


def rejections(run: Sequence[Moment]) -> bytes:
    return b"".join(moment.rejections for moment in run)


def recorded(run: Sequence[Moment]) -> Recorded:
    return Recorded([step.output.portfolio for step in steps(run)], journal(run))


def same(one: Sequence[Moment], other: Sequence[Moment]) -> bool:
    return (decisions(one), rejections(one), outputs(one), journal(one)) == (
        decisions(other), rejections(other), outputs(other), journal(other)
    )  # fmt: skip


def test_limits_trip_and_are_obeyed() -> None:
    run = run_of_real()
    tripped = {trip.rule for step in steps(run) for trip in step.portfolio.trips}
    assert tripped >= {"symbol", "group", "cluster", "var99", "day", "day_block"}
    alone = [value for tape in real() for value in values(tape, Player(ENGINE))]
    assert len(decisions(run)) == len(alone)
    assert set(decisions(run)) - set(alone)
    found = [_decision(value) for value in decisions(run)]
    reasons = {reason for one in found for reason in one.reasons}
    assert reasons >= {"kill_switch", "control_block", "budget_cap"}
    assert "control_stale" not in reasons
    versions = [one.control_version for one in found if one.symbol == "SPY"]
    assert versions[0] == 0
    assert len(set(versions)) > 10


def test_a_replay_from_the_journal_gives_the_same_bytes() -> None:
    run = run_of_real()
    assert same(list(replay(ensemble(real()), ENGINE, TIGHT, recorded(run))), run)


def test_neither_blocks_nor_the_order_of_the_files_change_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_of_real()
    monkeypatch.setattr(playing, "BLOCK", 7)
    assert same(list(play(ensemble(real()[::-1]), ENGINE, TIGHT, acknowledge=1)), run)
    assert same(list(replay(ensemble(real()), ENGINE, TIGHT, recorded(run))), run)


class Kept(list[bytes]):
    """A sink that keeps decisions."""

    def write(self, lines: Lines) -> None:
        self += bytes(lines.decisions).splitlines()


def values(tape: Tape, player: Player) -> list[bytes]:
    kept = Kept()
    player.play(tape, kept)
    return kept


def test_each_symbol_alone_decides_the_same_under_the_journal() -> None:
    run, player = run_of_real(), Player(ENGINE)
    wanted: dict[str, list[bytes]] = {}
    for value in decisions(run):
        wanted.setdefault(_decision(value).symbol, []).append(value)
    for tape in journaled(ensemble(real()).clock, journal(run)):
        assert values(tape, player) == wanted[tape.name]


def test_another_input_is_not_taken_for_the_recorded_one() -> None:
    run = recorded(run_of_real())
    with pytest.raises(DataError, match="of its monitor has other figures"):
        list(replay(ensemble(real()[1:]), ENGINE, TIGHT, run))
    with pytest.raises(DataError, match="sets other limits"):
        list(replay(ensemble(real()), ENGINE, TIGHT, run._replace(journal=run.journal[1:])))
    shorter = [Tape(tape.key, [tape.parts[0].between(0, 600)]) for tape in real()]
    with pytest.raises(DataError, match="is not reached"):
        list(replay(ensemble(shorter), ENGINE, TIGHT, run))


def test_more_symbols_than_a_partition_takes_are_refused() -> None:
    few = EngineSettings.model_validate({"ingestion": {"max_symbols": 7}})
    with pytest.raises(ConfigError, match="8 symbols, a partition at most 7"):
        ensemble(crashing(8, 1, 1), few)


def test_after_a_kill_all_positions_close_within_two_bars_and_none_opens() -> None:
    run = list(play(ensemble(crashing()), EngineSettings(), CALM, acknowledge=1))
    told = [step.portfolio for step in steps(run)]
    [killed] = [one.ts for one in told if any(trip.rule == "day" for trip in one.trips)]
    assert killed == CRASH + MINUTE
    lifted = next(
        step.portfolio.ts for step in steps(run) if step.portfolio.ts > killed and not step.portfolio.blocking
    )
    assert lifted == CRASH + 31 * MINUTE  # the first step of the next UTC day
    found = sorted((_decision(value) for value in decisions(run)), key=lambda one: one.ts)
    by_bar = {ts: list(bars) for ts, bars in groupby(found, lambda one: one.ts)}
    held = [one.position.state for one in by_bar[CRASH]]
    assert held.count("long") + sum(one.action == "open_long" for one in by_bar[CRASH]) >= 2
    under = [one for one in found if killed <= one.ts < lifted]
    assert {one.action for one in under if one.ts == killed} >= {"close"}
    assert not [one for one in under if one.action.startswith("open") or one.action == "reverse"]
    assert {one.position.state for one in under if one.ts > killed} == {"flat"}
    assert any("kill_switch" in one.reasons and (one.score or 0.0) > 0.35 for one in under)
    assert any(one.action == "open_long" for one in found if one.ts >= lifted)


def test_a_kill_that_nobody_acknowledges_lasts() -> None:
    run = list(play(ensemble(crashing()), EngineSettings(), CALM))
    assert steps(run)[-1].portfolio.blocking == ["kill: day"]


def test_a_record_does_not_grow_stale_over_a_gap() -> None:
    """Two days without bars: the monitor, were it alive, would have repeated its records meanwhile."""
    first, rest = crashing(2, 200, 0), crashing(2, 300, 0)
    for tape, more in zip(first, rest, strict=True):
        for row in range(200, 300):
            _, value, ts = more.record(row)
            bar = msgspec.json.decode(value or b"")
            bar["ts"] += 48 * 60 * MINUTE
            tape.add(msgspec.json.encode(bar), ts + 48 * 60 * MINUTE)
    run = list(play(ensemble(first), EngineSettings(), CALM))
    repeated = [step for step in steps(run) if step.portfolio.entered.repeated_ms is not None]
    assert [step.written_ms for step in repeated if step.written_ms > CRASH] != []
    assert not [value for value in decisions(run) if b'"control_stale"' in value]
    assert np.diff([step.portfolio.number for step in steps(run)]).tolist() == [1] * (len(steps(run)) - 1)


@pytest.fixture(scope="module")
def breakout(tmp_path_factory: pytest.TempPathFactory) -> EngineSettings:
    """Settings under which a strategy of a user decides."""
    file = tmp_path_factory.mktemp("strategy") / "breakout.py"
    file.write_text(STRATEGIES["breakout"])
    return filled(EngineSettings.model_validate({"strategy": {"file": str(file), "parameters": {"slow": "1d"}}}))


def test_a_strategy_decides_under_the_same_limits(breakout: EngineSettings) -> None:
    run, player = list(play(ensemble(real(500), breakout), breakout, TIGHT, acknowledge=1)), Player(breakout)
    found = [_decision(value) for value in decisions(run)]
    assert any(one.strategy and one.strategy.status == "ok" for one in found)
    assert {"budget_cap", "control_block"} & {reason for one in found for reason in one.reasons}
    assert same(list(replay(ensemble(real(500), breakout), breakout, TIGHT, recorded(run))), run)
    for tape in journaled(ensemble(real(500), breakout).clock, journal(run)):
        alone = values(tape, player)
        assert alone == [value for value in decisions(run) if _decision(value).symbol == tape.name]
