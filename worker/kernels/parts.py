"""The parts in which kernels are compiled, each by one call: what two of them share is little."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from worker.backtest.sweeping import deciding
from worker.engine.bar import BAR
from worker.engine.hooking import NOBODY
from worker.engine.output.encoding import DecisionEncoder
from worker.engine.output.rows import OutputRows, clear_rejected
from worker.engine.output.tally import Tally
from worker.engine.partition import PartitionEngine
from worker.engine.pipeline import OUTPUT, decide, observe, params
from worker.engine.records import key_table
from worker.engine.records.raw import raw_records, together
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings
from worker.engine.state.parts import whole
from worker.models.serving import circuit
from worker.monitoring import warm
from worker.settings import Settings
from worker.strategy.running import observing
from worker.stream.decisions import DecisionJob
from worker.stream.state import dirty


def _observe() -> None:
    settings, none = EngineSettings(), np.zeros(0, np.int64)
    s, bars, outs = PartitionEngine(settings).symbols, np.zeros(0, BAR), np.zeros(0, OUTPUT)
    observe(whole(s.states, s.instruments, 0), none, none, bars, outs, params(settings))


def _decide() -> None:
    settings, none = EngineSettings(), np.zeros(0, np.int64)
    s = PartitionEngine(settings).symbols
    bars, outs = np.zeros(0, BAR), np.zeros(0, OUTPUT)
    decide(whole(s.states, s.instruments, 0), none, none, bars, outs, params(settings), NOBODY)


def _sets() -> None:
    deciding.warm_up(params(EngineSettings()))


def _outputs() -> None:
    DecisionJob(EngineSettings(), Settings()).warm_up_outputs()
    DecisionEncoder(EngineSettings()).warm_up()


def _rest() -> None:
    key_table.warm_up()
    nothing = raw_records(Records([], [], []))
    together([nothing, nothing])
    Tally().add(np.zeros(0, OUTPUT))
    dirty.warm_up()
    clear_rejected(OutputRows().rows(np.zeros(0, np.int64)))
    circuit.warm_up()
    warm.warm_up()


def everything() -> None:
    """Load every kernel, or compile it: what a worker, a sweep and the monitor of the portfolio's risk need."""
    DecisionJob(EngineSettings(), Settings()).warm_up()
    for part in WORK.values():
        part()


# By the names of `names.PARTS`.
WORK: Mapping[str, Callable[[], None]] = {
    "observe": _observe,
    "outputs": _outputs,
    "decide": _decide,
    "indicators": observing.warm_up,
    "rest": _rest,
    "sets": _sets,
}
