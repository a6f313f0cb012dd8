"""Token buckets of reads and writes."""

from __future__ import annotations

import pytest

from worker.gateway.auth import rates
from worker.gateway.auth.rates import Rates
from worker.gateway.resources.problem import Refused
from worker.settings import GatewaySettings


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def taken(limits: Rates, who: str, method: str, most: int = 1_000) -> int:
    """How many requests pass at once."""
    for count in range(most):
        try:
            limits.take(who, method)
        except Refused:
            return count
    return most


def test_a_page_may_ask_for_all_it_shows_at_once_and_then_at_the_rate() -> None:
    clock = Clock()
    limits = Rates(GatewaySettings(), clock)
    assert taken(limits, "ann", "GET") == 100
    clock.now += 1.0
    assert taken(limits, "ann", "HEAD") == 50
    clock.now += 60.0
    assert taken(limits, "ann", "GET") == 100


def test_writes_and_callers_have_their_own() -> None:
    clock = Clock()
    limits = Rates(GatewaySettings(), clock)
    assert [taken(limits, "ann", method) for method in ("POST", "PUT", "DELETE")] == [3, 0, 0]
    assert taken(limits, "ann", "GET") == 100
    assert taken(limits, "bob", "DELETE") == 3
    clock.now += 1.0
    assert taken(limits, "ann", "PUT") == 1


def test_it_says_when_to_try_again() -> None:
    clock = Clock()
    limits = Rates(GatewaySettings(writes_per_s=0.1), clock)
    taken(limits, "ann", "PUT")
    with pytest.raises(Refused, match=r"more than 0\.1 writes a second") as refused:
        limits.take("ann", "PUT")
    assert (refused.value.status, refused.value.headers) == (429, {"Retry-After": "10"})
    clock.now += 10.0
    limits.take("ann", "PUT")


def test_callers_that_are_gone_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "MOST", 100)
    clock = Clock()
    limits = Rates(GatewaySettings(), clock)
    for number in range(1_000):
        limits.take(f"address {number}", "GET")
        clock.now += 0.1
    assert len(limits._buckets) <= 101
