"""The bars that the documents print are accepted, as a worker would take them."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from worker.backtest.parts import DECISIONS, REJECTIONS, play_all
from worker.backtest.tape import tapes
from worker.engine.settings import EngineSettings

ROOT = Path(__file__).parents[3]
BAR = re.compile(r"\{\"symbol\":.*?\}")
STAMP = re.compile(r"timestamp=(\d+)")
NOW = int(time.time() * 1000)


def printed() -> list[Any]:
    """Value and record timestamp of every bar in the README and the documents; now where none is given."""
    found = []
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        text = page.read_text()
        for number, bar in enumerate(BAR.finditer(text)):
            stamp = STAMP.search(text, bar.end(), bar.end() + 200)
            ts = int(stamp[1]) if stamp else NOW + 1
            found.append(pytest.param(bar[0].encode(), ts, id=f"{page.stem}-{number}"))
    return found


def test_there_are_some() -> None:
    assert {"README-0", "operations-0"} <= {str(param.id) for param in printed()}


@pytest.mark.parametrize(("value", "stamp"), printed())
def test_a_printed_bar_is_accepted(value: bytes, stamp: int, tmp_path: Path) -> None:
    symbol = json.loads(value)["symbol"].encode()
    play_all(tapes([(symbol, value, stamp)]), EngineSettings(), tmp_path, 1, lambda _: None)
    assert (tmp_path / REJECTIONS).read_bytes() == b""
    (decision,) = map(json.loads, (tmp_path / DECISIONS).read_text().splitlines())
    marks = set(decision["quality"]["codes"])
    assert marks - {"stale_bar"} == {"reference_missing"}  # a symbol's first bar has nothing to be compared with
    assert "stale_bar" not in marks or stamp > NOW
