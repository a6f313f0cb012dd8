"""The checks pass the engine, and find what they are for."""

from __future__ import annotations

import pytest

from tests.unit.backtest.market import market
from worker.backtest import checks
from worker.backtest.checks import truncate_check, warmup_check
from worker.backtest.tape import Tape, tapes
from worker.engine.settings import EngineSettings


def dirty() -> list[Tape]:
    """Two symbols of the market."""
    return [tape for tape in tapes(market()) if tape.name in ("SIM0001", "SIM0002")]


def test_the_engine_does_not_look_ahead() -> None:
    seen = truncate_check(dirty(), EngineSettings(), cuts=4)
    assert seen.differences == []
    assert seen.compared > 500


def test_a_value_that_knows_the_future_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = checks._lines

    def seeing(player: object, tape: Tape) -> checks._Memory:
        memory = honest(player, tape)  # type: ignore[arg-type]
        future = f'"close_ts":{len(tape)}'.encode()
        memory.decisions = [line.replace(b'"side":0', b'"side":0,' + future) for line in memory.decisions]
        return memory

    monkeypatch.setattr(checks, "_lines", seeing)
    seen = truncate_check(dirty(), EngineSettings(), cuts=3)
    assert {one.members for one in seen.differences} == {("close_ts",)}


def test_decisions_forget_what_lies_before_the_warm_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "WARM_UP", 20)
    seen = warmup_check(dirty(), EngineSettings(), cuts=2)
    assert seen.differences, "20 bars warm nothing"
    assert seen.compared > 100


def test_a_tape_can_be_cut_anywhere() -> None:
    tape = dirty()[0]
    parts = [tape.between(0, 7), tape.between(7, 8), tape.between(8, len(tape))]
    assert [len(part) for part in parts] == [7, 1, len(tape) - 8]
    whole = [part.records(range(len(part))).values for part in tape.parts]
    assert [value for part in parts for piece in part.parts for value in piece.records(range(len(piece))).values] == [
        value for values in whole for value in values
    ]
