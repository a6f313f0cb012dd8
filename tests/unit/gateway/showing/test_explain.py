"""Explanations: every reason belongs to one stage, and what an engine decides is said in words."""

from __future__ import annotations

import re
from collections import Counter

import msgspec

from schemas import Decision
from tests.support.portfolio import decision
from tests.support.published import outcomes
from worker.engine.reasons import Reason
from worker.engine.settings import EngineSettings
from worker.gateway.log.entry import Entry
from worker.gateway.showing.explain import explain
from worker.gateway.showing.stages import STAGES
from worker.settings import Settings

FULL = EngineSettings.model_validate({"decision": {"detail": "full"}})


def decided() -> list[Decision]:
    """What an engine decides, with all details."""
    found = outcomes(Settings(), 1, symbols=5, bars=260, engine=FULL)
    return [one.item for one in found if isinstance(one.item, Decision)]


def entry(decision: Decision) -> Entry:
    return Entry(0, 1, 2, decision.symbol.encode(), msgspec.json.encode(decision))


def test_every_reason_belongs_to_one_stage() -> None:
    counted = Counter(reason for stage in STAGES for reason in stage.reasons)
    assert counted == Counter(Reason)


def test_what_an_engine_decides_is_said_in_words() -> None:
    said: Counter[str] = Counter()
    blocked: Counter[str] = Counter()
    for one in decided():
        told = explain(one.symbol, entry(one))
        assert told.sentence.startswith(one.symbol)
        assert re.fullmatch(r"\S.*[a-z0-9)]\.", told.sentence), told.sentence
        assert "does not know" not in told.sentence
        said[told.sentence.removeprefix(f"{one.symbol} ")[:10]] += 1
        assert [each.code for each in told.reasons] == one.reasons
        assert [(each.name, each.value) for each in told.contributions] == one.contributions
        assert (told.blocked_by and told.blocked_by.code) == one.blocking
        stopped = [stage.stage for stage in told.stages if stage.outcome == "blocked"]
        forbids = [each for each in (told.blocked_by, *told.also_blocked) if each is not None]
        assert set(stopped) == {each.stage for each in forbids}
        assert {each.code for each in told.also_blocked} <= set(one.reasons)
        blocked[one.blocking or "nothing"] += 1
        assert told.features == one.features
        assert msgspec.json.decode(msgspec.json.encode(told))["decision"] == msgspec.json.decode(
            entry(one).value or b""
        )
    assert {"stays flat", "opens a lo", "closes its", "keeps its "} <= set(said)
    assert {"warmup", "signal_weak", "cool_down", "nothing"} <= set(blocked)


def test_an_order_is_told_with_its_size_and_its_reason() -> None:
    opened = next(one for one in decided() if one.action == "open_long")
    told = explain(opened.symbol, entry(opened))
    assert f"opens a long position of {opened.qty:g} near {opened.ref_price:.10g} at the next open" in told.sentence
    size = next(stage for stage in told.stages if stage.stage == "size")
    assert size.outcome == "passed"
    assert (size.values["qty"], size.values["stop"]) == (opened.qty, opened.stop)


def test_a_signal_that_was_stopped_names_both() -> None:
    stopped = next(one for one in decided() if one.blocking and one.reasons[0] in ("signal_long", "signal_short"))
    told = explain(stopped.symbol, entry(stopped))
    assert "signal, but opens nothing: " in told.sentence
    assert told.blocked_by
    assert told.blocked_by.moved_by


def test_a_limit_is_shown_as_blocking_where_another_gate_came_first() -> None:
    made = decision("A", 0, 1.0, reasons=["signal_weak", "control_block"], blocking="signal_weak")
    told = explain("A", Entry(0, 1, 2, b"A", made))
    outcomes = {stage.stage: stage.outcome for stage in told.stages}
    assert (outcomes["signal"], outcomes["controls"], outcomes["market"]) == ("blocked", "blocked", "passed")
    assert told.blocked_by
    assert [told.blocked_by.code, *(one.code for one in told.also_blocked)] == ["signal_weak", "control_block"]


def test_a_limit_is_shown_as_blocking_where_a_position_is_kept() -> None:
    made = decision("A", 0, 1.0, 5.0, reasons=["signal_weak", "control_block"], blocking=None)
    told = explain("A", Entry(0, 1, 2, b"A", made))
    assert [stage.stage for stage in told.stages if stage.outcome == "blocked"] == ["controls"]
    assert told.blocked_by is None
    assert [one.code for one in told.also_blocked] == ["control_block"]


def test_what_is_opened_was_forbidden_by_nothing() -> None:
    made = decision("A", 0, 1.0, action="open_long", qty=1.0, side=1, reasons=["signal_long", "cool_down"])
    told = explain("A", Entry(0, 1, 2, b"A", made))
    assert not told.also_blocked
    assert "blocked" not in {stage.outcome for stage in told.stages}
