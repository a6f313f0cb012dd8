"""Proof that live is backtest (`make parity`): what a killed fleet on a real Kafka publishes against a backtest."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import uuid
from collections.abc import Sequence
from pathlib import Path

from tests.bench import report, switched, upgraded
from tests.support.parity import Values, backtested, differing, lean_files, live, records_of
from tests.support.ticks import group_settings, ticks
from worker.broker import Broker
from worker.sources.record import Record
from worker.sources.recording import write_recording

DEADLINE = 900.0  # seconds for one phase
SEED = 11


def compared(bootstrap: str, name: str, records: list[Record], files: Sequence[Path], folder: Path) -> dict[str, float]:
    """Publish `records` to a fleet with a kill in the middle, backtest `files` that hold the same, compare."""
    settings = group_settings(bootstrap, f"parity-{name}-{uuid.uuid4().hex[:6]}")
    wanted: Values = asyncio.run(live(settings, records, folder, DEADLINE))
    found = backtested(settings, files, folder / name)
    assert len(wanted.decisions) + len(wanted.rejections) == len(records), "the topics are not whole"
    differ = differing(found, wanted)
    counts = f"{len(wanted.decisions):9,} decisions  {len(wanted.rejections):7,} rejections"
    print(f"{name:10} {len(records):9,} ticks  {counts}  {differ:,} values differ", flush=True)
    return {f"{name}_ticks": len(records), f"{name}_differing_values": differ}


def main() -> None:
    """Compare, print a table, write the results; exit 1 when a value differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulated", type=int, default=200_000, help="simulated ticks with faults")
    parser.add_argument("--symbols", type=int, default=200)
    parser.add_argument("--switched", type=int, default=40_000, help="ticks for a strategy that changes, per mode")
    parser.add_argument("--rate", type=float, default=200.0, help="of these, per second, until it has")
    parser.add_argument("--only", choices=["switched", "upgraded"], help="this part alone")
    given = parser.parse_args()
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as scratch, Broker() as broker:
        folder = Path(scratch)
        if given.only is None:
            files = lean_files(folder)
            figures |= compared(broker.bootstrap, "real", records_of(files), files, folder)
            records = ticks(given.simulated, given.symbols, SEED)
            write_recording(records, folder / "simulated.jsonl")
            figures |= compared(broker.bootstrap, "simulated", records, [folder / "simulated.jsonl"], folder)
        records = ticks(given.switched, given.symbols, SEED)
        for part in (switched, upgraded):
            for mode in ("compiled", "python"):
                if given.only in (None, part.__name__.rpartition(".")[2]):
                    figures |= part.compared(broker.bootstrap, mode, records, folder, given.rate)
    for name in ("ticks", "differing_values"):
        figures[name] = sum(value for part, value in figures.items() if part.endswith(f"_{name}"))
    report.table(figures)
    if given.only is None:
        report.write("parity", figures)
    raise SystemExit(bool(figures["differing_values"]))


if __name__ == "__main__":
    main()
