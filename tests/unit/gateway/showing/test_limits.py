"""Who wants the limits of a key, since when and why, although the portfolio's monitor repeats all as its own."""

from __future__ import annotations

from typing import Any

import msgspec

from schemas.audit import Action, Audit
from schemas.control import MONITOR_HEADER, Control
from tests.support.made_logs import MadeLogs
from tests.support.portfolio import START, decision
from worker.gateway.log.entry import Entry

API = "/api/v1"
BLOCK: dict[str, Any] = {"allow_open": False}


class Desk:
    """The control topic and the audit, as operators and the monitor write them."""

    def __init__(self) -> None:
        self.made = MadeLogs()
        self.topics = self.made.settings.topics
        self.made.fill(self.topics.limits, [[]])
        self.made.fill(self.topics.acts, [[]])
        self.offset = 0

    def write(self, version: int, monitor: bool, key: str = "A", reason: str = "", **limits: Any) -> Control:
        control = Control(key=key, version=version, effective_ts=0, reason=reason, **limits)
        headers = ((MONITOR_HEADER, b"risk"),) if monitor else ()
        self._control(key, msgspec.json.encode(control), headers)
        return control

    def remove(self, key: str = "A") -> None:
        self._control(key, None, ())

    def _control(self, key: str, value: bytes | None, headers: tuple[tuple[str, bytes], ...]) -> None:
        entry = Entry(0, self.offset, START + self.offset, key.encode(), value, headers)
        self.made.add(self.topics.limits, entry)
        self.offset += 1

    def act(self, who: str, reason: str, after: Control | None, key: str = "A") -> None:
        action: Action = "remove_limits" if after is None else "set_limits"
        act = Audit(1, f"{self.offset:032x}", START + self.offset, who, action, key, reason, after=after)
        self.made.add(self.topics.acts, Entry(0, self.offset, act.ts, key.encode(), msgspec.json.encode(act)))

    async def get(self, path: str = "limits/A", **query: Any) -> Any:
        async with self.made.asking() as client:
            answer = await client.get(f"{API}/{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()


async def test_a_repetition_by_the_monitor_stays_the_operators() -> None:
    desk = Desk()
    desk.act("ann", "earnings tonight, as the desk asked", desk.write(7, False, reason="earnings", **BLOCK))
    first = await desk.get()
    for version in (8, 9, 1_577_836_882):
        desk.write(version, True, reason="operator", **BLOCK)
    found = await desk.get()
    assert (found["by"], found["who"], found["reason"]) == ("operator", "ann", "earnings tonight, as the desk asked")
    assert (found["version"], found["since_version"]) == (1_577_836_882, 7)
    assert found["written_ms"] == first["written_ms"] < found["renewed_ms"]


async def test_what_the_monitor_adds_is_the_monitors() -> None:
    desk = Desk()
    desk.act("ann", "earnings", desk.write(7, False, **BLOCK))
    desk.write(8, True, reason="cap: gross; operator", risk_mult=0.5, **BLOCK)
    desk.write(9, True, reason="cap: gross; operator", risk_mult=0.5, **BLOCK)
    found = await desk.get()
    assert (found["by"], found["who"], found["reason"], found["since_version"]) == (
        *("monitor", None, "cap: gross; operator"),
        8,
    )
    desk.write(10, True, reason="operator", **BLOCK)
    found = await desk.get()
    assert (found["by"], found["who"], found["since_version"]) == ("operator", "ann", 10)


async def test_after_an_operator_lifted_them_the_same_limits_are_the_monitors() -> None:
    desk = Desk()
    desk.act("ann", "earnings", desk.write(7, False, **BLOCK))
    desk.remove()
    desk.act("bob", "they are out", None)
    desk.write(8, True, reason="dd_limit", **BLOCK)
    found = await desk.get()
    assert (found["by"], found["who"], found["since_version"]) == ("monitor", None, 8)


async def test_where_older_records_are_compacted_away_the_act_says_since_when() -> None:
    desk = Desk()
    control = Control(key="A", version=7, effective_ts=0, **BLOCK)
    desk.act("ann", "earnings", control)
    desk.write(90, True, **BLOCK)
    found = await desk.get()
    assert (found["by"], found["since_version"], found["version"]) == ("operator", 7, 90)


async def test_a_record_of_another_program_is_nobodys() -> None:
    desk = Desk()
    desk.act("ann", "earnings", desk.write(7, False, **BLOCK))
    desk.write(8, False, **BLOCK)
    assert (await desk.get())["by"] == "unknown"


async def test_a_repetition_need_not_be_met_by_decisions() -> None:
    desk = Desk()
    desk.write(3, False)
    desk.write(7, False, **BLOCK)
    made = msgspec.json.decode(decision("A", START, 1.0, 0.0)) | {"control_version": 7}
    desk.made.fill(desk.topics.output, [[Entry(0, 0, START, b"A", msgspec.json.encode(made))]])
    assert (await desk.get("limits/A/effect"))["in_force"] == 1
    desk.write(8, True, **BLOCK)
    for asked in ({}, {"version": 7}, {"version": 8}):
        assert (await desk.get("limits/A/effect", **asked))["in_force"] == 1
    desk.write(9, True, risk_mult=0.5, **BLOCK)
    assert (await desk.get("limits/A/effect"))["in_force"] == 0
    assert (await desk.get("limits/A/effect", version=7))["in_force"] == 1
