"""What blocked, as the commands print it."""

from __future__ import annotations

import json

import msgspec
import pytest

from schemas import Decision
from tests.corpus.mixed import GOLDEN, mixed_log
from tests.support.record_engine import RecordEngine
from worker.cli.blocks import show_blocks
from worker.cli.decisions import _why
from worker.engine.blocks import blocks, verdict
from worker.engine.settings import EngineSettings


def test_the_table_names_the_gate_its_share_and_the_setting(capsys: pytest.CaptureFixture[str]) -> None:
    blocked = verdict(["signal_long", "vol_gate"], "hold", "vol_gate", "flat")
    opened = verdict(["signal_long", "budget_cap"], "open_long", None, "flat")
    show_blocks(blocks({blocked: 989, opened: 11}))
    told = capsys.readouterr()
    assert "vol_gate" in told.out
    assert "98.9%" in told.out
    assert "opened on 11 of 1,000 bars with a signal" in told.out
    assert told.err.splitlines() == [
        "hint: vol_gate blocked 98.9% of the bars that would have opened: engine.risk.vol_gate, engine.risk.max_sigma",
        "hint: budget_cap made 100.0% of the opened positions smaller: engine.risk.position_limit, "
        "engine.risk.max_notional",
    ]


def test_nothing_decided_is_said_without_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    show_blocks(blocks({}))
    assert capsys.readouterr().out == "no bar was decided\n"


def test_recorded_decisions_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    decided = [d for d in RecordEngine(EngineSettings()).process(mixed_log(GOLDEN)) if isinstance(d, Decision)]
    _why(msgspec.json.Encoder().encode_lines(decided).decode(), True)
    told = json.loads(capsys.readouterr().out)
    assert told["bars"] == len(decided)
    assert told["opened"] == sum("open" in d.action for d in decided) > 0
