"""Bars per CPU-second of a backtest, from Parquet to decisions on disk, one process (`make bench WHAT=backtest`)."""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench import report
from tests.support.parity import write_bars
from worker.backtest.parts import DECISIONS, play_all
from worker.backtest.player import Player
from worker.backtest.tape import tapes
from worker.engine.bar import BAR
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings
from worker.engine.stages.ingestion import Decoder
from worker.sources.bar_columns import read_bars
from worker.sources.report import ReadReport
from worker.sources.simulation.simulator import Simulation, simulated_records


def market(path: Path, symbols: int, bars: int) -> int:
    """Write simulated minute bars as Parquet, interleaved as a market sends them; returns their number."""
    records = list(simulated_records(Simulation(symbols=symbols, bars=bars, seed=7)))
    raw = Records([r.key for r in records], [r.value for r in records], [r.timestamp_ms for r in records])
    decoded = Decoder(EngineSettings().ingestion, {}).decode(raw)
    write_bars(path, {"": decoded.bars.astype(BAR)}, [record.key.decode() for record in records])
    return len(records)


def spent(path: Path, folder: Path) -> float:
    """CPU seconds of reading, playing and writing, the kernels loaded."""
    Player(EngineSettings()).warm_up()
    begun = time.process_time()
    play_all(tapes(read_bars(path, "X", None, ReadReport())), EngineSettings(), folder, 1, lambda _: None)
    return time.process_time() - begun


def command(path: Path, folder: Path) -> float:
    """CPU seconds of the whole command with one process: start, tables, metrics and report too."""
    given = [sys.executable, "-m", "worker", "backtest", str(path), "--out", str(folder), "--workers", "1"]
    process = subprocess.Popen(given, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the backtest ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Measure, print a table, write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--symbols", type=int, default=100)
    parser.add_argument("--bars", type=int, default=5_000, help="of each symbol")
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        path = folder / "bars.parquet"
        count = market(path, given.symbols, given.bars)
        rates = [count / spent(path, folder) for _ in range(given.runs)]
        size = (folder / DECISIONS).stat().st_size
        figures = {
            "backtest_bars_per_cpu_s": statistics.median(rates),
            "backtest_min_per_cpu_s": min(rates),
            "backtest_max_per_cpu_s": max(rates),
            "backtest_command_per_cpu_s": count / command(path, folder / "out"),
            "backtest_bytes_per_decision": size / count,
        }
    report.table(figures)
    report.write("bench-backtest", figures, bars=count)


if __name__ == "__main__":
    main()
