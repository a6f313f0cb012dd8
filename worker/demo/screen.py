"""The demo's output as lines, for a log or a pipe."""

from __future__ import annotations

import time
from typing import Protocol, TextIO

from worker.demo.view import Choice, View

WIDTH = 98  # of a step's text, before its seconds
EVERY = 4.0  # seconds between progress lines


class Screen(Protocol):
    """Where steps and progress are shown."""

    def say(self, text: str = "") -> None:
        """Print one line."""

    def begin(self, number: int, title: str) -> None:
        """Show that a step begins."""

    def done(self, number: int, text: str, seconds: float) -> None:
        """Show that a step is done."""

    def failed(self, number: int, title: str, seconds: float) -> None:
        """Show that a step failed; the error itself follows."""

    def show(self, view: View) -> None:
        """Show the present state; may be called at any rate."""

    def start(self) -> None:
        """Begin to show the state."""

    def stop(self) -> None:
        """Stop showing the state; may be called again."""


def step_line(number: int, mark: str, text: str, seconds: float) -> str:
    """Format a step, with its seconds at the right."""
    return f"{number:>2} {mark} {text:<{WIDTH}} {seconds:5.1f} s"


def progress_line(view: View) -> str:
    """Format counts and rates."""
    return (
        f"       {view.seconds:4.0f} s   in {view.published:,} ({view.published_rate:,.0f}/s)   "
        f"decisions {view.decided:,} ({view.decided_rate:,.0f}/s)   rejected {view.rejected:,}   lag {view.lag:,}"
    )


def choice_line(choice: Choice) -> str:
    """Format a decision and its reasons."""
    score = "-" if choice.score is None else f"{choice.score:+.2f}"
    return f"{choice.symbol} {choice.action} {score} in {choice.regime}: {', '.join(choice.reasons)}"


def reasons_line(view: View, count: int = 3) -> str:
    """Format the most frequent reasons of rejections."""
    first = [f"{reason} {number}" for reason, number in view.reasons[:count]]
    rest = sum(number for _, number in view.reasons[count:])
    return ", ".join([*first, f"others {rest}"] if rest else first)


class PlainScreen:
    """A screen that writes steps when they are done, and progress every few seconds."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._due = 0.0

    def say(self, text: str = "") -> None:
        print(text, file=self._out, flush=True)

    def begin(self, number: int, title: str) -> None:
        self._due = time.monotonic() + EVERY

    def done(self, number: int, text: str, seconds: float) -> None:
        self.say(step_line(number, "✓", text, seconds))

    def failed(self, number: int, title: str, seconds: float) -> None:
        self.say(step_line(number, "✗", title, seconds))

    def show(self, view: View) -> None:
        if time.monotonic() < self._due or not view.published:
            return
        self._due = time.monotonic() + EVERY
        self.say(progress_line(view))
        if view.recent:
            self.say(f"                latest decision   {choice_line(view.recent[-1])}")
        if view.reasons:
            self.say(f"                rejections        {reasons_line(view)}")

    def start(self) -> None:
        return

    def stop(self) -> None:
        return
