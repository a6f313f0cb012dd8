"""What each example strategy earned on the last years of the bundled data, costs in (`make bench WHAT=examples`).

The parameters are those in the files: textbook values, tried on the years before FROM only.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tests.bench.document import fill
from worker.backtest.ledger import Ledger
from worker.backtest.metrics.days import per_year
from worker.backtest.metrics.metrics import curves, figures
from worker.backtest.player import Player
from worker.backtest.tape import Tape, tapes
from worker.configured_strategy import filled
from worker.engine.settings import EngineSettings, engine_settings
from worker.models.registry import Registry
from worker.sources.bar_columns import Bars, columns_of
from worker.sources.datasets import DATASETS
from worker.sources.report import ReadReport
from worker.sources.source import open_dataset

ROOT = Path(__file__).parents[2]
FOLDER, REGISTRY = ROOT / "examples" / "strategies", ROOT / "examples" / "models"
PAGE, PART = FOLDER / "README.md", "earned"
FROM = datetime(2012, 1, 1, tzinfo=UTC)
OTHER = {"sp500": "nasdaq", "nasdaq": "sp500"}
# As much money as buy-and-hold has; else no position is above a fifth of the budget.
WHOLE = {"risk": {"position_limit": 1.0}, "ingestion": {"interval": "1d", "extra": ["other"]}}
LEARNING = {"learning": {"enabled": True}}
HEAD = "| strategy | index | earned | worst fall | Sharpe | trades | in a position | buy-and-hold | its worst fall |"


class Run(NamedTuple):
    """A strategy, and what the settings say beside it."""

    title: str
    file: str
    settings: dict[str, Any]
    dataset: str


class Earned(NamedTuple):
    """One row: fractions of the budget, and of the time."""

    run: Run
    own: dict[str, Any]
    held: dict[str, Any]  # buy-and-hold

    def line(self) -> str:
        """The row of the table."""
        own, held = self.own, self.held
        ratio = "-" if math.isnan(own["sharpe"]) else f"{own['sharpe']:.2f}"
        cells = (
            *(self.run.title, self.run.dataset, f"{own['total_return']:+.1%}", f"{own['max_drawdown']:.1%}"),
            *(ratio, f"{own['trades']}", f"{own['exposure']:.0%}"),
            *(f"{held['total_return']:+.1%}", f"{held['max_drawdown']:.1%}"),
        )
        return f"| {' | '.join(cells)} |"


def registered() -> dict[str, Any]:
    """The settings for the model of the registry."""
    registry = Registry(REGISTRY)
    [name] = registry.names()
    version = registry.versions(name)[-1]
    return {"model": {"name": name, "version": version, "digest": registry.manifest(name, version)[1]}}


def runs() -> Iterator[Run]:
    """Each strategy on both indices."""
    for file in sorted(FOLDER.glob("*.py")):
        for dataset in DATASETS:
            if file.stem != "model":
                yield Run(f"[{file.stem}]({file.name})", file.name, {}, dataset)
                continue
            yield Run("[model](model.py), learning", file.name, LEARNING, dataset)
            yield Run("[model](model.py), ONNX: **has seen these years**", file.name, registered(), dataset)


def tape(dataset: str) -> Tape:
    """All bars of an index, with the close of the other one."""
    own, other = (_bars(name) for name in (dataset, OTHER[dataset]))
    closes = dict(zip(other.rows["ts"].tolist(), other.rows["close"].tolist(), strict=True))
    joined = np.array([closes.get(ts, np.nan) for ts in own.rows["ts"].tolist()])
    [found] = tapes([own._replace(extra={"other": joined})])
    return found


def _bars(dataset: str) -> Bars:
    [found] = columns_of(open_dataset(dataset, None, ReadReport()))
    assert isinstance(found, Bars)
    return found


def settings(run: Run) -> EngineSettings:
    """Defaults, but for the size of positions."""
    return filled(engine_settings({**WHOLE, **run.settings, "strategy": {"file": str(FOLDER / run.file)}}))


def after(ledger: Ledger, start: datetime = FROM) -> Ledger:
    """The ledger from a time on, with the budget as equity before it. A position that is open then goes on."""
    ms = int(start.timestamp() * 1000)
    late = ledger.bars["ts"] >= ms
    bars = ledger.bars[late].copy()
    bars["equity"] -= ledger.bars["equity"][~late][-1] - ledger.budget
    return ledger._replace(bars=bars, trades=ledger.trades[ledger.trades["exit_ts"] >= ms])


def earned(run: Run, start: datetime = FROM) -> Earned:
    """Play all bars; judge those from `start` on."""
    ledger = after(Player(settings(run), REGISTRY).play(tape(run.dataset)), start)
    found = curves([ledger])
    told = figures([ledger], found, per_year([ledger], found.strategy))
    return Earned(run, told["strategy"], told["buy_and_hold"])


def table(rows: list[Earned]) -> str:
    """The table of the page."""
    rule = "|" + "---|" * (HEAD.count("|") - 1)
    return "\n".join([HEAD, rule, *(row.line() for row in rows)])


def main() -> None:
    """Print the table; with --docs write it into the page."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--docs", action="store_true", help="write the table into examples/strategies/README.md")
    given = arguments.parse_args()
    rows = []
    for run in runs():
        rows.append(earned(run))
        print(rows[-1].line(), flush=True)
    if given.docs:
        fill(PART, table(rows), PAGE)


if __name__ == "__main__":
    main()
