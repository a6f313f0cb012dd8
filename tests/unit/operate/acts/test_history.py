"""By which act a repeated request is known."""

from __future__ import annotations

from schemas.audit import Audit, Idempotency
from worker.operate.acts.history import DAY_MS, earlier


def act(number: int, who: str, key: str, ts: int = 0) -> Audit:
    idempotency = Idempotency(key, "0" * 64) if key else None
    return Audit(1, f"{number:032x}", ts, who, "set_limits", "A", "r", "operate", idempotency=idempotency)


def test_it_has_the_operator_and_the_key() -> None:
    acts = [act(1, "ann", "k"), act(2, "bob", "k"), act(3, "ann", ""), act(4, "ann", "l")]
    assert earlier(acts, "ann", "k", 0) is acts[0]
    assert earlier(acts, "bob", "k", 0) is acts[1]
    assert earlier(acts, "bob", "l", 0) is None


def test_it_is_known_for_a_day() -> None:
    acts = [act(1, "ann", "k", ts=1_000)]
    assert earlier(acts, "ann", "k", 1_000 + DAY_MS) is acts[0]
    assert earlier(acts, "ann", "k", 1_001 + DAY_MS) is None


def test_the_newest_counts() -> None:
    acts = [act(1, "ann", "k", ts=0), act(2, "ann", "k", ts=2 * DAY_MS)]
    assert earlier(acts, "ann", "k", 2 * DAY_MS) is acts[1]
