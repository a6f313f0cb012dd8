"""How long to wait before a request is tried again, and how often to say so."""

from __future__ import annotations

import random
from statistics import fmean
from types import SimpleNamespace
from typing import Any

import pytest

from worker.kafka import backoff
from worker.kafka.backoff import LEAST, MOST, SAY_AFTER, Attempts, BackOff, Rarely


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds slept; the clock moves by them alone."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(backoff, "asyncio", SimpleNamespace(sleep=sleep))
    monkeypatch.setattr(backoff, "time", SimpleNamespace(monotonic=lambda: 1_000.0 + sum(slept)))
    return slept


async def test_pauses_double_up_to_a_second_and_begin_anew_when_it_has_worked(
    clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backoff, "random", SimpleNamespace(uniform=lambda low, high: (low + high) / 2))
    attempts = Attempts("it")
    for _ in range(10):
        await attempts.wait("cause")
    assert clock == pytest.approx([0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1, 1, 1])
    attempts.worked()
    await attempts.wait("cause")
    assert clock[-1] == pytest.approx(LEAST)


def test_no_two_of_a_fleet_ask_in_step() -> None:
    random.seed(5)
    delays = BackOff(MOST, MOST)
    found = [delays.next() for _ in range(500)]
    assert min(found) >= 0.8
    assert max(found) <= 1.2
    assert max(found) - min(found) > 0.35
    assert fmean(found) == pytest.approx(1.0, abs=0.02)


async def test_trouble_is_told_once_it_lasts_then_each_half_minute_and_when_it_is_over(
    clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger=backoff.__name__)
    attempts = Attempts("the coordinator of g")
    while sum(clock) < SAY_AFTER / 2:
        await attempts.wait("16")
    attempts.worked()
    assert not caplog.records  # the daily life of a cluster
    begun = sum(clock)
    while sum(clock) - begun < 100:
        await attempts.wait("16")
    lines: list[Any] = [line for line in caplog.records if line.message == "waiting"]
    assert [round(line.seconds, -1) for line in lines] == [0, 30, 60, 90]
    assert {getattr(line, "for") for line in lines} == {"the coordinator of g"}
    assert {line.cause for line in lines} == {"16"}
    attempts.worked()
    assert caplog.records[-1].message == "continuing"


def test_what_goes_on_is_told_rarely_by_its_kind(clock: list[float]) -> None:
    rarely = Rarely(10)
    assert [rarely.due("a"), rarely.due("b"), rarely.due("a")] == [True, True, False]
    clock.append(10)
    assert rarely.due("a")
    rarely.reset()
    assert rarely.due("a")
