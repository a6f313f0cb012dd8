"""The sentence names the worst and the one thing to do, and claims nothing that was not looked at."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.gateway.status.facts import Facts, Restoring
from worker.gateway.status.judge import FEW, judge

WELL = Facts(workers=4, partitions=4, decisions_per_s=1_204.4, p99_ms=84.2, sequences=5_000, monitor="running")


def test_all_is_well() -> None:
    assert [(one.level, one.sentence, one.advice) for one in judge(WELL)] == [
        ("ok", "Trading normally, 4 workers, 1,204 decisions/s, p99 84 ms, nothing lost", None)
    ]
    bare = judge(WELL._replace(workers=1, p99_ms=None, decisions_per_s=0.25, sequences=0))
    assert bare[0].sentence == "Trading normally, 1 worker, 0.2 decisions/s", "nothing was compared yet"
    assert judge(WELL._replace(decisions_per_s=0.0, p99_ms=None))[0].sentence == (
        "All is well, and no bars come, 4 workers, nothing lost"
    )


WRONG: list[tuple[dict[str, Any], str, str, str | None]] = [
    ({"unseen_s": 9.0, "known": False, "problem": "no right to it"}, "warn", "workers: no right to it", "may describe"),
    ({"silent_s": 12.0, "unseen_s": 12.0, "known": False}, "bad", "no answer for 12 s", "Check that the brokers run"),
    ({"lost": 2, "missing": "SIM7 misses 2 after sequence 9"}, "bad", "2 records without an outcome: SIM7", "verify"),
    ({"kill": True}, "bad", "The kill is in force", "Acknowledge it"),
    ({"workers": 0, "lag_records": 1_204}, "bad", "No worker runs, and 1,204 records wait", "Start one"),
    ({"known": False, "workers": 0, "group_state": "unknown"}, "warn", "not been looked at yet", None),
    ({"workers": 0}, "bad", "No worker runs", "Start one"),
    ({"workers": 3, "unowned": (2,)}, "bad", "Partition 2 has no worker: the process that had it is gone", "Wait"),
    ({"unowned": (0, 1, 2, 3, 5, 6)}, "bad", "Partitions 0, 1, 2, 3 and 2 more have no worker", "Wait"),
    ({"stalled": (1, 3), "lag_records": 1}, "bad", "Partitions 1 and 3 stand still while 1 record waits", "log of"),
    ({"restoring": (Restoring(2, 0.614),)}, "warn", "Partition 2 restores state, 61 % done", None),
    ({"restoring": (Restoring(2, None), Restoring(3, 0.5))}, "warn", "Partitions 2 and 3 restore state, 50 %", None),
    ({"group_state": "PreparingRebalance", "unrest_s": 9.0}, "warn", "rebalancing for 9 s", "starts and ends again"),
    ({"lag_seconds": 75.0, "lag_grows": True, "workers": 2}, "warn", "75 s behind and fall further", "up to 4"),
    ({"lag_seconds": 75.0, "lag_grows": True}, "warn", "75 s behind and fall further", "more CPU"),
    ({"lag_seconds": 7_500.0}, "warn", "Decisions are 2 h behind and catching up", None),
    ({"monitor": "silent", "monitor_behind_s": 300.0}, "warn", "silent for 5 min", "alphapulse risk"),
    ({"blocking": ("blind: 3 unreadable decisions",)}, "warn", "blind: 3 unreadable decisions", "Acknowledge"),
    ({"blocking": ("loss of the day", "kill: x")}, "warn", "Nothing is opened: loss of the day", "page of risk"),
    ({"rejected_share": 0.071, "rejected": FEW}, "warn", "7.1 % of the records", "data quality"),
]


@pytest.mark.parametrize(("changed", "level", "sentence", "advice"), WRONG)
def test_what_is_wrong_is_said(changed: dict[str, Any], level: str, sentence: str, advice: str | None) -> None:
    first = judge(WELL._replace(**changed))[0]
    assert first.level == level
    assert sentence in first.sentence
    assert (advice is None) == (first.advice is None)
    assert advice is None or advice in (first.advice or "")
    assert "normally" not in first.sentence


@pytest.mark.parametrize(
    "changed",
    [
        {"silent_s": 4.0},
        {"group_state": "PreparingRebalance", "unrest_s": 1.0, "unowned": (0, 1)},
        {"lag_seconds": 59.0, "lag_grows": True},
        {"rejected_share": 1.0, "rejected": FEW - 1},
        {"blocking": ("kill: drawdown",)},
    ],
)
def test_what_is_nothing_to_speak_of_is_not_said(changed: dict[str, Any]) -> None:
    assert [one.level for one in judge(WELL._replace(**changed))] == ["ok"]


@given(st.sets(st.integers(0, len(WRONG) - 1), min_size=1))
def test_the_worst_comes_first_and_nothing_is_left_out(chosen: set[int]) -> None:
    changed: dict[str, Any] = {}
    for at in chosen:
        changed |= WRONG[at][0]
    said = judge(WELL._replace(**changed))
    ranks = [["bad", "warn", "ok"].index(one.level) for one in said]
    assert ranks == sorted(ranks)
    assert all(one.sentence and not one.sentence.endswith(".") for one in said)
    assert len({one.sentence for one in said}) == len(said)
