"""Who is told of what, when, and what keeps it back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support.alarms import HOUR, MINUTE, SECOND, START, Alarms, acknowledged, decided, plan_of, portfolio, silence

RECEIVERS = "".join(f'[receivers.{name}]\nkind = "webhook"\nurl = "http://127.0.0.1:1/"\n' for name in ("ops", "boss"))
ALONE = 'without = ["monitor-silent", "symbol-silent"]\n'  # time passes without records
ROUTE = '[[routes]]\nreceivers = ["ops"]\n'


def alarms_of(folder: Path, text: str) -> Alarms:
    return Alarms(plan_of(folder, ALONE + text + RECEIVERS, shipped=True))


def shift(alarms: Alarms, *symbols: str) -> None:
    for symbol in symbols:
        alarms.put("decisions", decided(symbol, 1, alarms.now, "level_shift"))


def told(alarms: Alarms) -> list[tuple[Any, ...]]:
    """Seconds since the start, receivers, cause, firing and resolved of each message."""
    return [
        (
            (written.step.now - START) // SECOND,
            *one.receivers,
            one.message.cause,
            one.message.firing,
            one.message.resolved,
        )
        for written in alarms.written
        if written.step
        for one in written.sent
    ]


def test_a_group_waits_and_is_told_of_changes_at_its_interval(tmp_path: Path) -> None:
    alarms = alarms_of(tmp_path, ROUTE)
    shift(alarms, "AAA")
    alarms.step()
    alarms.pass_(5 * SECOND)
    shift(alarms, "BBB")
    alarms.pass_(20 * SECOND)
    shift(alarms, "CCC")
    alarms.pass_(10 * MINUTE)
    assert told(alarms) == [(10, "ops", "change", 2, 0), (310, "ops", "change", 1, 0)]
    assert alarms.sent[0].message.labels == {"rule": "level-shift"}


def test_the_first_route_that_fits_counts(tmp_path: Path) -> None:
    first = '[[routes]]\nmatch = { severity = "critical" }\nreceivers = ["boss", "ops"]\nwait = "0s"\n'
    alarms = alarms_of(tmp_path, first + '[[routes]]\nmatch = { rule = "limit-*" }\nreceivers = ["ops"]\n')
    alarms.put("portfolio", portfolio(1.2, ["kill: day"]))
    shift(alarms, "AAA")
    alarms.step()
    alarms.pass_(MINUTE)
    assert sorted(told(alarms)) == [
        (0, "boss", "ops", "change", 1, 0),
        (0, "boss", "ops", "change", 1, 0),
        (10, "ops", "change", 1, 0),
    ]


def test_what_still_fires_is_repeated_and_what_is_acknowledged_is_not(tmp_path: Path) -> None:
    alarms = alarms_of(tmp_path, ROUTE)
    alarms.put("portfolio", portfolio(0.9))
    (near,) = alarms.step()
    alarms.pass_(5 * HOUR, MINUTE)
    assert [one[3:] for one in told(alarms)] == [(1, 0), (1, 0)]
    assert [one[2] for one in told(alarms)] == ["change", "repeat"]
    alarms.put("audit", acknowledged(near.fingerprint, alarms.now))
    alarms.pass_(9 * HOUR, MINUTE)
    assert len(told(alarms)) == 2
    alarms.put("portfolio", portfolio(0.1))
    alarms.pass_(MINUTE)
    assert told(alarms)[-1][2:] == ("change", 0, 1)


def test_nobody_is_told_of_the_end_of_what_nobody_was_told_of(tmp_path: Path) -> None:
    alarms = alarms_of(tmp_path, ROUTE)
    alarms.put("portfolio", portfolio(0.9))
    alarms.step()
    alarms.put("portfolio", portfolio(0.1))
    alarms.pass_(10 * MINUTE)
    assert told(alarms) == []


def test_a_storm_is_one_summary(tmp_path: Path) -> None:
    alarms = alarms_of(tmp_path, ROUTE)
    shift(alarms, *(f"S{number}" for number in range(500)))
    alarms.step()
    alarms.pass_(MINUTE)
    (sent,) = alarms.sent
    assert (sent.message.firing, len(sent.message.alerts), len(sent.message.others)) == (500, 10, 490)


def test_groups_of_their_own_become_a_summary_in_a_storm(tmp_path: Path) -> None:
    alarms = alarms_of(tmp_path, ROUTE + 'group_by = ["symbol"]\nwait = "0s"\n')
    for number in range(600):
        shift(alarms, f"S{number}")
        alarms.step(100)
    alarms.pass_(2 * MINUTE)
    sizes = [one.message.firing for one in alarms.sent]
    assert sum(sizes) == 600
    assert sizes[:20] == [1] * 20
    assert len(sizes) <= 24


def test_without_a_storm_limit_each_group_is_told_alone(tmp_path: Path) -> None:
    alarms = alarms_of(tmp_path, ROUTE + 'group_by = ["symbol"]\nwait = "0s"\nstorm = 0\n')
    shift(alarms, *(f"S{number}" for number in range(100)))
    alarms.step()
    assert len(alarms.sent) == 100
    assert len({one.message.message_id for one in alarms.sent}) == 100


def test_a_kill_speaks_for_limits(tmp_path: Path) -> None:
    rule = '[[inhibit]]\nsource = { rule = "kill" }\ntarget = { rule = "limit-*" }\n'
    alarms = alarms_of(tmp_path, ROUTE + rule)
    alarms.put("portfolio", portfolio(1.2, ["kill: day"]))
    alarms.step()
    alarms.pass_(MINUTE)
    assert [one.message.alerts[0].rule for one in alarms.sent] == ["kill"]
    alarms.restart()
    alarms.put("portfolio", portfolio(1.2))
    alarms.pass_(MINUTE)
    assert sorted(one.message.alerts[0].rule for one in alarms.sent[1:]) == ["limit-near", "limit-passed"]


def test_a_silence_has_an_end(tmp_path: Path) -> None:
    alarms = alarms_of(tmp_path, ROUTE)
    alarms.put("audit", silence(1, START, START + 10 * MINUTE, rule="level-*", symbol="AAA"))
    alarms.step()
    shift(alarms, "AAA", "BBB")
    alarms.pass_(9 * MINUTE, 10 * SECOND)
    assert [alert.labels["symbol"] for one in alarms.sent for alert in one.message.alerts] == ["BBB"]
    alarms.pass_(2 * MINUTE, 10 * SECOND)
    assert [alert.labels["symbol"] for alert in alarms.sent[1].message.alerts] == ["AAA"]
    assert not [key for key in alarms.state if key.startswith("silence/")]


def test_quiet_hours_never_hold_for_what_is_critical(tmp_path: Path) -> None:
    # The start is 22:13:20 UTC on a Tuesday.
    alarms = alarms_of(tmp_path, ROUTE + '[[quiet]]\nbegin = "22:00"\nend = "06:00"\ndays = ["tue"]\n')
    alarms.put("portfolio", portfolio(1.2))
    alarms.step()
    alarms.pass_(7 * HOUR, MINUTE)
    assert [one.message.alerts[0].rule for one in alarms.sent if one.message.cause == "change"] == ["limit-passed"]
    alarms.pass_(HOUR, MINUTE)
    assert [one.message.alerts[0].rule for one in alarms.sent if one.message.cause == "change"] == [
        "limit-passed",
        "limit-near",
    ]
    assert told(alarms)[-1][0] == 7 * 3600 + 47 * 60


def test_what_nobody_acknowledges_goes_to_the_next(tmp_path: Path) -> None:
    alarms = alarms_of(tmp_path, ROUTE + 'escalate = ["boss", "ops"]\n')
    alarms.put("portfolio", portfolio(0.9))
    alarms.put("decisions", decided("AAA", 1, START, "level_shift"))
    near = next(one for one in alarms.step() if one.rule == "limit-near")
    alarms.pass_(16 * MINUTE, 10 * SECOND)
    alarms.put("audit", acknowledged(near.fingerprint, alarms.now))
    alarms.pass_(16 * MINUTE, 10 * SECOND)
    found = [one for one in told(alarms) if one[2] == "escalation"]
    assert found == [
        (900, "boss", "escalation", 1, 0),
        (900, "boss", "escalation", 1, 0),
        (1800, "ops", "escalation", 1, 0),
    ]


def test_changed_routes_take_over_what_is_open(tmp_path: Path) -> None:
    alarms = alarms_of(tmp_path, ROUTE)
    alarms.put("portfolio", portfolio(0.9))
    alarms.step()
    alarms.pass_(MINUTE)
    boss = '[[routes]]\nreceivers = ["boss"]\ngroup_by = ["symbol"]\n'
    alarms.restart(plan_of(tmp_path, ALONE + boss + RECEIVERS, shipped=True))
    alarms.pass_(MINUTE)
    assert len(alarms.sent) == 1  # it was told, whoever was
    alarms.put("portfolio", portfolio(0.1))
    alarms.pass_(MINUTE)
    assert told(alarms)[-1][1:] == ("boss", "change", 0, 1)
