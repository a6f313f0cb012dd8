"""Protocols of the user objects that replace parts of the engine.

Each method is called per accepted bar and must not keep state between calls. Where it raises, the built-in applies.
`features` holds the engine's features of that bar by name, NaN until warm.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from worker.inprocess.point import DataPoint

Features = Mapping[str, float]


class FeatureExtractor(Protocol):
    """A computation of features."""

    def extract(self, point: DataPoint, features: Features) -> Features:
        """Return features that replace the engine's of the same name; others are added to the result only."""
        ...


class MarketRegimeDetector(Protocol):
    """A detector of the market regime."""

    def detect(self, point: DataPoint, features: Features) -> str:
        """Return `unknown`, `trend_up`, `trend_down`, `range`, `high_vol` or `crisis`."""
        ...


class MultiTimeframeFusion(Protocol):
    """A fusion of higher timeframes into one direction."""

    def fuse(self, point: DataPoint, features: Features) -> float:
        """Return the component `mtf` of the score, -1 to 1."""
        ...


class ModelRegistry(Protocol):
    """A predictor. Its attributes `model_id` and `version`, if any, are shown in the decision."""

    def predict(self, point: DataPoint, features: Features) -> float:
        """Return the probability that the price rises, 0 to 1: half of `final`. Called once the features are warm."""
        ...


class RiskManager(Protocol):
    """A limit on risk."""

    def assess(self, point: DataPoint, risk: Mapping[str, float]) -> float:
        """Return a factor 0 to 1 on every size; 0 forbids opening. `risk` holds the engine's figures and factors."""
        ...


class PositionSizingOptimizer(Protocol):
    """A sizing of positions."""

    def optimize(self, point: DataPoint, proposal: Mapping[str, float]) -> float:
        """Return the quantity in base units, >= 0; clipped to the engine's notional limits and rounded to the lot.

        `proposal` holds the engine's side, qty, stop, target, final, confidence, budget and limits.
        """
        ...


class Integrations(NamedTuple):
    """The user's objects; None = the built-in."""

    feature_extractor: FeatureExtractor | None = None
    model_registry: ModelRegistry | None = None
    risk_manager: RiskManager | None = None
    position_sizing_optimizer: PositionSizingOptimizer | None = None
    market_regime_detector: MarketRegimeDetector | None = None
    multi_timeframe_fusion: MultiTimeframeFusion | None = None

    def check(self) -> None:
        """Raise TypeError for an object that lacks its method."""
        for name, given in self._asdict().items():
            needed = METHODS[name]
            if given is not None and not callable(getattr(given, needed, None)):
                raise TypeError(f"{name} needs a method {needed}(); {type(given).__name__} has none")

    @property
    def observing(self) -> bool:
        """Whether any object replaces an input of `decide` from the observing half."""
        return self._any("feature_extractor", "market_regime_detector", "multi_timeframe_fusion")

    @property
    def deciding(self) -> bool:
        """Whether any object runs between the stages of the deciding half."""
        return self._any("model_registry", "risk_manager", "position_sizing_optimizer")

    def _any(self, *names: str) -> bool:
        return any(getattr(self, name) is not None for name in names)


METHODS = {
    "feature_extractor": "extract",
    "model_registry": "predict",
    "risk_manager": "assess",
    "position_sizing_optimizer": "optimize",
    "market_regime_detector": "detect",
    "multi_timeframe_fusion": "fuse",
}
