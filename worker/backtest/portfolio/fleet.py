"""What the workers of a fleet decided under a monitor, from its input and the journals of its partitions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from schemas.portfolio import Portfolio
from worker.backtest.player import Player
from worker.backtest.tape import Tape
from worker.engine.settings import EngineSettings
from worker.risk.monitor import Monitor, Output
from worker.risk.monitor import replay as replay_steps
from worker.risk.settings import RiskSettings


def decided(
    tapes: Sequence[Tape], settings: EngineSettings, partitions: int, registry: Path | None = None
) -> list[list[bytes]]:
    """Return the decisions of each input partition in the order of its records.

    The tapes have the offsets of their records and the journals of their partitions.
    """
    player, found = Player(settings, registry), [list[tuple[int, bytes]]() for _ in range(partitions)]
    for tape in tapes:
        assert tape.journal is not None, "without its journal nobody knows which limits a record met"
        done = 0
        for _, _, decoded, outs in player.steps(tape):
            kept = np.flatnonzero(outs["validation"]["accepted"])
            values = player.writer.values(decoded.bars[kept], outs[kept], [tape.name] * kept.size)
            offsets = [tape.offsets[done + row] for row in kept.tolist()]
            found[tape.journal.partition] += zip(offsets, values, strict=True)
            done += len(outs)
    return [[value for _, value in sorted(each)] for each in found]


def monitored(
    decisions: Sequence[Sequence[bytes]],
    offsets: Sequence[Sequence[int]],
    steps: Iterable[Portfolio],
    settings: EngineSettings,
    risk: RiskSettings,
) -> Iterator[Output]:
    """Yield what a monitor writes at recorded steps over the decisions of a fleet.

    `offsets` are those of the decisions in their topic, by partition: cuts are among them.
    """
    log = [list(zip(at, values, strict=True)) for at, values in zip(offsets, decisions, strict=True)]
    return replay_steps(Monitor(risk, settings, len(log)), steps, log)
