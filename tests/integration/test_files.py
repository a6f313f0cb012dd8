"""Random dirty files: what a worker publishes of them is what a backtest writes (`make test-files` has hundreds)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.files import generate, parity, ways
from tests.integration.conftest import Bootstrap
from tests.support.ticks import group_settings

pytestmark = pytest.mark.kafka

FILES, SEED = 12, 7_300


def test_live_is_backtest_for_dirty_files(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    files = [generate.made(tmp_path, SEED + number) for number in range(FILES)]
    settings = group_settings(broker.bootstrap, topic_prefix)
    done = parity.compare(ways.live, settings, files, tmp_path, lambda _: None)
    assert not done.differences, "\n".join(done.differences)
    assert (done.equal, done.crashed) == (FILES, 0)
    assert 0 < done.refused < FILES // 2
    assert done.decisions > 40
    assert done.rejections > 10
