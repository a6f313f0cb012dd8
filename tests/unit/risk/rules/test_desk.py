"""Control records: tightening for every bar, loosening from the step on, an operator's limits never loosened."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.control import Control, CorporateAction
from tests.support.examples import drawn
from worker.risk.rules.desk import Desk
from worker.risk.rules.limits import NONE, Limits, of, stricter
from worker.risk.rules.overlay import Overlay

STEP = 60_000
LIMITS = st.builds(
    Limits,
    risk_mult=st.sampled_from([0.0, 0.05, 0.5, 0.95, 1.0]),
    max_notional=st.none() | st.sampled_from([0.0, 10.0, 5_000.0]),
    allow_open=st.booleans(),
    kill=st.sampled_from(["none", "close_all"]),
)


def is_as_strict(one: Limits, other: Limits) -> bool:
    return stricter(one, other) == one


def operators(key: str, version: int, limits: Limits, effective_ts: int = 0) -> Control:
    return Control(key, version, effective_ts, limits.risk_mult, limits.max_notional, limits.allow_open, limits.kill)


def in_force(records: list[Control], ts: int) -> Limits:
    """What a worker applies to a bar that opens at `ts`: the newest record in force."""
    return next((of(one) for one in reversed(records) if one.effective_ts <= ts), NONE)


def test_tightening_is_for_every_bar_and_loosening_from_the_step_on() -> None:
    desk = Desk()
    tight = desk.write(STEP, {"*": Limits(risk_mult=0.5)}, {"*": "load"})
    assert tight == [Control("*", 61, 0, risk_mult=0.5, reason="load")]
    assert desk.write(2 * STEP, {"*": Limits(risk_mult=0.5)}, {}) == []
    assert desk.write(3 * STEP, {"*": NONE}, {}) == [Control("*", 62, 3 * STEP)]


def test_what_gets_stricter_goes_before_what_gets_looser() -> None:
    desk = Desk()
    desk.write(STEP, {"*": Limits(risk_mult=0.5)}, {})
    wanted = {"*": Limits(allow_open=False)}
    first, second = desk.write(2 * STEP, wanted, {}), desk.write(3 * STEP, wanted, {})
    assert (of(first[0]), first[0].effective_ts) == (Limits(risk_mult=0.5, allow_open=False), 0)
    assert (of(second[0]), second[0].effective_ts) == (Limits(allow_open=False), 3 * STEP)
    assert desk.write(4 * STEP, wanted, {}) == []


def test_the_version_follows_the_greatest_seen() -> None:
    desk = Desk()
    desk.seen(STEP, "*", Control("*", 7_000, 0, allow_open=False))
    desk.seen(STEP, "*", Control("*", 6_000, 0))
    assert desk.write(STEP, {"*": Limits(risk_mult=0.5)}, {})[0].version == 7_001


def test_an_operators_looser_record_is_answered_at_once() -> None:
    desk = Desk()
    desk.write(STEP, {"*": Limits(allow_open=False)}, {})
    desk.seen(STEP, "*", Control("*", 62, 0))
    assert desk.write(2 * STEP, {"*": Limits(allow_open=False)}, {}) == [Control("*", 63, 0, allow_open=False)]
    desk.seen(STEP, "*", None)
    assert desk.write(3 * STEP, {"*": Limits(allow_open=False)}, {}) == [Control("*", 64, 0, allow_open=False)]


def test_a_corporate_action_is_passed_on_as_it_came() -> None:
    desk, overlay, split = Desk(), Overlay(), CorporateAction(5, 0.25)
    record = Control("A", 5, 0, corp_action=split)
    overlay.put("A", record)
    desk.seen(STEP, "A", record)
    wanted = {"A": stricter(Limits(max_notional=100.0), overlay.at(STEP, STEP)["A"])}
    assert desk.write(STEP, wanted, {})[1] == Control("A", 6, 0, max_notional=100.0, corp_action=split)
    # Ours never take it away: the newest record decides.
    assert desk.write(2 * STEP, {"A": Limits(max_notional=90.0)}, {}) == [
        Control("A", 7, 0, max_notional=90.0, corp_action=split)
    ]
    assert desk.write(3 * STEP, {}, {}) == [Control("A", 8, 3 * STEP, corp_action=split)]
    assert desk.repeat(4 * STEP, []) == ([Control("*", 62, 0)], [])
    desk.seen(5 * STEP, "A", None)
    assert desk.write(5 * STEP, {"A": Limits(max_notional=90.0)}, {}) == [Control("A", 9, 0, max_notional=90.0)]


def test_an_action_that_comes_after_our_limits_is_in_the_ones_written_again() -> None:
    desk, split = Desk(), CorporateAction(5, 0.25)
    desk.write(STEP, {"A": Limits(max_notional=100.0)}, {})
    desk.passed(Control("A", 90, 0, corp_action=split))
    assert desk.write(2 * STEP, {"A": Limits(max_notional=100.0)}, {}) == [
        Control("A", 91, 0, max_notional=100.0, corp_action=split)
    ]
    desk.passed(Control("B", 7, 0, corp_action=split))
    assert desk.write(3 * STEP, {"A": Limits(max_notional=100.0)}, {}) == []
    assert desk.write(3 * STEP, {"B": Limits(max_notional=1.0)}, {})[-1].corp_action == split


def test_a_planned_record_does_not_take_over_alone() -> None:
    desk, wanted = Desk(), {"*": Limits(allow_open=False)}
    desk.write(STEP, wanted, {"*": "load"})
    desk.seen(2 * STEP, "*", Control("*", 90, 9 * STEP, risk_mult=0.5))
    assert desk.write(2 * STEP, wanted, {}) == [Control("*", 91, 0, allow_open=False, reason="load")]
    assert desk.write(3 * STEP, wanted, {}) == []


def test_a_planned_limit_counts_one_step_before_its_time_and_the_one_before_until_then() -> None:
    overlay = Overlay()
    overlay.put("*", operators("*", 1, Limits(risk_mult=0.5)))
    overlay.put("*", operators("*", 2, Limits(allow_open=False), effective_ts=5 * STEP))
    assert overlay.at(3 * STEP, STEP) == {"*": Limits(risk_mult=0.5)}
    assert overlay.at(4 * STEP, STEP) == {"*": Limits(risk_mult=0.5, allow_open=False)}
    assert overlay.at(5 * STEP, STEP) == {"*": Limits(allow_open=False)}
    assert len(overlay.records["*"]) == 1
    overlay.put("*", None)
    assert overlay.at(6 * STEP, STEP) == {}


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["*", "A", "B"]),
        st.none() | st.tuples(LIMITS, st.sampled_from([0, 0, 1, 3])),  # an operator's, in force so many steps later
        st.dictionaries(st.sampled_from(["*", "A"]), LIMITS),  # what the rules want
        st.booleans(),  # a repetition
    ),
    max_size=25,
)


@settings(max_examples=drawn(200, 3_000), deadline=None)
@given(events=EVENTS)
def test_an_operators_limit_is_never_loosened_nor_a_rules(events: list[tuple]) -> None:  # type: ignore[type-arg]
    desk, overlay = Desk(), Overlay()
    topic: dict[str, list[Control]] = {"*": [], "A": [], "B": []}
    theirs: dict[str, list[Control]] = {"*": [], "A": [], "B": []}
    for at, (key, given_, wanted, repeated) in enumerate(events, 1):
        ts = (100 + at) * STEP
        control = None
        if given_ is not None:
            version = max((one.version for one in topic[key]), default=0) + 1
            control = operators(key, version, given_[0], 0 if given_[1] == 0 else ts + given_[1] * STEP)
        overlay.put(key, control)
        desk.seen(ts, key, control)
        topic[key] = [*topic[key], control] if control else []
        theirs[key] = [*theirs[key], control] if control else []
        limits = dict(wanted)
        for name, own in overlay.at(ts, STEP).items():
            limits[name] = stricter(limits.get(name, NONE), own)
        written = desk.write(ts, limits, {})
        again, gone = desk.repeat(ts, written) if repeated else ([], [])
        for one in [*written, *again]:
            versions = [record.version for record in topic[one.key]]
            assert one.version > max(versions, default=0)
            topic[one.key].append(one)
        for name in gone:
            topic[name] = []
        for name, records in topic.items():
            for bar in (ts - 10 * STEP, ts, ts + STEP):
                applied = in_force(records, bar)
                # A planned record of an operator replaces the one before it; both bind around the change.
                assert is_as_strict(applied, in_force(theirs[name], ts)) or not records
                assert is_as_strict(applied, limits.get(name, NONE))
            if not records:
                assert in_force(theirs[name], ts) == NONE


def test_what_an_operator_lifted_is_removed_once_more() -> None:
    # A repetition that was on its way when the operator lifted the limits lies behind the removal, and is in force.
    desk = Desk()
    desk.write(STEP, {}, {})
    desk.seen(2 * STEP, "A", operators("A", 7, Limits(allow_open=False)))
    again, gone = desk.repeat(2 * STEP, [])
    assert [(one.key, one.allow_open) for one in again] == [("*", True), ("A", False)]
    desk.seen(3 * STEP, "A", None)
    assert [one.key for one in desk.write(3 * STEP, {}, {})] == []
    again, gone = desk.repeat(3 * STEP, [])
    assert (gone, any(one.key == "A" for one in again)) == (["A"], False)
    assert desk.repeat(4 * STEP, [])[1] == []
    desk.seen(5 * STEP, "A", operators("A", 12, Limits(allow_open=False)))
    assert desk.repeat(5 * STEP, [])[0][-1].version > 12
