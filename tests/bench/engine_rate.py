"""Bars per CPU-second of the engine, and ns a bar of each stage (`make bench WHAT=engine`); no Kafka, one core."""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tests.bench import report
from tests.bench.stage_chain import STAGES, chain
from worker.engine.hooking import NOBODY
from worker.engine.partition import PartitionEngine
from worker.engine.pipeline import OUTPUT, decide, observe, params
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings
from worker.engine.stages.ingestion import Decoder
from worker.engine.state.layout import MARKET_END, MARKET_START, STATE
from worker.engine.state.parts import whole
from worker.engine.state.symbols import Symbols
from worker.sources.simulation.simulator import Simulation, simulated_records

BATCH = 5_000
SPAN = np.array([MARKET_START, MARKET_END])


class Market(NamedTuple):
    """Batches of bars in arrival order, and each bar's slot."""

    bars: list[NDArray[Any]]
    slots: list[NDArray[np.int64]]
    warm: int  # batches before the measured ones

    @property
    def measured(self) -> int:
        """Bars in the measured batches."""
        return sum(map(len, self.bars[self.warm :]))


def market(settings: EngineSettings, symbols: int, warm: int, measured: int) -> Market:
    """Simulated minute bars of `symbols` symbols with a thousandth of faults: `warm` and then `measured` bars each."""
    records = list(simulated_records(Simulation(symbols=symbols, bars=warm + measured, seed=7, fault_rate=0.001)))
    decoder, known = Decoder(settings.ingestion, {}), Symbols(settings)
    bars, slots = [], []
    for start in range(0, len(records), BATCH):
        part = records[start : start + BATCH]
        batch = Records([r.key for r in part], [r.value for r in part], [r.timestamp_ms for r in part])
        bars.append(decoder.decode(batch).bars)
        slots.append(known.slots(batch.keys, [True] * len(part))[0])
    return Market(bars, slots, warm * symbols // BATCH)


class Run:
    """One engine over the market; `spent` is CPU time of the kernels over each measured batch, in ns."""

    def __init__(self, data: Market, settings: EngineSettings, symbols: int) -> None:
        self._data, self._params = data, params(settings)
        self._states = np.zeros(symbols, STATE)
        self._raw = self._states.view(np.uint8).reshape(symbols, STATE.itemsize)
        self._instruments = Symbols(settings).instruments[:1].repeat(symbols)
        self._instruments["multiplier"], self._instruments["calendar"] = 1.0, -1

    def spent(self, last: int | None) -> NDArray[np.float64]:
        """All stages as the engine runs them (None), or the chain up to stage `last`."""
        times = []
        for bars, slots in zip(self._data.bars, self._data.slots, strict=True):
            begun = time.process_time_ns()
            outs = np.zeros(len(bars), OUTPUT)
            order = np.argsort(slots, kind="stable")
            if last is None:
                self._engine(bars, slots, order, outs)
            else:
                self._chain(bars, slots, order, outs, last)
            times.append(time.process_time_ns() - begun)
        return np.array(times[self._data.warm :], dtype=np.float64)

    def _chain(self, bars: Any, slots: Any, order: Any, outs: Any, last: int) -> None:
        states, instruments = self._states, self._instruments
        chain(states, self._raw, SPAN, instruments, slots, order, bars, outs, self._params, last, NOBODY)

    def _engine(self, bars: Any, slots: Any, order: Any, outs: Any) -> None:
        parts = whole(self._states, self._instruments, len(order))
        observe(parts, slots, order, bars, outs, self._params)
        decide(parts, slots, order, bars, outs, self._params, NOBODY)


def by_stage(data: Market, settings: EngineSettings, symbols: int, runs: int) -> dict[str, float]:
    """ns a bar of each stage: the difference between two cuts of the chain, each batch at its least of all runs.

    The least is what the code costs; the rest is what others did on the machine.
    """
    cuts = np.array(
        [[Run(data, settings, symbols).spent(last) for last in range(len(STAGES))] for _ in range(runs)]
    )  # (run, stage, batch)
    totals = cuts.min(axis=0).sum(axis=1) / data.measured
    return {name: total - before for name, total, before in zip(STAGES, totals, [0.0, *totals], strict=False)}


def main() -> None:
    """Measure, print a table, write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--symbols", type=int, default=500)
    parser.add_argument("--warm", type=int, default=300, help="bars a symbol before the measurement")
    parser.add_argument("--bars", type=int, default=300, help="measured bars a symbol")
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    settings = EngineSettings()
    PartitionEngine(settings).warm_up()
    print(f"making {given.symbols * (given.warm + given.bars):,} bars of {given.symbols} symbols")
    data = market(settings, given.symbols, given.warm, given.bars)
    print("measuring stage by stage", flush=True)
    stages = by_stage(data, settings, given.symbols, given.runs)
    rates = [data.measured * 1e9 / Run(data, settings, given.symbols).spent(None).sum() for _ in range(given.runs)]
    figures = {
        "engine_bars_per_cpu_s": statistics.median(rates),
        "engine_min_bars_per_cpu_s": min(rates),
        "engine_max_bars_per_cpu_s": max(rates),
        "state_bytes_per_symbol": float(STATE.itemsize),
    }
    print(f"\n{'stage':16}{'ns a bar':>10}{'share':>9}")
    total = sum(stages.values())
    for name, ns in stages.items():
        print(f"{name:16}{ns:10.0f}{ns / total:9.1%}")
    print(f"{'all':16}{total:10.0f}\n")
    report.table(figures)
    report.write("bench-engine", figures, ns_per_bar=stages)


if __name__ == "__main__":
    main()
