"""What to train, and how to judge it."""

from __future__ import annotations

from dataclasses import dataclass

from worker.training.estimators import KINDS


@dataclass(frozen=True)
class Plan:
    """One training run."""

    name: str
    version: str
    features: tuple[str, ...]
    kind: str = "best"  # or one of KINDS
    horizon: int = 12  # bars
    cost: float = 0.0014  # fraction of the price
    folds: int = 5
    embargo_ms: int = 0
    seed: int = 1
    calibration: str = "auto"
    created_from: str = ""

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds that compete."""
        return KINDS if self.kind == "best" else (self.kind,)
