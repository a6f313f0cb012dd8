"""Records alike in what filters compare have one number; any other is looked at one by one."""

from __future__ import annotations

import json

import pytest

from tests.support.made_logs import MadeLogs
from worker.gateway.log import traits as traits_module
from worker.gateway.log.entry import Entry
from worker.gateway.log.traits import LONGEST, UNSORTED, Decided, Sieve, Traits
from worker.gateway.reading.filters import DecisionFilter
from worker.gateway.reading.pages import Wanted, page


def decided(**members: object) -> bytes:
    return json.dumps(members).encode()


def test_alike_is_what_filters_cannot_tell_apart() -> None:
    traits = Traits(Decided)
    held = traits.number(decided(action="hold", reasons=["a", "b"], sequence=1))
    assert held != UNSORTED
    assert traits.number(decided(sequence=2, reasons=["a", "b"], action="hold")) == held
    others = [decided(action="hold", reasons=["b", "a"]), decided(action="open_long", reasons=["a", "b"]), decided()]
    assert len({held, *(traits.number(value) for value in others)}) == 4


@pytest.mark.parametrize("value", [None, b"", b"[]", b"{", b'{"action": "\xff"}', decided(reasons=["r" * LONGEST])])
def test_what_cannot_be_sorted_is_looked_at(value: bytes | None) -> None:
    traits = Traits(Decided)
    assert traits.number(value) == UNSORTED
    assert Sieve(traits, lambda seen: False)[UNSORTED]


async def test_more_kinds_than_are_told_apart_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traits_module, "MOST", 3)
    made = MadeLogs()
    output = made.settings.topics.output
    values = [decided(action=f"a{at % 9}", reasons=[[at % 9]]) for at in range(90)]
    made.fill(output, [[Entry(0, at, at, b"k", value) for at, value in enumerate(values)], []])
    log = made.log(output)
    assert log.traits is not None
    assert len(log.traits.table) == 4
    for wanted in range(9):
        found = await page(
            made.gateway, log, "decisions", DecisionFilter(action=f"a{wanted}"), Wanted(50, None, "oldest")
        )
        assert [entry.offset for entry in found.entries] == list(range(wanted, 90, 9))
