"""Models and strategies: what is configured, in force and available, and who switched."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from schemas.control import DIGEST, MODEL_NAME, ModelSwitch, StrategySwitch, Value
from worker.gateway.resources.limits import Reason

EffectiveTs = Annotated[int, Meta(ge=0, le=2**53, description="first bar's open, epoch ms UTC; 0: all later bars")]


class RegistryRow(msgspec.Struct):
    """A version of a model in the registry."""

    name: str
    version: str
    digest: str | None
    output: str | None
    features: int | None
    horizon: Annotated[int | None, Meta(description="bars ahead")]
    created: Annotated[str | None, Meta(description="data and program it was made from, in words")]
    problem: Annotated[str | None, Meta(description="why workers would refuse it, as far as its manifest tells")]


class ModelChoice(msgspec.Struct):
    """A model; without a name the rules decide alone."""

    name: str | None
    version: str
    digest: str


class ModelSwitched(msgspec.Struct):
    """A switch of the model; `to` null: the configured one again."""

    ts: int
    who: str
    from_: Annotated[ModelChoice | None, Meta(description="null: the configured one")] = msgspec.field(name="from")
    to: ModelChoice | None
    reason: str
    audit_id: str


class ModelShown(msgspec.Struct):
    """The model that the newest decision of a partition names."""

    partition: int
    id: str | None
    version: str | None
    status: str | None
    close_ts: int | None


class Models(msgspec.Struct):
    """All models."""

    registry: list[RegistryRow]
    configured: ModelChoice | None
    in_force: Annotated[ModelChoice | None, Meta(description="by the newest switch, else the configured one")]
    version: Annotated[int | None, Meta(description="of the switch; null where there is none")]
    shown: Annotated[list[ModelShown], Meta(description="by the newest decisions")]
    history: Annotated[list[ModelSwitched], Meta(description="newest first, at most 100")]
    problem: Annotated[str | None, Meta(description="why the registry can't be shown")]


class ModelOrder(msgspec.Struct, forbid_unknown_fields=True):
    """Which model to use from now on; `name` null: the rules alone."""

    FORMS: ClassVar[list[dict[str, Any]]] = [
        {"properties": {"name": {"type": "string"}, "version": {"minLength": 1}}, "required": ["name", "version"]},
        {"properties": {"name": {"type": "null"}, "version": {"const": ""}, "digest": False}, "required": ["name"]},
    ]

    name: Annotated[str, Meta(pattern=MODEL_NAME)] | None
    reason: Reason
    version: Annotated[str, Meta(max_length=400)] = ""
    digest: Annotated[str, Meta(pattern=DIGEST, description="default: the registry's")] | UnsetType = UNSET
    effective_ts: EffectiveTs = 0


class StrategyChoice(msgspec.Struct):
    """A strategy with the values of its parameters."""

    id: str
    version: int
    digest: str
    parameters: dict[str, Any]


class ParameterField(msgspec.Struct):
    """A parameter of a strategy."""

    name: str
    value: Any
    default: Any
    range: str | None
    meaning: str | None


class StrategySource(msgspec.Struct):
    """A strategy that the configuration names."""

    id: str
    version: int | None
    digest: str
    source: Annotated[str, Meta(description="name of its file or package")]
    configured: bool
    fields: list[ParameterField]
    problem: str | None


class StrategySwitched(msgspec.Struct):
    """A switch of the strategy; `to` null: the configured one again."""

    ts: int
    who: str
    from_: Annotated[StrategyChoice | None, Meta(description="null: the configured one")] = msgspec.field(name="from")
    to: StrategyChoice | None
    reason: str
    audit_id: str


class Strategies(msgspec.Struct):
    """All strategies."""

    configured: Annotated[StrategyChoice | None, Meta(description="null: the rules decide")]
    in_force: Annotated[StrategyChoice | None, Meta(description="by the newest switch, else the configured one")]
    version: Annotated[int | None, Meta(description="of the switch; null where there is none")]
    available: list[StrategySource]
    history: Annotated[list[StrategySwitched], Meta(description="newest first, at most 100")]
    problem: Annotated[str | None, Meta(description="why the configured strategy can't be shown")]


class StrategyOrder(msgspec.Struct, forbid_unknown_fields=True):
    """Which source and parameters to use from now on; parameters that are left out keep their values."""

    parameters: dict[str, Value]
    reason: Reason
    digest: Annotated[str, Meta(pattern=DIGEST, description="default: the one in force")] | UnsetType = UNSET
    wait: Annotated[bool, Meta(description="switch though indicators need bars that workers have no longer")] = False
    effective_ts: EffectiveTs = 0


class Switched(msgspec.Struct):
    """A switch that is written."""

    key: str
    version: Annotated[int | None, Meta(description="null where a switch was withdrawn")]
    model: ModelSwitch | None
    strategy: StrategySwitch | None
    audit_id: str
    written_ms: Annotated[int, Meta(description="epoch ms UTC")]
    repeated: bool
