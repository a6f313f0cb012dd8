"""What blocked, how often: counted the same from output rows and from published decisions."""

from __future__ import annotations

from collections import Counter

import pytest

from schemas import Decision
from tests.corpus.mixed import GOLDEN, mixed_log
from tests.support.record_engine import RecordEngine
from worker.engine.blocks import CUTS, SETTINGS, Blocks, blocks, sentence, tally, verdict, verdicts
from worker.engine.reasons import Reason
from worker.engine.settings import EngineSettings


def made(*given: tuple[str, str, str | None, str, int]) -> Blocks:
    """Of (reasons, action, blocking, state, count)."""
    counts = Counter[int]()
    for reasons, action, blocking, state, count in given:
        counts[verdict(reasons.split(), action, blocking, state)] += count
    return blocks(counts)


def test_rows_and_decisions_say_the_same() -> None:
    log, settings = mixed_log(GOLDEN), EngineSettings()
    engine = RecordEngine(settings)
    outs = engine.step(log.keys, engine.decoder.decode(log))
    outs = outs[outs["validation"]["accepted"]]
    decided = [d for d in RecordEngine(settings).process(log) if isinstance(d, Decision)]
    told = Counter(verdict(d.reasons, d.action, d.blocking, d.position.state) for d in decided)
    assert blocks(tally(verdicts(outs))) == blocks(told)
    found = blocks(told)
    assert found.bars == len(decided)
    assert found.opened == sum(d.action in ("open_long", "open_short") for d in decided) > 0
    assert found.held == sum(d.position.state != "flat" or d.action == "close" for d in decided) > 0
    assert (found.held + found.flat, found.weak + found.signals) == (found.bars, found.flat)
    assert sum(gate.first for gate in found.gates) == found.flat - found.opened


def test_gates_are_counted_on_bars_that_would_have_opened() -> None:
    found = made(
        ("signal_long vol_gate", "hold", "vol_gate", "flat", 95),
        ("signal_short cool_down vol_gate", "hold", "cool_down", "flat", 3),
        ("signal_long liquidity_gate", "open_long", None, "flat", 2),
        ("signal_weak vol_gate", "hold", "signal_weak", "flat", 1_000),
        ("signal_long", "hold", None, "long", 50),
        ("warmup", "hold", "warmup", "flat", 10),
    )
    assert (found.bars, found.held, found.weak, found.signals, found.opened) == (1_160, 50, 1_010, 100, 2)
    by_name = {gate.reason: gate for gate in found.gates}
    assert (by_name["vol_gate"].first, by_name["vol_gate"].signals, by_name["vol_gate"].share) == (95, 98, 0.98)
    assert (by_name["cool_down"].first, by_name["cool_down"].signals) == (3, 3)
    assert by_name["signal_weak"].first == 1_000
    assert [(gate.reason, gate.signals) for gate in found.cut] == [("liquidity_gate", 2)]
    assert found.hints == [
        "vol_gate blocked 98.0% of the bars that would have opened: engine.risk.vol_gate, engine.risk.max_sigma",
        "liquidity_gate made 100.0% of the opened positions smaller: engine.risk.liquidity, engine.risk.budget",
    ]
    assert sentence(found) == (
        "opened on 2 of 100 bars with a signal, of 1,110 without a position (1,160 bars); "
        "vol_gate blocked 98.0% of those signals"
    )


def test_a_share_of_nine_tenths_is_no_hint() -> None:
    found = made(("signal_long vol_gate", "hold", "vol_gate", "flat", 9), ("signal_long", "open_long", None, "flat", 1))
    assert found.hints == []


def test_without_a_signal_the_hint_says_what_came_first() -> None:
    found = made(("signal_weak", "hold", "signal_weak", "flat", 60), ("warmup", "hold", "warmup", "flat", 40))
    assert found.hints == ["no bar had a signal: signal_weak came first on 60.0% (engine.decision.enter_score)"]
    assert blocks({}).hints == []


def test_a_strategy_that_fails_is_no_missing_signal() -> None:
    found = made(
        ("signal_weak strategy_fallback", "hold", "strategy_fallback", "flat", 30),
        ("warmup", "hold", "warmup", "flat", 70),
    )
    assert found.hints == ["the strategy failed on 30.0% of the bars: `alphapulse strategy check` says where"]
    mixed = made(("strategy", "open_long", None, "flat", 1), ("strategy_fallback", "hold", None, "flat", 9))
    assert mixed.hints == []


def test_nothing_is_a_sentence_too() -> None:
    assert sentence(blocks({})) == "no bar was decided"


def test_a_gate_that_is_also_a_cut_forbids_only_where_it_came_first() -> None:
    found = made(
        ("signal_long liquidity_gate below_min_size", "hold", "liquidity_gate", "flat", 3),
        ("signal_long liquidity_gate below_min_size", "hold", "below_min_size", "flat", 5),
    )
    assert {gate.reason: gate.signals for gate in found.gates} == {"liquidity_gate": 3, "below_min_size": 8}


@pytest.mark.parametrize("reason", [reason for reason in Reason if "gate" in reason.name or "block" in reason.name])
def test_every_gate_names_what_moves_it(reason: Reason) -> None:
    assert SETTINGS[reason]


def test_every_setting_that_is_named_exists() -> None:
    fields = EngineSettings.model_fields
    for text in (*SETTINGS.values(), *CUTS.values()):
        for word in text.replace(",", " ").split():
            if word.startswith("engine."):
                section, name = word.split(".")[1:3]
                assert section in fields, word
                assert name in type(getattr(EngineSettings(), section)).model_fields, word
