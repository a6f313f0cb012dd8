"""Which split may be announced, and the record that announces it."""

from __future__ import annotations

import pytest

from schemas import Control
from schemas.control import CorporateAction
from worker.errors import ConfigError
from worker.operate.splits import following

HOUR = 3_600_000
SPLIT, OTHER = CorporateAction(10 * HOUR, 0.25), CorporateAction(20 * HOUR, 0.5)


def test_it_keeps_the_limits_and_their_time() -> None:
    before = Control("A", 7, 5, risk_mult=0.5, reason="r")
    found = following(before, "A", SPLIT, 9 * HOUR, "split 4:1", False)
    assert found == Control("A", 8, 5, risk_mult=0.5, corp_action=SPLIT, reason="split 4:1")
    assert following(None, "A", SPLIT, None, "", False).effective_ts == 0


@pytest.mark.parametrize("decided", [10 * HOUR, 11 * HOUR])
def test_one_whose_bars_are_decided_is_refused(decided: int) -> None:
    with pytest.raises(ConfigError, match="is already decided") as refused:
        following(None, "A", SPLIT, decided, "", True)
    assert "1970-01-01T10:00:00" in refused.value.message


@pytest.mark.parametrize("decided", [None, 9 * HOUR])
def test_one_that_waits_is_replaced_on_request_only(decided: int | None) -> None:
    before = Control("A", 7, 0, corp_action=SPLIT)
    with pytest.raises(ConfigError, match="waits for another split"):
        following(before, "A", OTHER, decided, "", False)
    assert following(before, "A", OTHER, decided, "", True).corp_action == OTHER
    assert following(before, "A", SPLIT, decided, "", False).version == 8


def test_one_that_is_over_makes_way() -> None:
    before = Control("A", 7, 0, corp_action=SPLIT)
    assert following(before, "A", OTHER, 10 * HOUR, "", False).corp_action == OTHER
