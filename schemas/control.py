"""`risk.control`: limits set by the portfolio risk monitor (compacted; key = symbol or `*`)."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from schemas.tick import END


class CorporateAction(msgspec.Struct, omit_defaults=True):
    """A split of one symbol: from `ex_ts` on its prices are those before times `price_factor`."""

    ex_ts: Annotated[int, Meta(description="epoch ms UTC; it takes effect with the first accepted bar from here on")]
    price_factor: Annotated[float, Meta(ge=1e-4, le=1e4, description="0.25 for four new shares for an old one")]


ALL_KEY = "*"
MONITOR_HEADER = "alphapulse.monitor"  # of the records of the portfolio's monitor: its name; an operator's have none
MODEL_KEY = "* model"  # for all symbols, as `*`; no symbol contains a space
MODEL_NAME = r"^[a-z0-9][a-z0-9._-]{0,63}" + END
DIGEST = r"^[0-9a-f]{64}" + END


class ModelSwitch(msgspec.Struct, omit_defaults=True, frozen=True):
    """The model of the registry that decisions use; without a name, none."""

    name: Annotated[str, Meta(pattern=MODEL_NAME)] | None = None
    version: Annotated[str, Meta(max_length=400)] = ""
    digest: Annotated[
        str,
        Meta(pattern=r"^([0-9a-f]{64})?" + END, description="as `alphapulse models list --json` shows it"),
    ] = ""

    def __post_init__(self) -> None:
        named = self.name is not None
        if bool(self.version) != named or bool(self.digest) != named:
            raise ValueError("name, version and digest go together")


STRATEGY_KEY = "* strategy "  # and the strategy's name: groups of another one on the same topic go on
Value = bool | int | float | Annotated[str, Meta(max_length=400)]


class StrategySwitch(msgspec.Struct, omit_defaults=True, frozen=True):
    """The source and the parameters of a strategy that decisions use; no record brings code."""

    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.:-]{1,64}" + END, description="as decisions show it")]
    version: Annotated[int, Meta(ge=0)]
    digest: Annotated[
        str,
        Meta(pattern=DIGEST, description="sha256 of its source, as `alphapulse strategy show` does"),
    ]
    parameters: Annotated[dict[str, Value], Meta(description="of all of its parameters")] = {}


class Control(msgspec.Struct, omit_defaults=True):
    """Limits for one symbol, or for all (`*`); or a switch of the model or of a strategy.

    A record applies from the first bar with `ts` ≥ `effective_ts`.
    """

    key: Annotated[str, Meta(description="symbol, `*`, `* model` or `* strategy NAME`")]
    version: Annotated[int, Meta(ge=1, description="grows with each record of the key")]
    effective_ts: Annotated[int, Meta(description="epoch ms UTC")]
    risk_mult: Annotated[float, Meta(ge=0, le=1)] = 1.0
    max_notional: Annotated[float, Meta(ge=0, description="quote currency")] | None = None
    allow_open: bool = True
    kill: Literal["none", "close_all"] = "none"
    corp_action: CorporateAction | None = None
    reason: str = ""
    model: Annotated[ModelSwitch | None, Meta(description="with the key `* model`, and with no other")] = None
    strategy: Annotated[
        StrategySwitch | None, Meta(description="with the key `* strategy NAME` of its name, and with no other")
    ] = None

    def __post_init__(self) -> None:
        if (self.key == MODEL_KEY) != (self.model is not None):
            raise ValueError(f"the key {MODEL_KEY!r} goes with a model, and no other key does")
        named = None if self.strategy is None else STRATEGY_KEY + self.strategy.name
        if named != (self.key if self.key.startswith(STRATEGY_KEY) else None):
            raise ValueError(f"the key {STRATEGY_KEY + 'NAME'!r} goes with the strategy NAME, and no other key does")
        switches = self.model is not None or self.strategy is not None
        if switches and not (self.limits_nothing and self.corp_action is None):
            raise ValueError("a record with a model or a strategy sets no limits")
        if self.corp_action is not None and self.key == ALL_KEY:
            raise ValueError("a corporate action is of one symbol")

    @property
    def limits_nothing(self) -> bool:
        """Whether all limits have their defaults."""
        return (self.risk_mult, self.max_notional, self.allow_open, self.kill) == (1.0, None, True, "none")
