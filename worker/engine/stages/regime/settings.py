"""Thresholds of the market regime: each entry has its own exit, so that a regime does not flicker."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field, model_validator


# Named for its stage: numba resolves named tuples of equal name and fields on its slow path, 2 ms per call.
class RegimeParams(NamedTuple):
    """Parameters of the kernel."""

    adx_enter: float
    adx_exit: float
    er_enter: float
    er_exit: float
    high_enter: float
    high_exit: float
    low_enter: float
    low_exit: float
    crisis_volatility: float
    crisis_drawdown: float
    crisis_exit_bars: int
    commit_bars: int
    turb_calm_sd: float
    turb_sd: float
    turb_calm_stay: float
    turb_stay: float
    turb_decay: float


class Settings(BaseModel):
    """Settings of the regime stage."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    adx_enter: float = Field(default=25.0, ge=0, le=100, description="ADX14 from which a trend begins (points)")
    adx_exit: float = Field(default=20.0, ge=0, le=100, description="ADX14 below which a trend ends (points)")
    er_enter: float = Field(default=0.30, ge=0, le=1, description="efficiency ratio (20) from which a trend begins")
    er_exit: float = Field(default=0.15, ge=0, le=1, description="efficiency ratio (20 bars) below which a trend ends")
    high_enter: float = Field(default=0.80, ge=0, le=1, description="percent rank of volatility from which it is high")
    high_exit: float = Field(default=0.70, ge=0, le=1, description="percent rank below which high volatility ends")
    low_enter: float = Field(default=0.20, ge=0, le=1, description="percent rank of volatility up to which it is low")
    low_exit: float = Field(default=0.30, ge=0, le=1, description="percent rank above which low volatility ends")
    crisis_volatility: float = Field(default=3.0, gt=1, le=100, description="crisis above this × median volatility")
    crisis_drawdown: float = Field(
        default=3.0,
        gt=0,
        le=100,
        description="crisis at a fall from the 20-bar high by this many standard deviations",
    )
    crisis_exit_bars: int = Field(default=10, ge=1, le=1000, description="quiet bars that end a crisis")
    commit_bars: int = Field(default=3, ge=1, le=100, description="bars before a new regime counts (crisis: 1)")
    turb_calm_sd: float = Field(default=0.7, gt=0, le=100, description="p_turb: sd of standardised returns when calm")
    turb_sd: float = Field(default=1.8, gt=0, le=100, description="p_turb: the same in turbulence")
    turb_calm_stay: float = Field(default=0.98, gt=0, lt=1, description="p_turb: probability that calm lasts a bar")
    turb_stay: float = Field(default=0.95, gt=0, lt=1, description="p_turb: probability that turbulence lasts a bar")
    turb_decay: float = Field(default=0.94, gt=0, lt=1, description="p_turb: decay of the variance of returns")

    @model_validator(mode="after")
    def _exits_inside_entries(self) -> Settings:
        if self.adx_exit > self.adx_enter or self.er_exit > self.er_enter:
            raise ValueError("adx_exit and er_exit must not exceed adx_enter and er_enter")
        if not self.low_enter <= self.low_exit <= self.high_exit <= self.high_enter:
            raise ValueError("volatility ranks must rise: low_enter, low_exit, high_exit, high_enter")
        if self.turb_calm_sd >= self.turb_sd:
            raise ValueError("turb_calm_sd must be below turb_sd")
        return self

    def params(self) -> RegimeParams:
        """Return the kernel's parameters."""
        return RegimeParams(**self.model_dump())
