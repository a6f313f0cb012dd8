"""All parameters that decide values, and their hash."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Literal, Self

import msgspec
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from schemas.tick import interval_ms
from worker.engine.asking.settings import UNHASHED, StrategySettings
from worker.engine.profiles import PROFILES, Asset, Name, resolve
from worker.engine.profiles.currencies import MAGNITUDES
from worker.engine.stages.anomaly import Settings as AnomalySettings
from worker.engine.stages.calibration import Settings as CalibrationSettings
from worker.engine.stages.decision import Settings as DecisionSettings
from worker.engine.stages.execution import Settings as ExecutionSettings
from worker.engine.stages.features import FEATURE_SET_VERSION
from worker.engine.stages.features import Settings as FeaturesSettings
from worker.engine.stages.forecast import Settings as ForecastSettings
from worker.engine.stages.ingestion import Settings as IngestionSettings
from worker.engine.stages.learning import Settings as LearningSettings
from worker.engine.stages.normalization import Settings as NormalizationSettings
from worker.engine.stages.patterns import Settings as PatternsSettings
from worker.engine.stages.regime import Settings as RegimeSettings
from worker.engine.stages.risk import Settings as RiskSettings
from worker.engine.stages.signal import Settings as SignalSettings
from worker.engine.stages.sizing import Settings as SizingSettings
from worker.engine.stages.timeframes import Settings as TimeframesSettings
from worker.engine.stages.validation import Settings as ValidationSettings
from worker.errors import SettingRefused

ENGINE_VERSION = "4"
PLUGIN = "plugin:"
ONLINE = "online"  # name in decisions of the model that each symbol learns
PENCE = "GBp"  # a hundredth of a pound, as vendors write it; differs from the pound's code by case alone


class ModelSettings(BaseModel):
    """The model that takes part in decisions. Its folder is no parameter: the digest identifies it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str | None = Field(
        None,
        description="of a model in the registry, or `plugin:` and the name of one; without it the rules decide alone",
    )
    version: str = Field("", description="its version")
    digest: str = Field("", description="of one in the registry: as `alphapulse models list --json` shows it")

    @property
    def plugin(self) -> str | None:
        """The plugin's name; None for a model of the registry."""
        return self.name.removeprefix(PLUGIN) if self.name is not None and self.name.startswith(PLUGIN) else None

    @model_validator(mode="after")
    def _pinned(self) -> Self:
        if bool(self.version) != (self.name is not None):
            raise ValueError("name and version go together")
        if bool(self.digest) != (self.name is not None and self.plugin is None):
            raise ValueError("a model in the registry has a digest, and nothing else has one")
        return self


class InstrumentSettings(BaseModel):
    """Settings of one symbol."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    interval: str | None = Field(None, description="bar length when records state none")
    tick: float = Field(0.0, ge=0, description="price step, quote currency; 0 = unknown")
    lot: float = Field(0.0, ge=0, description="quantity step, base units; 0 = any")
    min_qty: float = Field(0.0, ge=0, description="smallest quantity, base units")
    min_notional: float = Field(0.0, ge=0, description="smallest order value, quote currency")
    multiplier: float = Field(1.0, gt=0, description="quote value of one unit at price 1")
    profile: Name | None = Field(None, description="asset class, where it is another than `engine.profile` says")
    quote: str | None = Field(
        None, description="quote currency; none = as the symbol's form says. The profile's budget has its magnitude"
    )
    group: str | None = Field(
        None,
        min_length=1,
        description="sector or the like, whose exposure the portfolio limits (`risk.max_group`); none = no group",
    )
    bars_per_year: float = Field(
        0.0, ge=0, description="0 = from the interval, `engine.risk.year_days` and `engine.risk.day_hours`"
    )
    session_offset_ms: int = Field(
        0,
        ge=0,
        description="start of the trading day after 00:00 UTC, ms: grid of bars, higher timeframes and session VWAP",
    )
    calendar: str | None = Field(None, description="name of a calendar")
    allow_non_positive_price: bool = Field(False, description="for spreads and the like")

    @field_validator("interval")
    @classmethod
    def _known_interval(cls, value: str | None) -> str | None:
        if value is not None:
            interval_ms(value)
        return value

    @field_validator("quote")
    @classmethod
    def _upper_case(cls, value: str | None) -> str | None:
        return "GBX" if value == PENCE else value.upper() if value else None


class EngineSettings(BaseModel):
    """Parameters of every stage, and the instruments."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    profile: Literal["auto", "crypto", "equity", "fx", "futures"] = Field(
        "auto",
        description="asset class, whose defaults hold where a setting is not given; auto = of each symbol by its "
        "calendar, quote currency and form",
    )
    ingestion: IngestionSettings = IngestionSettings()
    validation: ValidationSettings = ValidationSettings()
    normalization: NormalizationSettings = NormalizationSettings()
    features: FeaturesSettings = FeaturesSettings()
    patterns: PatternsSettings = PatternsSettings()
    regime: RegimeSettings = RegimeSettings()
    timeframes: TimeframesSettings = TimeframesSettings()
    anomaly: AnomalySettings = AnomalySettings()
    forecast: ForecastSettings = ForecastSettings()
    learning: LearningSettings = LearningSettings()
    execution: ExecutionSettings = ExecutionSettings()
    signal: SignalSettings = SignalSettings()
    calibration: CalibrationSettings = CalibrationSettings()
    risk: RiskSettings = RiskSettings()
    sizing: SizingSettings = SizingSettings()
    model: ModelSettings = ModelSettings()
    plugins: tuple[str, ...] = Field((), description="stages of installed packages whose columns models may read")
    decision: DecisionSettings = DecisionSettings()
    strategy: StrategySettings = StrategySettings()
    instruments_file: str | None = Field(None, description="TOML file of calendars and instruments")
    instruments_version: str = Field("", description="version of the instruments, from that file")
    instruments: dict[str, InstrumentSettings] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_voice(self) -> Self:
        if self.learning.enabled and self.model.name is not None:
            raise ValueError("learning.enabled and model.name exclude each other: one model has a say")
        return self

    @property
    def voice(self) -> tuple[str | None, str]:
        """Name and version of the model in decisions: the configured one, or the one that each symbol learns."""
        return (ONLINE, self.learning.method) if self.learning.enabled else (self.model.name, self.model.version)

    def asset_of(self, symbol: str) -> Asset:
        """Return the asset class that supplies the symbol's defaults, and the reason for it."""
        given = self.instruments.get(symbol)
        if given is None:
            return resolve(self.profile, symbol)
        calendar = self.validation.calendars.get(given.calendar or "")
        hours = None if calendar is None else calendar.weekly_hours
        return resolve(self.profile, symbol, given.profile, given.quote, hours)

    def value_of(self, section: str, name: str, symbol: str) -> Any:
        """Return a symbol's value of a setting in `profiles.PROFILED`: the given value, else the class's."""
        given = getattr(getattr(self, section), name)
        return getattr(self.asset_of(symbol).defaults, name) if given is None else given

    def config_hash(self) -> str:
        """Return 16 hex digits that identify everything outputs depend on beside the input log."""
        # The content of the instruments file is part of these settings; its path is not.
        values = self.model_dump(mode="json", exclude={"instruments_file"})
        # A group decides nothing here: it is the portfolio's.
        for instrument in values["instruments"].values():
            del instrument["group"]
        # Configurations that do without what later releases added keep their hashes.
        if not self.plugins:
            del values["plugins"]
        # No value depends on which columns could be read: a strategy's source says which it does read.
        del values["ingestion"]["extra"]
        if not self.strategy.configured:
            del values["strategy"]
        else:
            for name in UNHASHED:
                del values["strategy"][name]
        if self.execution.gap == ExecutionSettings().gap:
            del values["execution"]["gap"]
        # Where nothing is given a profile's value applies, so these are parameters too.
        defaults = {name: profile._asdict() for name, profile in PROFILES.items()} | {"quotes": MAGNITUDES}
        content = {"engine": ENGINE_VERSION, "features": FEATURE_SET_VERSION, "defaults": defaults, **values}
        return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest()[:16]


def engine_settings(given: Mapping[str, Any]) -> EngineSettings:
    """Validate the `engine` section of the settings.

    Raises:
        ConfigError: a name or a value is invalid.
    """
    try:
        settings = EngineSettings.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        path = ("engine", *map(str, first["loc"]))
        raise SettingRefused(path, first["msg"], first["type"]) from None
    for symbol, instrument in settings.instruments.items():
        if instrument.calendar is not None and instrument.calendar not in settings.validation.calendars:
            raise SettingRefused(
                ("engine", "instruments", symbol, "calendar"),
                f"the instrument {symbol} names the calendar {instrument.calendar}, which is not defined",
                fix="Define it under engine.validation.calendars or in the instruments file",
            )
    return settings
