"""What each kind of rule finds, and when it ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.alarms import (
    HOUR,
    MINUTE,
    SECOND,
    START,
    Alarms,
    acknowledged,
    decided,
    plan_of,
    portfolio,
    rejected,
    shipped,
    told,
)
from worker.alerts.evaluation.sources import Row

AAA = {"symbol": "AAA"}


def test_a_kill_ends_with_the_record_that_no_longer_has_it() -> None:
    alarms = Alarms(shipped())
    alarms.put("portfolio", portfolio(blocking=["kill: day", "kill: equity", "load: gross"]))
    assert told(alarms.step()) == [
        ("kill", "firing", {"reason": "kill: day"}),
        ("kill", "firing", {"reason": "kill: equity"}),
    ]
    alarms.put("portfolio", portfolio(blocking=["kill: equity"]))
    assert told(alarms.step()) == [("kill", "resolved", {"reason": "kill: day"})]
    alarms.restart()
    alarms.put("portfolio", portfolio())
    (over,) = alarms.step()
    assert (over.state, over.summary, over.evidence[-1].offset) == (
        "resolved",
        "The portfolio is closed out (kill: equity)",
        1,
    )


def test_a_match_with_hold_ends_in_silence_too() -> None:
    alarms = Alarms(shipped())
    alarms.put("decisions", decided("AAA", 1, START, "level_shift", bar={"close": 12.5}))
    (shift,) = alarms.step()
    assert (shift.rule, shift.state, shift.labels) == ("level-shift", "firing", AAA)
    assert [(one.name, one.value) for one in shift.values] == [("bar.close", 12.5), ("position.state", None)]
    assert alarms.pass_(HOUR - MINUTE, MINUTE) == []
    assert told(alarms.pass_(2 * MINUTE, MINUTE)) == [("level-shift", "resolved", AAA)]


def test_the_limits_at_80_and_100_percent_have_release_values() -> None:
    alarms = Alarms(shipped())
    found = []
    for load in (0.79, 0.81, 0.76, 0.81, 1.01, 0.95, 0.89, 0.74):
        alarms.put("portfolio", portfolio(load))
        found += [(one.rule, one.state) for one in alarms.step()]
    assert found == [
        ("limit-near", "firing"),
        ("limit-passed", "firing"),
        ("limit-passed", "resolved"),
        ("limit-near", "resolved"),
    ]


def test_a_threshold_waits_for_its_time(tmp_path: Path) -> None:
    rule = '[rules.low]\nkind = "threshold"\nsource = "portfolio"\nsummary = "low"\n'
    alarms = Alarms(plan_of(tmp_path, rule + 'field = "load"\nbelow = 0.2\nfor = "2m"'))
    alarms.put("portfolio", portfolio(0.1))
    (sign,) = alarms.step()
    assert (sign.state, sign.fired_ms, sign.values[0].limit) == ("pending", None, 0.2)
    assert alarms.pass_(MINUTE) == []
    alarms.put("portfolio", portfolio(0.15))
    assert alarms.step() == []
    (fired,) = alarms.pass_(MINUTE)
    assert (fired.state, fired.starts_ms, fired.values[0].value) == ("firing", START, 0.15)
    alarms.put("portfolio", portfolio(0.3))
    assert [one.state for one in alarms.step()] == ["resolved"]
    alarms.put("portfolio", portfolio(0.1))
    alarms.step()
    alarms.put("portfolio", portfolio(0.3))
    (vain,) = alarms.step()
    assert (vain.state, vain.fired_ms) == ("resolved", None)


def test_rejections_beyond_a_share_by_symbol_and_code() -> None:
    alarms = Alarms(shipped())
    for number in range(1, 96):
        alarms.put("decisions", decided("AAA", number, START))
    for number in range(96, 101):
        alarms.put("rejections", rejected("AAA", number, "price_spike"))
    assert alarms.step() == []  # exactly five of a hundred
    alarms.put("rejections", rejected("AAA", 101, "price_spike", "stale_bar"))
    alarms.put("rejections", rejected("BBB", 1, "price_spike"))  # one of one: too few to tell
    (share,) = alarms.step()
    assert share.labels == {"symbol": "AAA", "code": "price_spike"}
    assert [(one.name, one.value) for one in share.values] == [("share", 0.05940594059), ("count", 6), ("of", 101)]
    assert [one.offset for one in share.evidence] == [3, 4, 5]
    assert told(alarms.pass_(11 * MINUTE, 10 * SECOND))[0] == ("rejected-share", "resolved", share.labels)


def test_a_count_in_a_window(tmp_path: Path) -> None:
    rule = '[rules.many]\nkind = "rate"\nsource = "rejections"\nsummary = "many"\nwindow = "1m"\nabove = 3'
    alarms = Alarms(plan_of(tmp_path, rule))
    for second in range(0, 50, 10):
        alarms.put("rejections", rejected("AAA", None, "tombstone"), START + second * SECOND)
        alarms.now = START + second * SECOND
        states = [one.state for one in alarms.step()]
        assert states == (["firing"] if second == 30 else []), second
    assert [one.state for one in alarms.pass_(2 * MINUTE)] == ["resolved"]
    alarms.put("rejections", rejected("AAA", None, "tombstone"), START)  # hopelessly late: it is in no window
    assert alarms.step() == []


def test_a_silent_symbol_is_one_while_others_go_on() -> None:
    alarms = Alarms(shipped())
    alarms.put("decisions", decided("AAA", 1, START, minutes=10))
    for minute in range(40):
        alarms.now = START + minute * MINUTE
        alarms.put("decisions", decided("BBB", minute + 1, alarms.now))
        found = told(alarms.step())
        assert found == ([("symbol-silent", "firing", AAA)] if minute == 30 else []), minute
    assert alarms.pass_(HOUR, MINUTE) == []  # a market that closes is no silence of BBB
    alarms.put("decisions", decided("AAA", 2, alarms.now))
    assert ("symbol-silent", "resolved", AAA) in told(alarms.step())


def test_a_silent_monitor_is_one_by_the_wall() -> None:
    alarms = Alarms(shipped())
    assert alarms.pass_(10 * MINUTE, MINUTE) == []  # where there is none, none is missed
    alarms.put("portfolio", portfolio())
    alarms.step()
    assert alarms.pass_(5 * MINUTE - SECOND) == []
    (silent,) = alarms.pass_(SECOND)
    assert (silent.rule, silent.state, silent.values[0].limit) == ("monitor-silent", "firing", 300.0)
    alarms.put("portfolio", portfolio())
    assert told(alarms.step()) == [("monitor-silent", "resolved", {})]


def test_missing_sequence_numbers_over_both_topics() -> None:
    alarms = Alarms(shipped())
    alarms.put("decisions", decided("AAA", 7, START))
    alarms.put("decisions", decided("AAA", 9, START))
    (gap,) = alarms.step()
    assert (gap.rule, gap.state, gap.values[1].value) == ("sequence-gap", "pending", 8)
    alarms.put("rejections", rejected("AAA", 8, "stale_bar"))  # it was only in the other topic
    assert [one.state for one in alarms.step()] == ["resolved"]
    alarms.put("decisions", decided("AAA", 12, START))
    alarms.step()
    fired = alarms.pass_(MINUTE)
    assert [one.state for one in fired if one.rule == "sequence-gap"] == ["firing"]
    alarms.put("audit", acknowledged(fired[0].fingerprint, alarms.now))
    assert [one.state for one in alarms.step()] == ["acknowledged", "resolved"]  # the loss is accepted


def test_the_fleet() -> None:
    alarms = Alarms(shipped())
    behind = Row("lag", "worker", "g", "ticks.raw", 3, 50, 10, 70.0, 0.0)
    unknown = Row(
        "metric", "worker", instance="w:1", metric='transactions_total{outcome="unknown"}', value=2.0, change=1.0
    )
    archive = Row("lag", "archive", "a", "decisions", 0, 1, 9, 400.0, 400.0)
    found = alarms.step(rows=[behind, unknown, archive])
    assert {(one.rule, one.state) for one in found} == {
        ("lag", "pending"),
        ("unknown-commits", "firing"),
        ("archive-behind", "firing"),
    }
    (lag,) = [one for one in alarms.pass_(10 * SECOND) if one.rule == "lag"]
    assert (lag.state, lag.evidence[0].partition, lag.evidence[0].offset) == ("firing", 3, 50)
    stuck = Row("lag", "worker", "g", "ticks.raw", 3, 50, 10, 10.0, 301.0)
    assert {(one.rule, one.state) for one in alarms.step(rows=[stuck])} == {
        ("lag", "resolved"),
        ("restore-stuck", "firing"),
    }


def test_series_beyond_the_limit_are_counted() -> None:
    alarms = Alarms(shipped(), most=2)
    for number in range(4):
        alarms.put("decisions", decided(f"S{number}", 1, START, "level_shift"))
    assert len(alarms.step()) == 2
    assert alarms.core.refused > 0


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b'{"load": "much"}', b"\xff", b'{"load": 1e999}', b"[" * 5_000])
def test_what_cannot_be_read_is_counted_and_nothing_ends(value: bytes) -> None:
    alarms = Alarms(shipped())
    alarms.put("portfolio", value)
    alarms.put("portfolio", portfolio(0.9))
    assert [one.rule for one in alarms.step()] == ["limit-near"]
    assert alarms.core.unreadable == {"portfolio": 1}


def test_hostile_labels_are_cut_and_a_future_time_is_the_present() -> None:
    alarms = Alarms(shipped())
    alarms.put("decisions", decided("A" * 5_000, 1, START, "level_shift"), START + 10 * HOUR)
    (shift,) = alarms.step()
    assert len(shift.labels["symbol"]) == 200
    assert shift.starts_ms == START


def test_alerts_of_a_rule_that_is_gone_end(tmp_path: Path) -> None:
    alarms = Alarms(shipped())
    alarms.put("portfolio", portfolio(0.9))
    alarms.step()
    alarms.restart(plan_of(tmp_path, 'without = ["limit-near"]', shipped=True))
    assert told(alarms.step(SECOND)) == [("limit-near", "resolved", {})]
    alarms.restart()
    assert alarms.step(SECOND) == []
