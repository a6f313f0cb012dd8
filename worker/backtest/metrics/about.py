"""Description of a run: its input, period, parameters and costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from schemas.tick import interval_text
from worker.backtest.ledger import Ledger
from worker.backtest.metrics.days import Days
from worker.engine.settings import ENGINE_VERSION, EngineSettings
from worker.engine.stages.features import FEATURE_SET_VERSION
from worker.version import __version__

COSTS = ("fee_bps", "half_spread_bps", "slippage_bps")
NAMED = 12  # inputs named
# Reported elsewhere, or not a parameter.
LEFT_OUT = frozenset({"instruments_file", *(f"execution.{name}" for name in COSTS)})
OF_STRATEGY = ("file", "name", "version", "digest", "parameters", "tags", "notes")


def about(ledgers: Sequence[Ledger], days: Days, settings: EngineSettings, inputs: Sequence[str]) -> dict[str, Any]:
    """Return the head of a report; `days` are those of all symbols together, `inputs` names the input."""
    return {
        "version": __version__,
        "engine_version": ENGINE_VERSION,
        "feature_set_version": FEATURE_SET_VERSION,
        "config_hash": settings.config_hash(),
        "inputs": named(inputs),
        "first": _iso(days.first_ms) if days.day.size else None,
        "last": _iso(days.last_ms) if days.day.size else None,
        "years": days.years if days.day.size else None,
        "intervals": [interval_text(length) for length in sorted({one.interval_ms for one in ledgers} - {0})],
        "costs": costs(ledgers, settings),
        "parameters": changed(settings),
    }


def costs(ledgers: Sequence[Ledger], settings: EngineSettings) -> list[dict[str, Any]]:
    """Return budget and costs, basis points of an order's notional, per class and quote currency that was traded."""
    found = Counter[tuple[Any, ...]]()
    for ledger in ledgers:
        asset = settings.asset_of(ledger.symbol)
        values = (settings.value_of("execution", name, ledger.symbol) for name in COSTS)
        found[asset.profile, asset.quote, ledger.budget, *values] += 1
    names = ("profile", "quote", "budget", *COSTS, "symbols")
    return [dict(zip(names, (*key, count), strict=True)) for key, count in sorted(found.items(), key=str)]


def named(inputs: Sequence[str]) -> list[str]:
    """Return the names of the first inputs, and the number of further ones."""
    more = len(inputs) - NAMED
    return [*inputs[:NAMED], *([f"{more:,} more"] if more > 0 else [])]


def changed(settings: EngineSettings) -> dict[str, Any]:
    """Return the settings that differ from their defaults, by dotted name, without costs."""
    found = dict(_differences("", settings.model_dump(mode="json"), EngineSettings().model_dump(mode="json")))
    return {name: value for name, value in found.items() if name not in LEFT_OUT and not _of_strategy(name)}


def _of_strategy(name: str) -> bool:
    section, _, field = name.partition(".")
    return section == "strategy" and field.partition(".")[0] in OF_STRATEGY


def _differences(prefix: str, given: Mapping[str, Any], usual: Mapping[str, Any]) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in given.items():
        if isinstance(value, dict) and isinstance(usual.get(name), dict):
            found += _differences(f"{prefix}{name}.", value, usual[name])
        elif name not in usual or value != usual[name]:
            found.append((f"{prefix}{name}", value))
    return found


def _iso(ms: int) -> str:
    return f"{np.datetime64(ms, 'ms')}Z".replace(".000Z", "Z")
