"""The demo on a terminal: one live table of workers, decisions and rejections."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from worker.demo.screen import WIDTH
from worker.demo.tail import RECENT
from worker.demo.view import View, WorkerRow

PER_SECOND = 4
BAR = 18  # characters of the longest bar
REASONS = 11  # rows of the bar chart
_STATES = {"running": "green", "killed": "bold red", "stopped": "dim", "starting": "yellow"}
_ACTIONS = {
    "open_long": "green", "open_short": "red", "close": "cyan", "reduce": "yellow",
    "increase": "green", "reverse": "magenta",
}  # fmt: skip
_EIGHTHS = " ▏▎▍▌▋▊▉"


def bar(value: int, largest: int, width: int = BAR) -> str:
    """Draw a bar of `width` characters for `largest`, in eighths of one; never empty for a positive value."""
    if value <= 0 or largest <= 0:
        return ""
    eighths = max(round(8 * width * value / largest), 1)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def workers_table(workers: Sequence[WorkerRow]) -> Table:
    """Build the table of workers and of what each owns."""
    table = Table(box=None, padding=(0, 2, 0, 0), expand=True)
    for name in ("worker", "pid", "state", "partitions"):
        table.add_column(name, no_wrap=True)
    table.add_column("processed", justify="right")
    for w in workers:
        owned = " ".join(map(str, w.partitions)) or "-"
        state = Text(w.state, _STATES.get(w.state, ""))
        table.add_row(w.name, str(w.pid), state, owned, f"{w.processed:,}")
    return table


def totals_table(view: View) -> Table:
    """Build the table of total counts and rates."""
    table = Table(box=None, padding=(0, 2, 0, 0), expand=True)
    for name in ("", "total", "per second"):
        table.add_column(name, justify="left" if not name else "right")
    table.add_row("records in", f"{view.published:,}", f"{view.published_rate:,.0f}")
    table.add_row("decisions out", f"{view.decided:,}", f"{view.decided_rate:,.0f}")
    table.add_row("rejected", f"{view.rejected:,}", "")
    table.add_row("lag", f"{view.lag:,}", "")
    return table


def decisions_table(view: View) -> Table:
    """Build the table, of constant height, of the last decisions that are not `hold`, newest first."""
    table = Table(box=None, padding=(0, 2, 0, 0), expand=True)
    for name, width in (("symbol", 9), ("action", 11), ("score", 6), ("regime", 11)):
        table.add_column(name, width=width, no_wrap=True)
    table.add_column("reasons", no_wrap=True, ratio=1, overflow="ellipsis")
    for c in reversed(view.recent):
        score = "-" if c.score is None else f"{c.score:+.2f}"
        table.add_row(c.symbol, Text(c.action, _ACTIONS.get(c.action, "")), score, c.regime, ", ".join(c.reasons))
    for _ in range(RECENT - len(view.recent)):
        table.add_row()
    return table


def reasons_table(view: View) -> Table:
    """Build the table of rejections by reason, as bars; the last row sums up what does not fit."""
    rows = list(view.reasons)
    if len(rows) > REASONS:
        rows = [*rows[: REASONS - 1], ("others", sum(count for _, count in rows[REASONS - 1 :]))]
    largest = max((count for _, count in rows), default=0)
    table = Table(box=None, padding=(0, 1, 0, 0), show_header=False)
    table.add_column(no_wrap=True, width=22, overflow="ellipsis")
    table.add_column(justify="right", width=5)
    table.add_column(no_wrap=True, width=BAR)
    for reason, count in rows:
        table.add_row(reason, f"{count:,}", Text(bar(count, largest), "red"))
    for _ in range(REASONS - len(rows)):
        table.add_row()
    return table


def dashboard(view: View, title: str) -> RenderableType:
    """Build the whole dashboard, in about 24 lines."""
    left = Group(workers_table(view.workers), Text(), totals_table(view))
    top = Table.grid(expand=True, padding=0)
    top.add_column(ratio=1)
    top.add_column(width=54)
    top.add_row(
        Panel(left, title="workers", title_align="left", height=REASONS + 2),
        Panel(reasons_table(view), title="rejections by reason", title_align="left", height=REASONS + 2),
    )
    decisions = Panel(decisions_table(view), title="some of the decisions", title_align="left")
    return Group(top, decisions, Text(f" {title}", "bold"))


class LiveScreen:
    """A screen on which steps scroll by above a dashboard that is redrawn a few times a second."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._view = View()
        self._title, self._since = "", time.monotonic()
        self._live: Live | None = None

    def say(self, text: str = "") -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def begin(self, number: int, title: str) -> None:
        self._title, self._since = f"{number:>2} … {title}", time.monotonic()
        if self._live is None:
            self._console.print(self._title, end="\r", markup=False, highlight=False)  # the result overwrites it

    def done(self, number: int, text: str, seconds: float) -> None:
        self._line(number, Text("✓", "bold green"), text, seconds)

    def failed(self, number: int, title: str, seconds: float) -> None:
        self.stop()
        self._line(number, Text("✗", "bold red"), title, seconds)

    def _line(self, number: int, mark: Text, text: str, seconds: float) -> None:
        line = Text.assemble(f"{number:>2} ", mark, f" {text:<{WIDTH}} {seconds:5.1f} s")
        self._console.print(line, soft_wrap=True)

    def show(self, view: View) -> None:
        self._view = view

    def start(self) -> None:
        self._live = Live(
            get_renderable=self._render, console=self._console, refresh_per_second=PER_SECOND, transient=True
        )
        self._live.start()

    def stop(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _render(self) -> RenderableType:
        return dashboard(self._view, f"{self._title} ({time.monotonic() - self._since:.0f} s)")
