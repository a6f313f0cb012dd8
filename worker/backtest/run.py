"""A whole backtest: records in, a folder of results out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from worker.backtest.ledger import Ledger
from worker.backtest.metrics.metrics import summary
from worker.backtest.metrics.strategy import strategy
from worker.backtest.parts import Progress, play_all
from worker.backtest.report import REPORT_FILE, render
from worker.backtest.tables import parquet, write_tables
from worker.backtest.tape import Tape
from worker.configured_strategy import described
from worker.engine.settings import EngineSettings
from worker.files import created

METRICS_FILE = "metrics.json"


def backtest(
    tapes: Sequence[Tape],
    settings: EngineSettings,
    folder: Path,
    workers: int,
    progress: Progress,
    per_year: float | None = None,
    registry: Path | None = None,
    warnings: Sequence[str] = (),
    inputs: Sequence[str] = (),
) -> tuple[list[Ledger], dict[str, Any]]:
    """Play the tapes and write lines, tables, metrics and report to `folder`; return the ledgers and the metrics.

    A year has `per_year` returns, else as `sessions` derives. `registry` is the folder of the configured model,
    `inputs` names the input, `warnings` go to the page and the metrics.

    Raises:
        ConfigError: pyarrow is not installed, or the strategy is refused.
        CannotCreate: the folder cannot be written.
    """
    parquet()  # fail before the run, not after it
    own = described(settings)  # before, too: its file may be edited meanwhile
    with created(folder, "Give another folder to --out"):
        folder.mkdir(parents=True, exist_ok=True)
        ledgers = play_all(tapes, settings, folder, workers, progress, registry)
        return ledgers, write_results(ledgers, settings, folder, own, per_year, inputs, warnings)


def write_results(
    ledgers: Sequence[Ledger],
    settings: EngineSettings,
    folder: Path,
    own: dict[str, Any] | None,
    per_year: float | None = None,
    inputs: Sequence[str] = (),
    warnings: Sequence[str] = (),
    risk: Mapping[str, Any] | None = None,
    drawn: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Write tables, metrics and report of played tapes.

    Return the metrics, with those of the portfolio's `risk`, which the page shows as `drawn`. `own` describes the
    strategy.
    """
    write_tables(ledgers, folder, settings.strategy.tags if own else None)
    found = summary(ledgers, settings, per_year, inputs) | {"warnings": list(warnings)}
    if own is not None:
        found["strategy"] = strategy(ledgers, own)
    if risk is not None:
        found["risk"] = risk
    (folder / METRICS_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
    (folder / REPORT_FILE).write_text(render(ledgers, found, settings, drawn), encoding="utf-8")
    return found
