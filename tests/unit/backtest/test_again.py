"""The same bars again change no decision, whatever their order and stamps."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import pytest

from worker.backtest.lines import Lines
from worker.backtest.player import Player
from worker.backtest.tape import tapes
from worker.engine.settings import EngineSettings
from worker.sources.record import Record
from worker.sources.simulation.simulator import Simulation, simulated_records

BARS = list(simulated_records(Simulation(symbols=3, bars=300, seed=4)))


class Written:
    """The lines of a run."""

    def __init__(self, records: Iterable[Record]) -> None:
        self.decisions: list[bytes] = []
        self.rejections: list[bytes] = []
        player = Player(EngineSettings())
        for tape in tapes(records):
            player.play(tape, self)

    def write(self, lines: Lines) -> None:
        self.decisions += bytes(lines.decisions).splitlines()
        self.rejections += lines.rejections.splitlines()


@pytest.mark.parametrize("late_by", [0, 10**9])
def test_a_file_twice_is_decided_once(late_by: int) -> None:
    again = [record._replace(timestamp_ms=record.timestamp_ms + late_by) for record in BARS]
    once, twice = Written(BARS), Written([*BARS, *again, *again[500:], *again[:500]])
    assert twice.decisions == once.decisions
    assert len(once.decisions) + len(once.rejections) == len(BARS)
    more = twice.rejections[len(once.rejections) :]
    assert len(twice.rejections) == len(once.rejections) + 2 * len(BARS)
    assert {code for line in more for code in msgspec.json.decode(line)["codes"]} <= {"out_of_order", "duplicate_bar"}
