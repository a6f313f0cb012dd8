"""Blocks of positions over a run, counted over all symbols together and per symbol."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from worker.backtest.ledger import Ledger
from worker.engine.blocks import blocks, sentence
from worker.engine.settings import EngineSettings


def blocked(ledgers: Sequence[Ledger], settings: EngineSettings) -> dict[str, Any]:
    """Return `all` and each of `symbols` as `engine.blocks.Blocks`, with each symbol's profile and hints."""
    together = Counter[int]()
    for ledger in ledgers:
        together.update(ledger.verdicts)
    assets = {ledger.symbol: settings.asset_of(ledger.symbol) for ledger in ledgers if len(ledger.bars)}
    found = blocks(together)
    return {
        "sentence": sentence(found),
        "all": msgspec.to_builtins(found),
        "symbols": {
            ledger.symbol: {
                "profile": assets[ledger.symbol].profile,
                "quote": assets[ledger.symbol].quote,
                "budget": ledger.budget,
                **msgspec.to_builtins(blocks(ledger.verdicts)),
            }
            for ledger in ledgers
            if ledger.symbol in assets
        },
        "notes": _notes([asset.quote for asset in assets.values()]),
    }


def _notes(quotes: Sequence[str | None]) -> list[str]:
    known = sorted({quote for quote in quotes if quote})
    if len(known) < 2:
        return []
    return [f"symbols are quoted in {', '.join(known)}; the portfolio's figures add them as they are"]
