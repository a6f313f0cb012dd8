"""Real workers under the real monitor, through a crash."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.conftest import Bootstrap
from tests.support.closed_loop import SYMBOLS, closed_loop
from tests.support.crash import CRASH

pytestmark = pytest.mark.kafka


async def test_after_a_crash_all_positions_close_within_two_bars_and_none_opens(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path
) -> None:
    found = await closed_loop(broker.bootstrap, topic_prefix, tmp_path)
    assert found.killed == CRASH
    # The kill finds positions, and an order that opens one at the next bar: no other limit was in its way.
    assert sum(one.position.state != "flat" for one in found.before) >= 3
    assert "open_long" in {one.action for one in found.before}
    first = next(iter(found.decided.values()))
    assert {one.action for one in first if one.position.state != "flat"} == {"close"}
    assert found.bars_to_flat <= 2
    assert found.opens == 0
    under = [one for bars in found.decided.values() for one in bars]
    assert len(under) == SYMBOLS * len(found.decided) >= SYMBOLS * 5
    assert all("kill_switch" in one.reasons for one in under if one.action == "close")
    assert any("kill_switch" in one.reasons and (one.score or 0.0) > 0.35 for one in under)  # it would have opened
