"""Settings of the portfolio's risk: capital, grids and limits."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from schemas.tick import interval_ms

DAY_MS = 86_400_000


def _rate(quote: str, given: float | str) -> float | str:
    """Return a number also where it came as text, as from a variable; else the symbol.

    Raises:
        ValueError: the number is no rate.
    """
    try:
        rate = float(given)
    except ValueError:
        return given
    if not 0.0 < rate < float("inf"):
        raise ValueError(f"the rate of {quote} must be a positive number or a symbol")
    return rate


class RiskSettings(BaseModel):
    """The portfolio and its limits; fractions are of its equity E."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    capital: float = Field(100_000.0, gt=0, description="equity before the first trade, in `risk.currency`")
    currency: str = Field("USD", min_length=1, description="the portfolio's currency; dollar stablecoins count as USD")
    fx: dict[str, float | str] = Field(
        default_factory=dict,
        description="value of one unit of a quote currency in `risk.currency`: a number, the symbol whose close it is, "
        "or `1/` and the symbol whose close is its inverse",
    )
    step: str = Field("1m", description="grid of event time on which figures and limits are computed")
    returns: str = Field("1h", description="grid of the returns; 1d for daily bars")
    returns_a_day: float | None = Field(
        None, gt=0, le=86_400, description="returns in a trading day; none = of a day of 24 hours, the careful side"
    )
    max_gross: float = Field(2.0, gt=0, le=1_000, description="limit of the gross exposure, pending orders included")
    max_net: float = Field(1.0, gt=0, le=1_000, description="limit of the net exposure, pending orders included")
    max_symbol: float = Field(0.20, gt=0, le=1_000, description="limit of one symbol's exposure")
    max_group: float = Field(0.60, gt=0, le=1_000, description="limit of a group's gross exposure")
    max_cluster: float = Field(0.40, gt=0, le=1_000, description="limit of the gross exposure of correlated symbols")
    correlation: float = Field(0.8, gt=0, lt=1, description="|ρ| above which two symbols are in one cluster")
    decay: float = Field(0.94, gt=0, lt=1, description="λ of the covariance, by return")
    max_var99: float = Field(0.04, gt=0, le=1, description="limit of the one-day value at risk at 99%")
    max_es99: float = Field(0.06, gt=0, le=1, description="limit of the expected shortfall beyond it")
    drawdown_soft: float = Field(0.05, ge=0, lt=1, description="drawdown from which sizes shrink")
    drawdown_hard: float = Field(0.15, gt=0, le=1, description="drawdown at which all positions are closed")
    day_block: float = Field(
        0.015, gt=0, le=1, description="loss of a UTC day after which nothing more is opened in it"
    )
    day_kill: float = Field(0.03, gt=0, le=1, description="loss of a UTC day at which all positions are closed")
    max_turnover: float = Field(
        10.0, gt=0, le=100_000, description="filled notional of a UTC day above which is warned"
    )
    unmodelled_sigma: float = Field(
        1.0, gt=0, le=1_000, description="annual volatility of a symbol with too few returns whose decision states none"
    )
    silent_intervals: int = Field(
        3, ge=1, le=10_000, description="open bar intervals after which a held symbol without a bar stops opens"
    )

    name: str | None = Field(
        None,
        min_length=1,
        description="name of the monitor: the end of its state topic's name, the beginning of its group's and of its "
        "transactional id; none = `processing.group`",
    )
    repeat_seconds: int = Field(
        120, ge=1, le=300, description="all limits are written again after this time, so that silence shows"
    )
    lag_seconds: int = Field(
        60, ge=1, le=3_600, description="a partition of decisions that is not read to its end for this long is behind"
    )
    wait_ms: int = Field(
        1_000, ge=0, le=60_000, description="time from a step's end for decisions of it that are still to come"
    )

    @field_validator("step", "returns")
    @classmethod
    def _divides_a_day(cls, value: str) -> str:
        if DAY_MS % interval_ms(value):
            raise ValueError(f"{value} does not divide a day")
        return value

    @field_validator("currency")
    @classmethod
    def _upper_case(cls, value: str) -> str:
        return value.upper()

    @field_validator("fx")
    @classmethod
    def _rates(cls, given: dict[str, float | str]) -> dict[str, float | str]:
        return {quote.upper(): _rate(quote, rate) for quote, rate in given.items()}

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.returns_ms % self.step_ms:
            raise ValueError("returns must be a multiple of step")
        if self.drawdown_soft >= self.drawdown_hard:
            raise ValueError("drawdown_soft must be smaller than drawdown_hard")
        if self.day_block > self.day_kill:
            raise ValueError("day_block must not be greater than day_kill")
        return self

    @property
    def step_ms(self) -> int:
        """Length of a step, ms."""
        return interval_ms(self.step)

    @property
    def returns_ms(self) -> int:
        """Length of a return, ms."""
        return interval_ms(self.returns)

    @property
    def day_returns(self) -> float:
        """Returns in a trading day: variances over one return times this are of one day."""
        return self.returns_a_day or DAY_MS / self.returns_ms
