"""What a failed write means: nothing is said to be unwritten where an earlier request with its key may have been."""

from __future__ import annotations

import pytest

from worker.errors import AlphapulseError, BrokerUnavailable, NotPermitted, TryAgain
from worker.gateway.auth.caller import Caller
from worker.gateway.resources.problem import Refused
from worker.gateway.writing import writer as writer_module
from worker.gateway.writing.writer import Asked, Writer
from worker.operate.acts.intent import Done, Intent, Origin
from worker.settings import Settings


async def codes(monkeypatch: pytest.MonkeyPatch, requests: list[tuple[str, str | None]]) -> list[str]:
    """Return the codes of requests (who, key) that all fail as brokers do that are silent."""

    async def fails(settings: Settings, origin: Origin, intent: Intent) -> Done:
        raise TryAgain("nothing was written, after 12 attempts (TimeoutError)", "Try again")

    monkeypatch.setattr(writer_module, "perform", fails)
    writer = Writer(Settings())
    found: list[str] = []
    for who, key in requests:
        with pytest.raises(Refused) as refused:
            await writer.do(Asked(Caller(who, "admin", "token"), "r", key, "d"), Intent("kill", "*", "why"))
        found.append(refused.value.code)
    return found


async def test_only_a_repeated_key_leaves_the_outcome_open(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str | None]] = [("ann", "1"), ("ann", "1"), ("bob", "1"), ("ann", None), ("ann", None)]
    assert await codes(monkeypatch, asked) == [
        *("unavailable", "outcome_unknown", "unavailable", "unavailable", "unavailable")
    ]


async def test_keys_are_not_remembered_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "REMEMBERED", 2)
    asked: list[tuple[str, str | None]] = [("ann", "1"), ("ann", "2"), ("ann", "3"), ("ann", "3"), ("ann", "1")]
    assert await codes(monkeypatch, asked) == [
        *("unavailable", "unavailable", "unavailable", "outcome_unknown", "unavailable")
    ]


@pytest.mark.parametrize("error", [BrokerUnavailable("a", "b"), NotPermitted("a", "b"), TryAgain("a", "b")])
def test_whatever_hid_the_answer(error: AlphapulseError) -> None:
    assert writer_module.refused(error, again=True).code == "outcome_unknown"
