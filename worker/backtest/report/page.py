"""Assembly of data, style and script into one page."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import msgspec

from worker.backtest.figures import FIGURES, split_warnings
from worker.backtest.ledger import Ledger
from worker.backtest.report import content
from worker.engine.settings import EngineSettings

REPORT_FILE = "report.html"
SCRIPTS = (
    "drawing.js",
    "script.js",
    "price.js",
    "strategy.js",
    "blocks.js",
    "risk.js",
    "start.js",
)  # the last one runs
ABOUT = ("version", "engine_version", "feature_set_version", "config_hash", "inputs", "first", "last", "years",
         "intervals", "costs", "parameters", "periods_per_year", "decisions", "rejections")  # fmt: skip


def render(
    ledgers: Sequence[Ledger], metrics: dict[str, Any], settings: EngineSettings, risk: dict[str, Any] | None = None
) -> str:
    """Return the page of a run, of a portfolio with its `report.risk`; it loads nothing from anywhere."""
    traded = [ledger for ledger in ledgers if len(ledger.bars)]
    tags = settings.strategy.tags
    data = content.lines(traded) | {
        "about": {name: metrics[name] for name in ABOUT},
        "labels": [[name, *figure] for name, figure in FIGURES.items()],
        "portfolio": metrics["portfolio"],
        "verdicts": metrics["verdicts"],
        "returns": metrics["returns"],
        "trades": content.trades(traded, tags),
        "prices": content.prices(traded, tags),
        "rejections": content.rejections(ledgers) if ledgers else None,
        "rows": content.table(metrics["symbols"], traded),
        "strategy": metrics.get("strategy"),
        "warnings": [*metrics.get("warnings", []), *split_warnings(metrics["splits"])],
        "blocks": metrics["blocks"],
        "risk": risk,
    }
    return assembled("page.html", SCRIPTS, data)


def assembled(page: str, scripts: Sequence[str], data: dict[str, Any]) -> str:
    """Return a page with style, scripts and data in it."""
    # A `<` could end the script element: symbols are untrusted input.
    text = msgspec.json.encode(data).decode().replace("<", "\\u003c")
    whole = _part(page).replace("/*style*/", _part("style.css"))
    return whole.replace("/*script*/", "".join(map(_part, scripts))).replace("/*data*/", text)


def _part(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
