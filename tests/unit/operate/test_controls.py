"""The next control record of a key."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest

from schemas import Control
from schemas.control import MODEL_KEY, ModelSwitch
from worker.errors import ConfigError
from worker.operate.controls import changed, check_key


def test_what_is_not_given_stays() -> None:
    before = Control("A", 7, 5, risk_mult=0.5, max_notional=10.0, allow_open=False, reason="r")
    found = changed(before, "A", 9, {"risk_mult": 0.25})
    assert found == Control("A", 8, 9, risk_mult=0.25, max_notional=10.0, allow_open=False, reason="r")


def test_a_key_without_a_record_begins_after_any_that_was_lifted() -> None:
    before = int(time.time())
    found = changed(None, "A", 0, {"kill": "close_all"})
    assert before <= found.version <= time.time()
    assert changed(found, "A", 0, {}).version == found.version + 1


@pytest.mark.parametrize(
    "fields",
    [{"risk_mult": 1.1}, {"risk_mult": -0.1}, {"max_notional": -1.0}, {"max_notional": math.nan}, {"kill": "x"}],
)
def test_what_does_not_fit_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="is invalid"):
        changed(None, "A", 0, fields)


def test_a_switch_replaces_the_model_before() -> None:
    first = changed(None, MODEL_KEY, 5, {"model": {"name": "m", "version": "1.0.0", "digest": "0" * 64}})
    assert first.model == ModelSwitch("m", "1.0.0", "0" * 64)
    second = changed(first, MODEL_KEY, 6, {"model": {}})
    assert (second.model, second.version, second.effective_ts) == (ModelSwitch(), first.version + 1, 6)
    with pytest.raises(ConfigError, match="is invalid"):
        changed(first, MODEL_KEY, 0, {"kill": "close_all"})
    with pytest.raises(ConfigError, match="is invalid"):
        changed(None, MODEL_KEY, 0, {"risk_mult": 0.5})


@pytest.mark.parametrize("key", ["", "SIM 3", "Ä", "A" * 65, MODEL_KEY, "A\n"])
def test_a_key_that_no_bar_has_is_refused(key: str) -> None:
    with pytest.raises(ConfigError, match="is not a valid symbol"):
        check_key(key)


@pytest.mark.parametrize("key", ["*", "BRK.B", "A" * 64])
def test_symbols_and_the_key_of_all_pass(key: str) -> None:
    check_key(key)
