"""What waits in the monitor has a bound whatever comes, nothing is lost, and steps go on."""

from __future__ import annotations

from collections.abc import Iterator
from unittest.mock import patch

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.portfolio import Entered, Portfolio
from tests.support.examples import drawn
from tests.support.monitored import ENGINE
from tests.support.portfolio import MINUTE, START, decision
from worker.monitoring import backlog
from worker.monitoring.backlog import Backlog
from worker.risk.monitor import Monitor, Output, replay
from worker.risk.settings import RiskSettings

RISK = RiskSettings.model_validate({"returns": "5m", "capital": 20_000.0})
LAG, WAIT = 60.0, 1_000
ROOM, READ = 25, 8
EACH = 420  # bytes of a decision that waits
BARE = 6_000  # bytes of a head in which none waits
YEAR = 366 * 24 * 60


@pytest.fixture(autouse=True)
def small() -> Iterator[None]:
    with patch.object(backlog, "ROOM", ROOM), patch.object(backlog, "ENOUGH", READ):
        yield


class Desk:
    """Topics, a clock and a monitor that reads them as its owner does."""

    def __init__(self, partitions: int) -> None:
        self.now_s = 1_000.0
        self.topics: list[list[tuple[int, bytes]]] = [[] for _ in range(partitions)]
        self.outputs: list[Output] = []
        self.state: dict[str, bytes] = {}
        self.begin()

    def monotonic(self) -> float:
        return self.now_s

    @property
    def now(self) -> int:
        return START + round(self.now_s * 1000)

    def begin(self) -> None:
        """Begin, or go on in another process."""
        self.monitor = Monitor(RISK, ENGINE, len(self.topics), self.state)
        self.backlog = Backlog(len(self.topics), LAG, WAIT / 1000, self)
        self.places = self.monitor.cut

    def publish(self, partition: int, symbol: str, minute: int, count: int = 1) -> None:
        topic = self.topics[partition]
        for at in range(count):
            topic.append((len(topic), decision(f"{symbol}{partition}", START + (minute + at) * MINUTE, 100.0 + at)))

    def read(self, partition: int, most: int = 100) -> None:
        if partition in self.backlog.wanting():
            begin, end = self.places[partition], min(self.places[partition] + most, len(self.topics[partition]))
            self.places[partition] = end
            self.backlog.took(partition, self.topics[partition][begin:end], end, len(self.topics[partition]))

    def run(self, seconds: float = 0.0, again: bool = False) -> None:
        """Let time pass, and take every step that is due; `again` the last one in any case, as a repetition does."""
        self.now_s += seconds
        for partition in self.backlog.unknown():
            self.backlog.told(partition, len(self.topics[partition]), self.now_s)
        while (ts := self.backlog.due(self.monitor, self.now, WAIT)) is not None:
            self.step(ts)
        room, future = max(ROOM, backlog.USUAL * self.monitor.usual), self.monitor.future(self.now)
        assert max(future) <= room
        assert max(self.monitor.waits(at) - ahead for at, ahead in enumerate(future)) <= room
        if again and self.monitor.number:
            self.step(self.monitor.ts)

    def step(self, ts: int) -> None:
        late = ts == self.monitor.ts and self.monitor.late
        output = self.monitor.advance(ts, Entered(late=late))
        self.outputs.append(output)
        self.state |= dict(output.state)
        room = max(ROOM, backlog.USUAL * self.monitor.usual)
        assert len(self.state["head"]) <= BARE + EACH * len(self.topics) * 2 * room

    def settle(self, seconds: float) -> None:
        """Read all that can be read for a time."""
        for _ in range(12):
            before: list[int] = []
            while before != (before := list(self.places)):
                for partition in range(len(self.topics)):
                    self.read(partition)
                self.run()
            self.run(seconds / 12)

    @property
    def counted(self) -> dict[str, int]:
        """Offset of the newest decision of each symbol that has counted."""
        rows = self.monitor.book.holdings
        return dict(zip(rows.symbols, rows.rows["offset"].tolist(), strict=True))

    @property
    def published(self) -> dict[str, int]:
        """The same of all that were published."""
        return {msgspec.json.decode(value)["symbol"]: offset for topic in self.topics for offset, value in topic}


places = st.integers(0, 2)
# A market at minute 0, and symbols behind and ahead: by minutes, to the present (minute 16), beyond it, by a year.
minutes = st.sampled_from([-500, -3, 0, 1, 2, 9, 15, 17, 40, YEAR])
acts = st.one_of(
    st.tuples(st.just("publish"), places, st.sampled_from("ABC"), minutes, st.sampled_from([1, 3, 20, 120])),
    st.tuples(st.just("read"), places, st.sampled_from([1, 7, 100])),
    st.tuples(st.just("run"), st.sampled_from([0.0, 0.2, 2.0, 61.0, 600.0]), st.booleans()),
    st.just(("begin",)),
)


@settings(max_examples=drawn(40, 1_000))
@given(st.lists(acts, max_size=drawn(25, 80)))
def test_what_waits_is_bounded_and_nothing_is_lost(given: list[tuple[object, ...]]) -> None:
    desk = Desk(3)
    for name, *arguments in given:
        getattr(desk, str(name))(*arguments)
        if name == "read":
            desk.run(again=True)
    desk.settle(2.5 * LAG)
    behind = [partition for partition in range(3) if desk.backlog.size(partition)]
    assert set(behind) <= set(desk.backlog.lagging())  # nothing is opened while it is so
    assert all(one.decided.close_ts > desk.now for one in desk.monitor.book.waiting)
    desk.now_s += (YEAR + 100) * 60
    desk.settle(2.5 * LAG)
    assert desk.counted == desk.published
    assert (desk.monitor.book.waiting, desk.monitor.cut) == ([], [len(topic) for topic in desk.topics])
    steps = [msgspec.json.decode(one.portfolio, type=Portfolio) for one in desk.outputs]
    assert list(replay(Monitor(RISK, ENGINE, 3), steps, desk.topics)) == desk.outputs


def test_late_decisions_without_a_pause_count_and_event_time_stays() -> None:
    desk = Desk(2)
    desk.publish(0, "AHEAD", 10)
    desk.publish(1, "MARKET", 0)
    desk.settle(4.0)
    assert desk.monitor.ts == START + 11 * MINUTE
    newest = []
    for minute in range(1, 6):
        for _ in range(40):  # bars of the past, two a second: none of their partitions ever counts as ended
            desk.publish(1, "MARKET", minute)
            desk.read(0)
            desk.read(1)
            desk.run(0.5)
        newest.append(desk.counted["MARKET1"])
    assert desk.monitor.ts == START + 11 * MINUTE
    assert newest[-1] >= 200 - ROOM
    assert sum(msgspec.json.decode(one.portfolio)["entered"].get("late", False) for one in desk.outputs) >= 1
    assert desk.backlog.lagging() == []


def test_a_flood_of_late_decisions_counts_in_the_last_step() -> None:
    desk = Desk(1)
    desk.publish(0, "A", 15)
    desk.settle(4.0)
    desk.publish(0, "B", -900, 700)
    before = desk.monitor.ts
    for _ in range(100):
        desk.read(0)
        desk.run(0.01)
    assert desk.monitor.ts == before
    assert desk.counted["B0"] >= 700 - ROOM
    desk.settle(2.5 * LAG)
    assert desk.counted == desk.published


def test_a_wrong_clock_holds_up_its_partition_and_no_other() -> None:
    desk = Desk(2)
    desk.publish(0, "WRONG", YEAR, 60)
    for minute in range(3):
        desk.publish(0, "A", minute)
        desk.publish(1, "B", minute)
    desk.settle(2.5 * LAG)
    assert desk.monitor.ts == START + 3 * MINUTE
    assert desk.counted == {"B1": 2}
    assert desk.backlog.lagging() == [0]


def test_decisions_of_the_future_leave_the_others_their_room() -> None:
    desk = Desk(1)
    desk.publish(0, "WRONG", YEAR, ROOM - 1)
    for at in range(20):
        desk.publish(0, f"S{at}", 14)
    desk.settle(4.0)
    assert [msgspec.json.decode(one.portfolio)["ts"] for one in desk.outputs] == [START + 15 * MINUTE]
    assert len(desk.counted) == 20


def test_a_full_partition_does_not_hurry_late_decisions_of_others() -> None:
    desk = Desk(2)
    desk.publish(0, "WRONG", YEAR, ROOM + 60)
    desk.publish(1, "A", 15)
    desk.settle(4.0)
    assert desk.backlog.size(0)
    before = len(desk.outputs)
    for _ in range(20):  # late decisions, four a second
        desk.publish(1, "B", 3)
        desk.read(1)
        desk.run(0.25)
    assert len(desk.outputs) == before
    desk.settle(2.5 * LAG)
    assert desk.counted == {"A1": 0, "B1": 20}


def test_live_decisions_without_a_pause_do_not_hold_up_their_step() -> None:
    desk = Desk(1)
    for at in range(400):  # bars of the last minute, two a second
        desk.publish(0, f"S{at}", round(desk.now_s) // 60 - 1)
        desk.read(0)
        desk.run(0.5)
        if at > 130:
            assert desk.now - desk.monitor.ts <= MINUTE + WAIT + 500
    desk.settle(2.5 * LAG)
    assert desk.counted == desk.published
