"""Settings of the strategy that decides instead of the rules."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from worker.engine.asking.intent import NOTES
from worker.engine.reasons import Reason

# Rules that a strategy may let hold, and the reasons of their gates and exits.
RULES = {
    "crisis_block": Reason.crisis_block,
    "vol_gate": Reason.vol_gate,
    "hysteresis": Reason.signal_weak,
    "anomaly": Reason.anomaly,
    "trailing_stop": Reason.trailing_stop,
    "max_holding": Reason.max_holding,
    "regime_exit": Reason.regime_exit,
}
Rule = Literal["crisis_block", "vol_gate", "hysteresis", "anomaly", "trailing_stop", "max_holding", "regime_exit"]
# As it stands in decisions.
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
ON_FAILURE = ("hold", "close", "rules")
HOLD_ON, CLOSE_ON, RULES_ON = range(len(ON_FAILURE))
# Where it comes from, how it runs, and what its source says too: none affects a value.
UNHASHED = ("file", "candidates", "mode", "tags", "notes", "on_state_change", "step_timeout_ms")


# Named for its stage: numba resolves named tuples of equal name and fields on its slow path.
class StrategyParams(NamedTuple):
    """Parameters of the kernel."""

    rules: int  # mask of the reasons of the rules that hold
    on_failure: int


class StrategySettings(BaseModel):
    """The strategy, and what holds beside it.

    Loading it fills in `name`, `version`, `digest` and all `parameters`, on which decisions depend, `tags` and `notes`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str | None = Field(None, description="Python file with the strategy's class")
    name: Name | None = Field(
        None, description="of a strategy in an installed package; without it and `file` the rules decide"
    )
    candidates: tuple[str, ...] = Field(
        (), description="files with other versions of it, that `alphapulse control strategy` may switch to"
    )
    version: int = Field(0, ge=0, description="its version; filled in when it is loaded")
    digest: str = Field("", description="sha256 of its source; filled in when it is loaded")
    rules: tuple[Rule, ...] = Field(
        (), description="built-in rules that hold beside it; quality, limits, controls and cool-down always do"
    )
    on_failure: Literal["hold", "close", "rules"] = Field(
        "hold",
        description="at a bar at which it fails: keep position, stop and target, close the position, or let the "
        "built-in rules decide",
    )
    mode: Literal["compiled", "python"] = Field(
        "compiled", description="python = interpreted, for breakpoints and for state of any kind; the same values"
    )
    on_state_change: Literal["refuse", "reset"] = Field(
        "refuse",
        description="where its stored state has fields that it lacks, without a migrate: stop with 78, or begin its "
        "state anew",
    )
    step_timeout_ms: int = Field(
        5_000,
        ge=100,
        le=600_000,
        description="CPU time of a step at one bar after which the process ends with 75 and names symbol and bar; "
        "below `processing.session_timeout_ms`",
    )
    parameters: dict[str, Any] = Field(default_factory=dict, description="values of its parameters")
    tags: tuple[Name, ...] = Field((), max_length=16, description="names of its tags; filled in when it is loaded")
    notes: tuple[Name, ...] = Field((), max_length=NOTES, description="names of its notes; filled in when it is loaded")

    @property
    def configured(self) -> bool:
        """Whether a strategy decides."""
        return self.file is not None or self.name is not None

    @model_validator(mode="after")
    def _needs_a_strategy(self) -> Self:
        if not self.configured and self != type(self).model_construct():
            raise ValueError("rules, parameters and the like need a strategy: give file or name")
        return self

    def params(self) -> StrategyParams:
        """Return the kernel's parameters."""
        rules = 0
        for rule in self.rules:
            rules |= 1 << RULES[rule]
        return StrategyParams(rules, ON_FAILURE.index(self.on_failure))
