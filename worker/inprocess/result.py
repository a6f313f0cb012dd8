"""Output of the pipeline: everything known of one point, built on request."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from schemas import Decision, Rejection
from worker.engine.output.outcomes import REGIMES, feature_rows
from worker.engine.pipeline import OUTPUT
from worker.engine.reasons import Reason
from worker.engine.stages.signal import COMPONENTS
from worker.inprocess.objects.overrides import Note
from worker.inprocess.point import DataPoint, DataQuality
from worker.inprocess.strange import plain, shown

if TYPE_CHECKING:
    from worker.inprocess.engine import PointEngine

PRICES = ("open", "high", "low", "close", "volume")
TRADED = ("side", "qty", "entry", "exit", "pnl", "bars_held", "suspect")
SIGNALS = ("score", "final", "confidence", "agreement")


def _null(x: float) -> float | None:
    return None if math.isnan(x) else x


class ProcessingResult:
    """The outcome of one point. When rejected, `features`, `regime` and what follows from them are empty or None."""

    __slots__ = ("_engine", "_note", "_outcome", "_row", "accepted", "point", "processing_time", "quality")

    def __init__(
        self,
        point: DataPoint,
        row: bytes,
        accepted: bool,
        level: int,
        note: Note | None,
        processing_time: float,
        engine: PointEngine,
    ) -> None:
        self.point = point
        self.accepted = accepted
        self.quality = DataQuality(level)
        self.processing_time = processing_time  # seconds: this point's share of its batch
        self._row, self._note, self._engine = row, note, engine
        self._outcome: Decision | Rejection | None = None

    def __repr__(self) -> str:
        what = self.execution_decision["action"]
        symbol, when = plain(self.symbol) or shown(self.symbol), shown(self.timestamp)
        if self.accepted:
            when = self.timestamp.isoformat()
        return f"ProcessingResult({symbol} {when} {self.quality.label} {what})"

    @property
    def _out(self) -> Any:
        return np.frombuffer(self._row, OUTPUT)

    @property
    def symbol(self) -> str:
        """The point's symbol."""
        return self.point.symbol

    @property
    def timestamp(self) -> datetime:
        """The bar's open, as given."""
        return self.point.timestamp

    @property
    def outcome(self) -> Decision | Rejection:
        """The record that a worker would publish for this bar: `schemas.Decision` or `schemas.Rejection`."""
        if self._outcome is None:
            self._outcome = self._engine.outcome(self.point, self._out, self._note)
        return self._outcome

    @property
    def quality_score(self) -> float:
        """Quality from 0 (rejected) to 1."""
        return round(float(self._out["validation"]["score"][0]), 6)

    @property
    def quality_codes(self) -> list[str]:
        """Codes of validation, in bit order."""
        outcome = self.outcome
        return outcome.codes if isinstance(outcome, Rejection) else outcome.quality.codes

    @property
    def normalized(self) -> dict[str, float] | None:
        """Open, high, low, close and volume on the window's scale; None until warm or rejected."""
        row = self._out["normalization"][0]
        if not (self.accepted and row["ready"]):
            return None
        return {name: float(row[name]) for name in PRICES}

    @property
    def features(self) -> dict[str, float | None]:
        """Every feature by name, 10 significant digits, None until warm; then those of a user's feature extractor."""
        if not self.accepted:
            return {}
        extra = self._note.extra if self._note else {}
        return next(feature_rows(self._out)) | {name: _null(x) for name, x in extra.items()}

    @property
    def patterns(self) -> list[tuple[str, int]]:
        """Name and strength of the candlesticks and chart events at this bar."""
        outcome = self.outcome
        return outcome.patterns if isinstance(outcome, Decision) else []

    @property
    def regime(self) -> str | None:
        """`unknown`, `trend_up`, `trend_down`, `range`, `high_vol` or `crisis`."""
        return REGIMES[int(self._out["regime"]["code"][0])] if self.accepted else None

    @property
    def signal(self) -> dict[str, Any] | None:
        """Score, model's probability, final, confidence, agreement, and every component's contribution."""
        outcome = self.outcome
        if not isinstance(outcome, Decision):
            return None
        parts = self._out["decision"]["contributions"][0].tolist()
        contributions = {name: x for name, x in zip(COMPONENTS, parts, strict=True) if not math.isnan(x)}
        figures: dict[str, Any] = {name: getattr(outcome, name) for name in SIGNALS}
        return figures | {"model_prob": outcome.model_prob, "contributions": contributions}

    @property
    def risk(self) -> dict[str, float | None] | None:
        """Risk figures and the factors that scaled the size."""
        outcome = self.outcome
        return msgspec.structs.asdict(outcome.risk) if isinstance(outcome, Decision) else None

    @property
    def execution_decision(self) -> Mapping[str, Any]:
        """The decision's fields, `action` among them; for a rejected point its fields, with `action` `rejected`."""
        fields: dict[str, Any] = msgspec.to_builtins(self.outcome)
        return fields if self.accepted else {"action": "rejected"} | fields

    @property
    def trades(self) -> list[dict[str, Any]]:
        """The trades of the virtual position that ended in this bar, with the code of their exit; most often none."""
        row = self._out
        ended = (row["said"]["earlier"][0], row["execution"]["trade"][0])  # a reversal and its stop may share a bar
        return [
            {name: trade[name].item() for name in TRADED} | {"reason": Reason(int(trade["reason"])).name}
            for trade in ended
            if trade["closed"]
        ]

    @property
    def replaced(self) -> tuple[str, ...]:
        """Integration objects whose value is in this result."""
        return tuple(self._note.replaced) if self._note else ()

    @property
    def degraded(self) -> tuple[str, ...]:
        """Integration objects that failed at this point, so that the built-in applied."""
        return tuple(self._note.degraded) if self._note else ()
