"""Which records of `risk.control` and `audit` enter a step as an operator's."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from aiokafka import ConsumerRecord

from schemas import Control
from schemas.audit import Audit
from schemas.control import MODEL_KEY, MONITOR_HEADER, ModelSwitch
from schemas.portfolio import Operated
from worker.monitoring.inbox import MOST, Acknowledgements, Operators


def record(key: str, value: bytes | None, offset: int, partition: int = 0, author: str | None = None) -> Any:
    headers = () if author is None else ((MONITOR_HEADER, author.encode()),)
    return ConsumerRecord("risk.control", partition, offset, 0, 0, key.encode(), value, None, -1, -1, headers)


def control(key: str, version: int = 1, **given: Any) -> bytes:
    return msgspec.json.encode(Control(key, version, 0, **given))


def test_records_without_the_monitors_header_enter_in_their_order() -> None:
    operators = Operators("main", [2, 0])
    operators.put(record("A", control("A"), 1))  # entered before
    operators.put(record("A", control("A", allow_open=False), 2))
    operators.put(record("*", control("*", 7), 5, author="main"))
    operators.put(record("A", None, 3))
    operators.put(record("B", control("B"), 0, partition=1))
    assert operators.own == 1
    assert operators.entered == [2, 0]
    assert operators.take() == [
        Operated("A", Control("A", 1, 0, allow_open=False)),
        Operated("A"),
        Operated("B", Control("B", 1, 0)),
    ]
    assert operators.entered == [4, 1]
    assert operators.take() == []


def test_a_cut_is_that_of_the_records_that_were_taken() -> None:
    operators = Operators("main", [0])
    operators.put(record("A", control("A"), 0))
    operators.take()
    operators.put(record("B", control("B"), 1))
    assert operators.entered == [1]


@pytest.mark.parametrize("value", [b"{", b"\xff", control("B"), b'{"key":"A"}'])
def test_a_record_that_workers_refuse_enters_nowhere(value: bytes) -> None:
    operators = Operators("main", [0])
    operators.put(record("A", value, 0))
    assert operators.take() == []


def test_another_monitor_is_an_operator_unless_it_writes_meanwhile() -> None:
    operators = Operators("main", [0])
    operators.put(record("*", control("*"), 0, author="former"))
    assert (len(operators), operators.rival) == (1, None)
    operators.following = True
    operators.put(record("*", control("*", 2), 1))
    assert operators.rival is None
    operators.put(record("*", control("*", 3), 2, author="former"))
    assert operators.rival == "former"


def test_acknowledgements_enter_once() -> None:
    acts = Acknowledgements([1])
    for offset, subject in enumerate(["unreadable", "kill", "kill"]):
        act = Audit(1, "0" * 32, 0, "ann", "acknowledge", subject, "seen")
        acts.put(record("x", msgspec.json.encode(act), offset))
    acts.put(record("x", b'{"action":"other"}', 3))
    assert acts.entered == [1]
    assert acts.take() == ["kill"]
    assert acts.entered == [4]
    assert acts.take() == []


def test_other_acts_pass_in_silence_and_unreadable_ones_with_a_word(caplog: pytest.LogCaptureFixture) -> None:
    acts = Acknowledgements([0])
    killed = Control("*", 1, 0, kill="close_all")
    passing = [
        msgspec.json.encode(Audit(1, "0" * 32, 0, "ann", "kill", "*", "drill", "operate", None, killed)),
        b'{"action":"of a later release","subject":"kill","reason":"r"}',
    ]
    for offset, value in enumerate(passing):
        acts.put(record("x", value, offset))
    assert caplog.records == []
    for offset, value in enumerate([b"{", b'{"action":"acknowledge","subject":"A"}', b"\xff"], len(passing)):
        acts.put(record("x", value, offset))
    assert [line.message for line in caplog.records] == ["audit record passed over"] * 3
    assert (acts.take(), acts.entered) == ([], [5])


def test_an_acknowledgement_of_the_former_release_enters() -> None:
    acts = Acknowledgements([0])
    former = (
        b'{"schema_version":1,"id":"0123456789abcdef0123456789abcdef","ts":1,"who":"ann","action":"acknowledge",'
        b'"subject":"unreadable","reason":"seen"}'
    )
    acts.put(record("unreadable", former, 0))
    assert acts.take() == ["unreadable"]
    assert msgspec.json.encode(msgspec.json.decode(former, type=Audit)) == former


def test_many_acts_enter_in_turns_and_a_cut_tells_those_that_did() -> None:
    operators = Operators("main", [0, 0])
    for at in range(MOST + 3):
        operators.put(record("A", control("A", at + 1), at // 2, partition=at % 2))
    assert [one.control.version for one in operators.take() if one.control] == list(range(1, MOST + 1))
    assert operators.entered == [MOST // 2, MOST // 2]
    assert [one.control.version for one in operators.take() if one.control] == [MOST + 1, MOST + 2, MOST + 3]
    assert operators.entered == [MOST // 2 + 2, MOST // 2 + 1]
    assert len(operators) == 0


def test_what_limits_nothing_or_no_symbol_does_not_enter() -> None:
    operators = Operators("main", [0])
    operators.put(record(MODEL_KEY, control(MODEL_KEY, model=ModelSwitch()), 0))
    operators.put(record("A" * 65, control("A" * 65), 1))
    assert operators.take() == []
    assert operators.entered == [2]


def test_a_reason_enters_as_long_as_the_monitor_would_write_it() -> None:
    operators = Operators("main", [0])
    operators.put(record("A", control("A", reason="r" * 10_000), 0))
    assert operators.take() == [Operated("A", Control("A", 1, 0, reason="r" * 200))]
