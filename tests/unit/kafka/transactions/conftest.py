"""The leaders of the sender's tests."""

from __future__ import annotations

import pytest

from tests.support.leaders import ONE, TWO, A, B, C, Leaders, installed


@pytest.fixture
def leaders(monkeypatch: pytest.MonkeyPatch) -> Leaders:
    return installed(Leaders({A: ONE, B: ONE, C: TWO}), monkeypatch)
