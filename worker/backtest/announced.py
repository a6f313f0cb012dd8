"""Splits from a file, for a backtest: the journal that workers have where control records announce them in time."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from schemas import Control
from schemas.control import CorporateAction
from schemas.state import JournalEntry
from worker.backtest.tape import Journal, Tape
from worker.engine.rescaling.ratio import price_factor
from worker.engine.settings import EngineSettings
from worker.engine.stages.ingestion import Decoder
from worker.errors import ConfigError, DataError
from worker.moments import read_moment

COLUMNS = ["symbol", "ex", "ratio"]
FIX = "Write a header symbol,ex,ratio, and lines such as AAPL,2020-08-31,4:1"
FORMAT, PARTITION = 1, 0

Splits = Mapping[str, Sequence[CorporateAction]]  # by symbol, in order of time


def read_splits(file: Path) -> Splits:
    """Return the splits in a CSV file: symbol, first bar at the new prices, ratio of new shares to old ones.

    Raises:
        DataError: it can't be read, or a line is none of these.
    """
    try:
        lines = list(csv.reader(file.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{file} can't be read: {error}", FIX) from None
    if not lines or [name.strip() for name in lines[0]] != COLUMNS:
        raise DataError(f"{file} has no header {','.join(COLUMNS)}", FIX)
    found: dict[str, dict[int, CorporateAction]] = {}
    for number, cells in enumerate(lines[1:], 2):
        if not cells:
            continue
        try:
            symbol, ex, ratio = (cell.strip() for cell in cells)
            action = CorporateAction(read_moment(ex), price_factor(ratio))
        except (ValueError, ConfigError) as error:
            told = error.message if isinstance(error, ConfigError) else str(error)
            raise DataError(f"{file}, line {number}: {told}", FIX) from None
        if action.ex_ts in found.setdefault(symbol, {}):
            raise DataError(f"{file}, line {number}: {symbol} has a second split at that time", "Remove one of them")
        found[symbol][action.ex_ts] = action
    return {symbol: [each for _, each in sorted(actions.items())] for symbol, actions in found.items()}


def announce(tapes: Iterable[Tape], splits: Splits, settings: EngineSettings) -> list[str]:
    """Give the tapes the journal that announces the splits; return the symbols that no tape is of."""
    concerned = [tape for tape in tapes if tape.key is not None and tape.name in splits]
    decoder = Decoder(settings.ingestion, {})
    entries = [entry for tape in concerned for entry in _entries(tape.name, splits[tape.name], _times(tape, decoder))]
    for tape in concerned:
        tape.journal, tape.offsets = Journal(PARTITION, entries), list(range(len(tape)))
    return sorted(splits.keys() - {tape.name for tape in concerned})


def _times(tape: Tape, decoder: Decoder) -> NDArray[np.int64]:
    return np.concatenate(
        [np.zeros(0, np.int64), *(part.read(decoder, 0, len(part)).bars["ts"] for part in tape.parts)]
    )


def _entries(symbol: str, actions: Sequence[CorporateAction], times: NDArray[np.int64]) -> list[JournalEntry]:
    # Of several the newest that a bar has seen decides. Each is seen from half way between the one before and itself,
    # so that neither a late bar nor one of a wrong clock makes another decide.
    seen = [0]
    for before, action in pairwise(actions):
        between = np.flatnonzero((times >= before.ex_ts) & (times < action.ex_ts))
        seen.append(max(int(between[len(between) // 2]) + 1 if between.size else seen[-1], seen[-1]))
    return [
        JournalEntry(FORMAT, symbol, n, n, visible, 0, 0, n, Control(symbol, n, 0, corp_action=action))
        for n, (visible, action) in enumerate(zip(seen, actions, strict=True), 1)
    ]
