"""What the demo shows: bars, lines, the dashboard, and steps that fail."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from worker.demo.live import BAR, REASONS, bar, dashboard
from worker.demo.screen import PlainScreen, choice_line, progress_line, reasons_line
from worker.demo.steps import Steps
from worker.demo.view import Choice, View, WorkerRow
from worker.errors import AlphapulseError, BrokerUnavailable

VIEW = View(
    seconds=12.4,
    workers=(WorkerRow("worker-1", 4711, "running", (0, 1, 2), 9_876), WorkerRow("worker-2", 4712, "killed", (), 5)),
    published=40_000,
    published_rate=4_000.4,
    decided=39_000,
    decided_rate=3_990.0,
    rejected=70,
    lag=930,
    recent=(Choice("SPX", "open_long", 0.71, "trend_up", ("signal_long", "budget_cap")),),
    reasons=(("price_change_exceeded", 50), ("wick_spike", 10), ("missing_field", 8), ("stale", 2)),
)


def rendered(view: View) -> list[str]:
    console = Console(file=io.StringIO(), width=120, force_terminal=True, color_system=None)
    console.print(dashboard(view, "8 … wait"))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize(
    ("value", "largest", "expected"),
    [(0, 10, ""), (5, 0, ""), (10, 10, "████"), (5, 10, "██"), (1, 1_000_000, "▏"), (9, 32, "█▏")],
)
def test_a_bar_is_in_proportion_and_never_empty_for_something(value: int, largest: int, expected: str) -> None:
    assert bar(value, largest, width=4) == expected


def test_the_dashboard_shows_workers_totals_decisions_and_reasons() -> None:
    lines = rendered(VIEW)
    (first,) = [line for line in lines if "worker-1" in line]
    assert all(text in first for text in ("4711", "running", "0 1 2", "9,876"))
    (second,) = [line for line in lines if "worker-2" in line]
    assert all(text in second for text in ("killed", " - "))
    assert any("price_change_exceeded" in line and "█" * BAR in line for line in lines)
    (decision,) = [line for line in lines if "SPX" in line]
    assert all(text in decision for text in ("open_long", "+0.71", "trend_up", "signal_long, budget_cap"))
    assert any("lag" in line and "930" in line for line in lines)
    assert len(lines) <= 30  # a terminal has 40


def test_the_dashboard_keeps_its_height() -> None:
    many = VIEW._replace(reasons=tuple((f"reason_{n}", 30 - n) for n in range(20)), recent=VIEW.recent * 8)
    assert len(rendered(View())) == len(rendered(VIEW)) == len(rendered(many))
    others = sum(30 - n for n in range(REASONS - 1, 20))
    assert any("others" in line and str(others) in line for line in rendered(many))


def test_lines_for_a_log_say_the_same() -> None:
    assert progress_line(VIEW).split() == (
        ["12", "s", "in", "40,000", "(4,000/s)", "decisions", "39,000", "(3,990/s)", "rejected", "70", "lag", "930"]
    )
    assert choice_line(VIEW.recent[0]) == "SPX open_long +0.71 in trend_up: signal_long, budget_cap"
    assert reasons_line(VIEW, 2) == "price_change_exceeded 50, wick_spike 10, others 10"
    assert reasons_line(VIEW, 4).endswith("stale 2")


def test_steps_are_numbered_and_a_failed_one_is_marked() -> None:
    out = io.StringIO()
    steps = Steps(PlainScreen(out))
    with steps.step("first") as step:
        step.text = "first is done"
    with pytest.raises(BrokerUnavailable), steps.step("second"):
        raise BrokerUnavailable("gone")
    assert [line.split()[:4] for line in out.getvalue().splitlines()] == [
        ["1", "✓", "first", "is"],
        ["2", "✗", "second", "0.0"],
    ]
    assert [done.text for done in steps.done] == ["first is done"]


def test_a_failure_of_the_system_names_the_step() -> None:
    steps, expected = Steps(PlainScreen(io.StringIO())), r"step 1 \(write a log\) failed: .*No space"
    with pytest.raises(AlphapulseError, match=expected), steps.step("write a log"):
        raise OSError(28, "No space left on device")
