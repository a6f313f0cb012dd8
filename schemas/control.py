"""`risk.control`: limits set by the portfolio risk monitor (compacted; key = symbol or `*`)."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from schemas.tick import END


class CorporateAction(msgspec.Struct, omit_defaults=True):
    """A split: prices are multiplied by `price_factor` from `ex_ts` on."""

    ex_ts: int
    price_factor: Annotated[float, Meta(gt=0)]


MODEL_KEY = "* model"  # for all symbols, as `*`; no symbol contains a space


class ModelSwitch(msgspec.Struct, omit_defaults=True, frozen=True):
    """The model of the registry that decisions use; without a name, none."""

    name: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}" + END)] | None = None
    version: Annotated[str, Meta(max_length=400)] = ""
    digest: Annotated[
        str,
        Meta(pattern=r"^([0-9a-f]{64})?" + END, description="as `alphapulse models list --json` shows it"),
    ] = ""

    def __post_init__(self) -> None:
        named = self.name is not None
        if bool(self.version) != named or bool(self.digest) != named:
            raise ValueError("name, version and digest go together")


class Control(msgspec.Struct, omit_defaults=True):
    """Limits for one symbol, or for all (`*`); under the key `* model`, the model that decisions use.

    A record applies from the first bar with `ts` ≥ `effective_ts`.
    """

    key: Annotated[str, Meta(description="symbol, `*` or `* model`")]
    version: Annotated[int, Meta(ge=1, description="grows with each record of the key")]
    effective_ts: Annotated[int, Meta(description="epoch ms UTC")]
    risk_mult: Annotated[float, Meta(ge=0, le=1)] = 1.0
    max_notional: Annotated[float, Meta(ge=0, description="quote currency")] | None = None
    allow_open: bool = True
    kill: Literal["none", "close_all"] = "none"
    corp_action: CorporateAction | None = None
    reason: str = ""
    model: Annotated[ModelSwitch | None, Meta(description="with the key `* model`, and with no other")] = None

    def __post_init__(self) -> None:
        if (self.key == MODEL_KEY) != (self.model is not None):
            raise ValueError(f"the key {MODEL_KEY!r} goes with a model, and no other key does")
        limits = (self.risk_mult, self.max_notional, self.allow_open, self.kill, self.corp_action)
        if self.model is not None and limits != (1.0, None, True, "none", None):
            raise ValueError("a record with a model sets no limits")
