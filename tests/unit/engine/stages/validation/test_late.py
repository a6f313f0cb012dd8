"""Rule 9: late bars. Time re-opens only behind a jump, and no time of a symbol is ever decided twice."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import drive
from tests.support.drive import Array, Symbol, make_bars
from tests.support.examples import drawn
from tests.unit.engine.stages.validation.case import DAY, MINUTE, MONDAY, Case
from worker.engine.bar import BAR
from worker.engine.stages.validation.decided import GAPS

LATE, RESET = {"out_of_order"}, {"reference_expired"}
LIFE = 10 * DAY // MINUTE  # of the reference, in bars of a minute
FAR = 400 * DAY // MINUTE


def shown(case: Case, *steps: int, **fields: int) -> list[set[str]]:
    """Codes of bars that lie so many bars from the one accepted last when this begins."""
    reference = int(case.own["last"]["ts"])
    return [case.codes(ts=reference + step * MINUTE, **fields) for step in steps]


def jumped(by: int = FAR) -> Case:
    """A case whose last bar lies `by` bars ahead of the one before; time stands there."""
    case = Case()
    assert case.show(after=by)["accepted"]
    return case


def test_a_late_bar_is_rejected_whatever_its_stamp() -> None:
    for ingest in (0, 10**13):
        case = Case()
        ts = int(case.own["last"]["ts"])
        for step in range(50, 1, -1):
            assert not case.show(ts=ts - step * MINUTE, ingest_ts=max(ts, ingest))["accepted"]
        assert "gap" not in case.codes()


def test_without_a_jump_no_run_of_late_bars_re_opens_time() -> None:
    assert shown(Case(), *range(-59, 0)) == [LATE] * 59
    assert shown(jumped(LIFE), -30, -29, -28, -27) == [LATE] * 4  # not longer than the reference lives


def test_the_third_late_bar_in_ascending_order_behind_a_jump_re_opens_time() -> None:
    case = jumped()
    assert shown(case, 1 - FAR, 2 - FAR, 3 - FAR) == [LATE, LATE, RESET]
    assert case.show()["accepted"]  # and the symbol goes on from there


def test_the_stamps_of_late_bars_do_not_matter() -> None:
    case = jumped()
    now = int(case.own["last"]["ts"]) + DAY
    assert shown(case, 1 - FAR, 2 - FAR, 3 - FAR, ingest_ts=now)[2] >= RESET


def test_bars_up_to_the_jump_stay_late_for_ever() -> None:
    case = jumped()
    assert shown(case, *(step - FAR for step in range(-20, 1))) == [LATE] * 21
    assert shown(case, -FAR, 1 - FAR, 2 - FAR, 3 - FAR)[3] == RESET  # the first was none of them


def test_late_bars_out_of_order_among_themselves_convict_nobody() -> None:
    assert shown(jumped(), -30, -31, -32, -33) == [LATE] * 4
    assert shown(jumped(), -30, -30, -30) == [LATE] * 3
    assert shown(jumped(), -30, -29, -40, -39, -38)[:4] == [LATE] * 4


def test_an_accepted_bar_a_repeated_or_a_decided_one_ends_the_run() -> None:
    for between in (1, 0, -FAR):
        codes = shown(jumped(), -30, -29, between, -29, -28)
        assert [c == LATE for c in codes[:2] + codes[3:]] == [True] * 4


def test_a_malformed_record_between_late_ones_does_not() -> None:
    case = jumped()
    shown(case, -30, -29)
    case.show(volume=-1.0)
    assert shown(case, -28)[0] >= RESET


def test_a_quarantined_bar_decided_nothing_so_time_re_opens_behind_it() -> None:
    case = Case()
    case.show(after=5_000, open=300.0, close=300.0, low=300.0, high=300.0)
    assert shown(case, 1, 2, 3) == [LATE, LATE, RESET | {"gap"}]
    assert case.own["pending"] == 0


def test_time_that_runs_into_what_was_decided_behind_the_jump_passes_it_undecided() -> None:
    case = jumped()
    case.show()
    case.show()  # decided behind the jump: 0, 1 and 2 bars after it
    codes = shown(case, -5, -4, -3, -2, -1, 0, 1, 2)
    assert [bool(c & {"out_of_order", "duplicate_bar"}) for c in codes] == [True] * 2 + [False] + [True] * 3 + [
        False
    ] * 2


def test_jumps_one_after_another_each_leave_time_open() -> None:
    case = Case()
    start = int(case.own["last"]["ts"])
    for jump in range(1, GAPS + 1):
        assert case.show(ts=start + jump * FAR * MINUTE)["accepted"]
    codes = [case.codes(ts=start + step * MINUTE) for step in (1, 2, 3)]
    assert codes[:2] == [LATE] * 2
    assert codes[2] >= RESET


def test_daily_bars_jump_after_ten_of_them() -> None:
    for days, open_again in ((10, False), (11, True)):
        case = Case(interval_ms=DAY, start=MONDAY)
        case.show(after=days)
        last = int(case.own["last"]["ts"])
        assert not case.show(ts=last - 3 * DAY)["accepted"]
        case.show(ts=last - 2 * DAY)
        assert bool(case.show(ts=last - DAY)["accepted"]) == open_again


def test_a_state_without_its_derived_part_still_knows_what_was_decided() -> None:
    case = Case()
    case.symbol.state["validation"] = 0
    assert not case.show(ts=case.start)["accepted"]
    assert case.codes(ts=int(case.last["ts"])) == LATE  # whether it is equal, nobody knows any more
    assert case.show(ts=int(case.last["ts"]) + MINUTE)["accepted"]


def test_a_state_of_a_release_that_kept_no_times_begins_with_its_reference() -> None:
    case = Case()
    case.symbol.state["decided"] = 0
    assert shown(case, -3, -2, -1, 0, 1)[:3] == [LATE] * 3
    assert int(case.own["accepted"]) == 61


STEP = st.sampled_from(
    [1, 1, 1, 1, 2, 5, -1, -3, -40, 0, LIFE, LIFE + 1, LIFE + 2, FAR, -FAR, 3 - FAR, -LIFE, 20 * FAR]
)


@st.composite
def feeds(draw: st.DrawFn) -> Array:
    """Bars whose times walk with repeats, jumps and errors, some parts repeated; prices mostly quiet."""
    steps = draw(st.lists(STEP, min_size=1, max_size=60))
    ts = [0, *np.cumsum(steps).tolist()]
    parts = draw(st.lists(st.tuples(st.integers(0, len(ts)), st.integers(1, 30)), max_size=6))
    for at, size in parts:
        ts += ts[at : at + size]
    if draw(st.booleans()):
        ts += sorted(ts)
    closes = 100 + np.array(draw(st.lists(st.sampled_from([0.0, 0.1, 0.2, 120.0]), min_size=len(ts), max_size=len(ts))))
    bars = make_bars(closes)
    bars["ts"] = MONDAY + MINUTE * np.array(ts, np.int64)
    bars["ingest_ts"] = bars["ts"] + MINUTE * draw(st.sampled_from([1, 10, 100 * FAR]))
    return bars


def decided(symbol: Symbol, bars: Array) -> list[int]:
    """Times of the bars that get a decision."""
    kept: list[int] = bars["ts"][symbol.feed(bars)["validation"]["accepted"]].tolist()
    return kept


@settings(max_examples=drawn(60, 400), deadline=None)
@given(feeds(), st.integers(0, 200))
def test_no_time_is_decided_twice(bars: Array, cut: int) -> None:
    symbol = Symbol()
    first = decided(symbol, bars[:cut])
    if cut % 2:
        symbol.state["validation"] = 0  # the derived part may be lost on the way
    times = first + decided(symbol, bars[cut:])
    assert not {ts: n for ts, n in Counter(times).items() if n > 1}


@settings(max_examples=drawn(40, 200), deadline=None)
@given(st.integers(1, 80), st.lists(st.tuples(st.integers(0, 80), st.integers(1, 80)), max_size=8), st.booleans())
def test_a_file_published_again_whole_or_in_parts_changes_no_decision(
    n: int, parts: list[tuple[int, int]], stamped_now: bool
) -> None:
    bars = make_bars(100 + np.sin(np.arange(n)))
    again = np.concatenate([bars, *(bars[at : at + size] for at, size in parts)]).astype(BAR)
    if stamped_now:
        again["ingest_ts"] = bars["ts"][-1] + 2 * MINUTE
    symbol, alone = Symbol(), Symbol()
    expected = decided(alone, bars)
    assert decided(symbol, bars) == expected == bars["ts"].tolist()
    before = symbol.state.copy()
    verdicts = symbol.feed(again)["validation"]
    assert not verdicts["accepted"].any()
    assert (verdicts["mask"] & np.uint64(1 << 9 | 1 << 10) != 0).all()
    before["validation"]["late"] = symbol.state["validation"]["late"]
    assert symbol.state.tobytes() == before.tobytes()


@settings(max_examples=drawn(40, 200), deadline=None)
@given(st.integers(2, 80), st.data())
def test_parts_in_any_order_are_the_decisions_of_what_still_runs_forward(n: int, data: st.DataObject) -> None:
    bars = make_bars(100 + np.sin(np.arange(n)))
    cuts = sorted(data.draw(st.sets(st.integers(1, n - 1), max_size=5)))
    parts = data.draw(st.permutations(np.split(bars, cuts)))
    mixed = np.concatenate(parts)
    newest = np.maximum.accumulate(mixed["ts"])
    forward = mixed["ts"] == newest
    symbol, alone = Symbol(), Symbol()
    verdicts = symbol.feed(mixed)["validation"]
    assert (verdicts["accepted"] == forward).all()
    assert drive.bits(verdicts[forward]) == drive.bits(alone.feed(mixed[forward])["validation"])
