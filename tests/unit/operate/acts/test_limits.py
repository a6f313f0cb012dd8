"""What follows the newest record of a key, and for which version it was meant."""

from __future__ import annotations

import pytest

from schemas import Control
from schemas.control import MODEL_KEY
from worker.errors import ConfigError
from worker.operate.acts.intent import Conflict, Intent
from worker.operate.acts.limits import NEW, remove, set_limits, switch, withdraw_switch
from worker.operate.controls import Entry

BEFORE = Entry(Control("A", 7, 5, risk_mult=0.5, reason="first"), 100)


def following(intent: Intent, found: Entry | None) -> Control | None:
    assert intent.control is not None
    return intent.control(found)


def test_it_changes_what_is_given_and_keeps_the_rest() -> None:
    intent = set_limits("A", 9, {"allow_open": False}, "second", version=7)
    assert (intent.action, intent.subject, intent.reason) == ("set_limits", "A", "second")
    assert following(intent, BEFORE) == Control("A", 8, 9, risk_mult=0.5, allow_open=False, reason="second")
    kept = set_limits("A", 0, {"risk_mult": 1.0}, "")
    assert following(kept, BEFORE) == Control("A", 8, 0, reason="first")


def test_a_kill_is_an_act_of_its_own_kind() -> None:
    assert set_limits("*", 0, {"kill": "close_all"}, "drill").action == "kill"
    assert set_limits("*", 0, {"kill": "none"}, "over").action == "set_limits"


@pytest.mark.parametrize(("version", "found"), [(6, BEFORE), (NEW, BEFORE), (7, None)])
def test_another_version_than_the_expected_one_is_a_conflict(version: int, found: Entry | None) -> None:
    for intent in (set_limits("A", 0, {"risk_mult": 1.0}, "r", version), remove("A", "r", version)):
        with pytest.raises(Conflict, match="expects"):
            following(intent, found)


def test_a_new_key_is_expected_to_be_new() -> None:
    found = following(set_limits("A", 0, {"risk_mult": 0.5}, "r", NEW), None)
    assert found is not None
    assert found.risk_mult == 0.5


def test_what_is_not_there_is_not_removed() -> None:
    with pytest.raises(ConfigError, match="nothing was removed"):
        following(remove("A", "r"), None)
    assert following(remove("A", "r", 7), BEFORE) is None
    assert (remove("A", "r").action, remove(MODEL_KEY, "r").action) == ("remove_limits", "switch_model")


def test_a_switch_of_the_strategy_is_for_the_one_that_it_was_checked_with() -> None:
    key, digest = "* strategy cross", "a" * 64
    choice = {"name": "cross", "version": 1, "digest": digest}
    intent = switch(key, 0, {"strategy": choice}, "r", None)
    assert intent.action == "switch_strategy"
    found = following(intent, None)
    assert found is not None
    with pytest.raises(Conflict, match="another switch"):
        following(intent, Entry(found, 0))
    again = following(switch(key, 0, {"strategy": choice}, "r", Entry(found, 0)), Entry(found, 1))
    assert again is not None
    assert again.version == found.version + 1


def test_a_switch_of_the_model_follows_whatever_there_is() -> None:
    chosen = {"name": "m", "version": "1", "digest": "0" * 64}
    first = following(switch(MODEL_KEY, 0, {"model": chosen}, "r", None), None)
    assert first is not None
    assert following(switch(MODEL_KEY, 0, {"model": {}}, "r", None), Entry(first, 0)) is not None
    assert following(withdraw_switch(MODEL_KEY, ""), None) is None


def test_a_key_that_no_bar_has_is_refused() -> None:
    with pytest.raises(ConfigError, match="is not a valid symbol"):
        set_limits("no symbol", 0, {"risk_mult": 1.0}, "r")
