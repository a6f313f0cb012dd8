"""Settings of online learning and the parameters of its kernel."""

from __future__ import annotations

from enum import IntEnum
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

FTRL, PASSIVE_AGGRESSIVE = range(2)


class Method(IntEnum):
    """The learning algorithm."""

    ftrl = FTRL
    passive_aggressive = PASSIVE_AGGRESSIVE


# Named for its stage: numba resolves named tuples of equal name and fields on its slow path.
class LearningParams(NamedTuple):
    """Parameters of the kernel."""

    enabled: bool
    method: int
    alpha: float
    beta: float
    l1: float
    l2: float
    aggressiveness: float
    omega: float
    min_labels: int
    recovery_labels: int
    loss_decay: float


class Settings(BaseModel):
    """A linear model per symbol that predicts the direction of the next 12 bars (domain §7.4)."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    enabled: bool = Field(default=False, description="whether the model learns and is heard")
    method: Literal["ftrl", "passive_aggressive"] = Field(
        default="ftrl", description="FTRL-Proximal logistic regression, or PA-I"
    )
    alpha: float = Field(default=0.05, gt=0, le=100, description="ftrl: learning rate")
    beta: float = Field(default=1.0, ge=0, le=1e6, description="ftrl: damping of the first steps")
    l1: float = Field(default=0.0, ge=0, le=1e6, description="ftrl: L1 regularisation, makes weights 0")
    l2: float = Field(default=1.0, ge=0, le=1e6, description="ftrl: L2 regularisation, shrinks weights")
    aggressiveness: float = Field(default=0.01, gt=0, le=1e6, description="passive_aggressive: largest step C")
    omega: float = Field(default=0.5, ge=0, le=1, description="weight of the model's direction in the final score")
    min_labels: int = Field(
        default=200, ge=1, le=1_000_000, description="labels before the model is heard, also after a drift"
    )
    recovery_labels: int = Field(
        default=1_000, ge=1, le=1_000_000_000, description="labels without a drift that undo one halving of the weight"
    )
    # Labels of neighbouring bars share all but one of their returns: 500 are worth some 40 disjoint ones.
    loss_decay: float = Field(
        default=0.998, gt=0, lt=1, description="decay of the log loss by which the model is compared with the base rate"
    )

    def params(self) -> LearningParams:
        """Return the kernel's parameters."""
        return LearningParams(**self.model_dump() | {"method": int(Method[self.method])})
