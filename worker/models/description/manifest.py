"""`manifest.json`: identity, inputs, outputs and checksums of a model."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from schemas.tick import END
from worker.engine.stages.features import FEATURE_NAMES, FEATURE_SET_VERSION
from worker.models.description.calibration import Table, check_table
from worker.models.description.names import NAME, VERSION
from worker.models.errors import ModelRefused

FORMAT = 1
ADDED = re.compile(rf"plugin\.{NAME.pattern}\.[A-Za-z0-9_]{{1,64}}")  # a column of a stage plugin
MAX_FEATURES = 512
MAX_CANARIES = 256
OutputKind = Literal["p_up", "p_down_flat_up", "expected_log_return"]
Row = list[float | None]  # null is NaN


class Runtime(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The runtime that computed the canary's outputs."""

    name: Literal["onnxruntime"]
    version: str
    cpu: Annotated[str, Meta(description="system and machine, lower case; equal bits are promised on this family only")]


class Canary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Inputs with known outputs."""

    inputs: Annotated[list[Row], Meta(min_length=2, max_length=MAX_CANARIES)]
    outputs: Annotated[list[list[float]], Meta(min_length=2, max_length=MAX_CANARIES)]


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One model's contract with the engine."""

    format: Annotated[int, Meta(ge=FORMAT, le=FORMAT)] = FORMAT
    model_id: Annotated[str, Meta(pattern=rf"^{NAME.pattern}{END}", description="the folder's name")]
    version: Annotated[
        str, Meta(pattern=rf"^{VERSION.pattern}{END}", description="semantic version; the inner folder's name")
    ]
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}" + END, description="of model.onnx")]
    feature_set_version: int
    features: Annotated[list[str], Meta(min_length=1, max_length=MAX_FEATURES, description="in the order of the input")]
    input: Annotated[str, Meta(description="name of the graph's input, float32 (n, features)")] = "features"
    output: Annotated[
        str, Meta(description="name of the graph's output, float32 (n, 1), or (n, 3) for three classes")
    ] = "output"
    output_kind: OutputKind
    output_scale: Annotated[
        Annotated[float, Meta(gt=0)] | None,
        Meta(description="of an expected return: standard deviation of the realised log return around it"),
    ] = None
    scaler: Annotated[Literal["graph"], Meta(description="scaling is part of the graph")] = "graph"
    nan_policy: Annotated[
        Literal["not_ready", "pass"], Meta(description="a row with a NaN is not asked, or the graph knows NaN")
    ] = "not_ready"
    horizon: Annotated[int, Meta(ge=1, le=100_000, description="bars ahead that the output predicts")]
    calibration: Annotated[Table | None, Meta(description="points (output, probability) with lines between")] = None
    opset: Annotated[dict[str, int], Meta(min_length=1, description="version of each operator set; '' is ai.onnx")]
    runtime: Runtime
    canary: Canary
    created_from: Annotated[str, Meta(max_length=2_000, description="data and program, in words")] = ""

    def __post_init__(self) -> None:
        if self.feature_set_version != FEATURE_SET_VERSION:
            raise ValueError(f"it reads feature set {self.feature_set_version}, this engine has {FEATURE_SET_VERSION}")
        if unknown := [name for name in self.features if name not in FEATURE_NAMES and not ADDED.fullmatch(name)]:
            raise ValueError(f"there is no feature {unknown[0]}")
        if len(set(self.features)) < len(self.features):
            raise ValueError("a feature is listed twice")
        if (self.output_kind == "expected_log_return") != (self.output_scale is not None):
            raise ValueError("output_scale goes with expected_log_return, and with nothing else")
        if self.calibration is not None:
            check_table(self.calibration)
        _check_canary(self)

    @property
    def columns(self) -> int:
        """Width of the output."""
        return 3 if self.output_kind == "p_down_flat_up" else 1


def _check_canary(manifest: Manifest) -> None:
    inputs, outputs = manifest.canary.inputs, manifest.canary.outputs
    if len(inputs) != len(outputs):
        raise ValueError("the canary must have as many outputs as inputs")
    if any(len(row) != len(manifest.features) for row in inputs):
        raise ValueError("a row of the canary must have one number per feature")
    if any(len(row) != manifest.columns for row in outputs):
        raise ValueError(f"a row of the canary's outputs must have {manifest.columns} numbers")


def read_manifest(text: bytes, where: str) -> Manifest:
    """Decode and check a manifest.

    Raises:
        ModelRefused: it is not a manifest, or does not fit this engine.
    """
    try:
        return msgspec.json.decode(text, type=Manifest)
    except msgspec.MsgspecError as problem:
        raise ModelRefused(
            f"{where} is not a manifest for this engine: {problem}", "docs/models.md lists its members"
        ) from None


def write_manifest(manifest: Manifest) -> bytes:
    """Return the manifest as JSON, one member per line."""
    members = msgspec.to_builtins(manifest)
    lines = [f"  {_json(name)}: {_json(value)}" for name, value in members.items()]
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
