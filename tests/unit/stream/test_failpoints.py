"""Crash points do what their variable says, and nothing without it."""

from __future__ import annotations

import os
import signal

import pytest

from worker.stream import failpoints


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """(pid, signal) of every signal sent."""
    signals: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: signals.append((pid, number)))
    return signals


def test_the_process_is_killed_at_the_nth_pass_of_its_point(sent: list[tuple[int, int]]) -> None:
    hook = failpoints.armed("committed:2")
    for name in ("committed", "begun", "begun"):
        hook(name)
    assert sent == []
    hook("committed")
    assert sent == [(os.getpid(), signal.SIGKILL)]
    hook("committed")
    assert len(sent) == 1


def test_another_signal_can_be_named(sent: list[tuple[int, int]]) -> None:
    failpoints.armed("fenced:1:SIGSTOP")("fenced")
    assert sent == [(os.getpid(), signal.SIGSTOP)]


def test_nothing_happens_without_the_variable(sent: list[tuple[int, int]]) -> None:
    assert failpoints.VARIABLE not in os.environ
    for point in failpoints.POINTS:
        failpoints.failpoint(point)
    assert sent == []
