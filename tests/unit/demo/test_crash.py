"""The demo's market crash: its bars, what is counted of it, and what makes it fail."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import msgspec
import pytest

from schemas.control import Control
from schemas.portfolio import Portfolio
from schemas.tick import Tick
from tests.support.portfolio import decision
from worker.backtest.portfolio.ensemble import Ensemble
from worker.backtest.portfolio.play import play
from worker.backtest.tape import tapes
from worker.demo.crash.act import FIRST, UNACKNOWLEDGED
from worker.demo.crash.fleet import RISK, beside, variables
from worker.demo.crash.market import CRASH, END, MIDNIGHT, MINUTE, NEXT_DAY, SYMBOLS, Market, clock, closes
from worker.demo.crash.told import Crash, line, orders
from worker.demo.crash.watch import OPENS, Minute, Seen
from worker.engine.settings import EngineSettings
from worker.risk.settings import RiskSettings
from worker.settings import load_settings

WHOLE = Crash(24, 12, 80, 0.015, 0.03, 0.061, closes(CRASH), 1, 69, 0, 5)


def played(risk: RiskSettings) -> tuple[list[Portfolio], Counter[int], Counter[int]]:
    """The monitor's steps, the opens of each close, and its decisions under limits, without Kafka."""
    engine, seen = EngineSettings(), Seen()
    steps = []
    for moment in play(Ensemble(tapes(Market().bars(0, END)), engine), engine, risk):
        assert not moment.rejections
        steps += [step.portfolio for step in moment.steps]
        for value in moment.decisions:
            seen.take_decision(value)
    opens = Counter({ts: minute.opens for ts, minute in seen.minutes.items()})
    return steps, opens, Counter({ts: minute.refused for ts, minute in seen.minutes.items()})


def test_the_crash_passes_both_limits_of_the_day_at_once_and_bars_every_symbol() -> None:
    steps, opens, refused = played(RISK)
    (crashed,) = [step for step in steps if step.trips]
    assert crashed.ts == closes(CRASH)
    assert [trip.rule for trip in crashed.trips] == ["day", "day_block"]
    assert -crashed.equity.day_return > 1.5 * RISK.day_kill  # far enough from a limit that no detail decides
    assert sum(opens[closes(at)] for at in range(FIRST, CRASH)) > 20
    assert not any(opens[closes(at)] for at in range(CRASH + 1, END))
    assert all(refused[closes(at)] == SYMBOLS for at in range(CRASH + 1, END))


def test_without_the_monitor_positions_would_be_opened_while_the_kill_waits() -> None:
    _, opens, refused = played(RiskSettings.model_validate(RISK.model_dump() | {"capital": 1e9}))
    assert sum(opens[closes(at)] for at in range(CRASH + 1, NEXT_DAY + UNACKNOWLEDGED)) > 10
    assert sum(opens[closes(at)] for at in range(NEXT_DAY + UNACKNOWLEDGED, END)) > 10
    assert not refused.total()


def test_bars_come_minute_by_minute_and_the_gap_is_at_the_open() -> None:
    market = Market()
    records = list(market.bars(CRASH - 1, CRASH + 1))
    assert [record.key.decode() for record in records] == market.names * 2
    before, after = (msgspec.json.decode(records[at].value, type=Tick) for at in (0, SYMBOLS))
    assert before.close is not None
    assert after.open == pytest.approx(0.96 * before.close, abs=0.01)
    assert records[SYMBOLS].timestamp_ms - records[0].timestamp_ms == MINUTE
    assert list(market.bars(0, END)) == list(Market().bars(0, END))
    assert closes(NEXT_DAY - 1) == MIDNIGHT
    assert (clock(MIDNIGHT), clock(MIDNIGHT - MINUTE)) == ("00:00", "23:59")


def test_opens_and_barred_decisions_are_counted_by_close() -> None:
    seen = Seen()
    for symbol, action, reasons in (("A", "open_long", []), ("B", "hold", ["kill_switch"]), ("C", "open_short", [])):
        seen.take_decision(decision(symbol, 0, 1.0, action=action, reasons=reasons))
    seen.take_decision(decision("A", MINUTE, 1.0, action="close", reasons=["control_block"]))
    assert seen.minutes == {MINUTE: Minute(3, 2, 1), 2 * MINUTE: Minute(1, 0, 1)}
    assert (seen.decided(), seen.opens(0), seen.opens(MINUTE)) == (4, 2, 0)
    assert set(OPENS) == {"open_long", "open_short"}


def test_workers_obey_from_the_first_bar_after_the_last_free_one() -> None:
    barred, free = Minute(3, 0, 3), Minute(3, 0, 2)
    for refused, expected in (((free, barred, barred), 1), ((free, free, barred), 2), ((free, barred, free), 3)):
        seen = Seen({(at + 1) * MINUTE: minute for at, minute in enumerate(refused)})
        assert seen.bars_to_obey(MINUTE, 3) == expected


def test_only_the_newest_limits_of_all_symbols_count() -> None:
    seen = Seen()
    for key in ("*", "A"):
        blocked = Control(key, 3 if key == "*" else 9, 0, allow_open=False, kill="close_all")
        seen.take_limits(key.encode(), msgspec.json.encode(blocked))
    seen.take_limits(b"A", None)
    assert seen.limits is not None
    assert seen.limits.version == 3
    assert orders(seen.limits) == "allow_open=false, kill=close_all"
    assert orders(None) == orders(Control("*", 4, 0)) == "opens allowed"


def test_a_step_is_reached_with_its_decisions_and_the_limits_it_wrote() -> None:
    step = next(step for step in played(RISK)[0] if step.written)
    seen = Seen(steps=[step])
    written = next(one.version for one in step.written if one.key == "*")
    assert written is not None
    assert not seen.reached(0, step.ts)
    seen.limits = Control("*", written, 0)
    assert seen.reached(0, step.ts)
    assert not seen.reached(1, step.ts)
    assert not seen.reached(0, step.ts + 1)
    seen.ends = {0: step.cut[0] + 1}  # a decision that the step does not count
    assert not seen.reached(0, step.ts)
    assert "opens allowed" in line(step.ts, step, seen.limits, Minute(24, 3, 0))
    assert "3 opens, 0 of 24 symbols barred" in line(step.ts, step, seen.limits, Minute(24, 3, 0))


@pytest.mark.parametrize(
    "wrong",
    [
        {"loss": 0.02},
        {"bars_to_obey": 3},
        {"bars_to_obey": 0},
        {"opens_barred": 1},
        {"bars_barred": 0},
        {"opens_after": 0},
    ],
)
def test_a_crash_that_shows_anything_else_does_not_hold(wrong: dict[str, float]) -> None:
    assert WHOLE.holds
    assert WHOLE.as_dict()["holds"]
    assert not replace(WHOLE, **wrong).holds  # type: ignore[arg-type]


def test_the_crash_has_names_of_its_own_and_the_default_limits_of_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings({"topics": {"prefix": "demo-1."}, "processing": {"group": "demo-1"}})
    found = beside(settings)
    assert (found.topics.input, found.processing.group) == ("demo-1.crash.ticks.raw", "demo-1-crash")
    assert found.risk_state_topic == "demo-1.crash.risk.state.demo-1-crash"
    assert (RISK.capital, RISK.day_block, RISK.day_kill) == (100_000.0, 0.015, 0.03)
    for name, value in variables(found.risk).items():
        monkeypatch.setenv(name, value)
    assert load_settings().risk == found.risk
