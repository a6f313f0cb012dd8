"""What is learned from: each symbol's features and closes, from bars through the engine or from recorded decisions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from msgspec import UNSET
from numpy.lib import recfunctions
from numpy.typing import NDArray

from schemas import Decision
from schemas.tick import interval_ms
from worker.backtest.tape import Tape
from worker.engine.asking.settings import StrategySettings
from worker.engine.partition import PartitionEngine
from worker.engine.periods import close_times
from worker.engine.reasons import Reject, bits
from worker.engine.settings import EngineSettings
from worker.engine.stages.features import FEATURE_NAMES, FEATURE_SET_VERSION
from worker.engine.stages.ingestion import Decoder
from worker.errors import DataError
from worker.export.lines import read_lines

SLICE = 4_096  # records a step
# A return across one of these says nothing about the market.
SUSPECT = bits(Reject.level_shift_accepted, Reject.reference_expired)


class Series(NamedTuple):
    """Accepted bars of one symbol in order."""

    symbol: str
    close_ts: NDArray[np.int64]  # (n,), epoch ms
    close: NDArray[np.float64]  # (n,)
    suspect: NDArray[np.bool_]  # (n,): the way from the bar before is no return
    features: NDArray[np.float64]  # (n, all features)


def series_of_tapes(tapes: Sequence[Tape], settings: EngineSettings) -> list[Series]:
    """Run bars through the engine that the workers run, each symbol from an empty state."""
    # A strategy decides, and features do not depend on decisions.
    settings = settings.model_copy(update={"strategy": StrategySettings()})
    engine = PartitionEngine(settings)
    intervals = {s: interval_ms(i.interval) for s, i in settings.instruments.items() if i.interval}
    decoder = Decoder(settings.ingestion, intervals)
    found = [_play(tape, engine, decoder, settings) for tape in tapes]
    return [series for series in found if len(series.close)]


def _play(tape: Tape, engine: PartitionEngine, decoder: Decoder, settings: EngineSettings) -> Series:
    engine.begin_anew()
    parts = []
    for part, start, stop in tape.slices(SLICE):
        decoded = part.read(decoder, start, stop)
        outs = engine.step([tape.key] * (stop - start), decoded)
        kept = outs["validation"]["accepted"]
        parts.append(_columns(decoded.bars[kept], outs[kept]))
    none = (np.zeros(0, np.int64), np.zeros(0), np.zeros(0, bool), np.zeros((0, len(FEATURE_NAMES))))
    return Series(tape.name, *map(np.concatenate, zip(none, *parts, strict=True)))


def _columns(bars: NDArray[Any], outs: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    suspect = outs["validation"]["mask"] & np.uint64(SUSPECT) != 0
    features = recfunctions.structured_to_unstructured(outs["features"])
    return close_times(bars), bars["close"], suspect, features


def series_of_decisions(paths: Iterable[Path]) -> list[Series]:
    """Read decisions that were written with `engine.decision.detail = full`.

    Raises:
        DataError: a file cannot be read, or its decisions lack features or have those of another version.
    """
    rows: dict[str, list[Decision]] = {}
    for path in paths:
        for item in read_lines(path, rejected=False):
            assert isinstance(item, Decision)
            _check(item, path)
            rows.setdefault(item.symbol, []).append(item)
    return [_of_decisions(symbol, found) for symbol, found in rows.items()]


def _check(decision: Decision, path: Path) -> None:
    if decision.features is UNSET:
        raise DataError(f"{path} has no features", "Set engine.decision.detail = full for the run that writes it")
    if decision.feature_set_version != FEATURE_SET_VERSION:
        raise DataError(
            f"{path} has feature set {decision.feature_set_version}, not {FEATURE_SET_VERSION}", "Run the bars again"
        )


def _of_decisions(symbol: str, found: list[Decision]) -> Series:
    found.sort(key=lambda each: each.sequence)
    values = [[each.features.get(name) for name in FEATURE_NAMES] for each in found if each.features is not UNSET]
    return Series(
        symbol,
        np.array([each.close_ts for each in found], np.int64),
        np.array([each.bar.close for each in found]),
        np.array([each.quality.mask & SUSPECT != 0 for each in found]),
        np.array(values, np.float64),
    )
