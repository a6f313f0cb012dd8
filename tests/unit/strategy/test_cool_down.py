"""The engine's cool-down is known to the step: it says at which bars nothing that it asks for opens."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.unit.strategy.test_in_engine import play, same
from worker.engine.asking.intent import LONG
from worker.engine.partition import PartitionEngine
from worker.engine.reasons import Reason
from worker.engine.settings import engine_settings
from worker.strategy.loading import filled, hooked

BARS = 3
TEXT = """
from worker.strategy import FLAT, LONG, Strategy

class Own(Strategy):
    notes = ("left",)

    def step(c):
        c.order.notes[0] = c.position.cool_down
        if c.position.side == 0:
            c.order.side, c.order.share = LONG, 0.05
        elif c.position.bars_held >= 2:
            c.order.side = FLAT
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "own.py"
    path.write_text(TEXT)
    return path


def engine(file: Path, mode: str) -> PartitionEngine:
    given = {
        "execution": {"cool_down_bars": BARS, "stop_cool_down_bars": BARS},
        "ingestion": {"interval": "1h"},
        "strategy": {"file": str(file), "mode": mode},
    }
    settings = filled(engine_settings(given))
    return PartitionEngine(settings, strategy=hooked(settings))


def test_it_is_known_where_it_blocks(file: Path) -> None:
    outs = play(engine(file, "compiled"))
    said, reasons = outs["said"]["intent"], outs["decision"]["reasons"]
    flat = said["side"] == LONG
    left = said["notes"][flat, 0]
    assert ((left > 0) == (reasons[flat] >> Reason.cool_down & 1 == 1)).all()
    assert set(np.unique(left)) == {0.0, *range(1, BARS + 2)}, "the bar of the exit counts"


def test_both_modes_know_it(file: Path) -> None:
    assert same(play(engine(file, "compiled")), play(engine(file, "python")))
