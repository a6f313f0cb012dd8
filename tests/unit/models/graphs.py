"""Small graphs with known faults, and registries that hold them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from worker.engine.stages.features import FEATURE_SET_VERSION
from worker.models.card import Card
from worker.models.registry import MANIFEST, MODEL
from worker.models.session.session import OnnxSession

ONNX: Any = onnx
FEATURES = ("rsi_14", "natr_14", "clv")
WIDTH = len(FEATURES)
OPSET = {"": 17}
NAME, VERSION = "sample", "1.0.0"


def graph(
    nodes: Sequence[Any],
    constants: dict[str, Any] | None = None,
    columns: int = 1,
    opset: dict[str, int] | None = None,
    ends: tuple[str, str] = ("features", "output"),
    width: int = WIDTH,
    kind: int = TensorProto.FLOAT,
) -> bytes:
    """A serialized graph from (n, width) to (n, columns)."""
    stored = [numpy_helper.from_array(np.asarray(value), name) for name, value in (constants or {}).items()]
    model = helper.make_model(
        helper.make_graph(
            list(nodes),
            "sample",
            [helper.make_tensor_value_info(ends[0], TensorProto.FLOAT, [None, width])],
            [helper.make_tensor_value_info(ends[1], kind, [None, columns])],
            stored,
        ),
        opset_imports=[helper.make_opsetid(domain, version) for domain, version in (opset or OPSET).items()],
    )
    model.ir_version = 8
    return bytes(model.SerializeToString())


def node(kind: str, inputs: Sequence[str], output: str, **attributes: Any) -> Any:
    """One operator."""
    return helper.make_node(kind, list(inputs), [output], **attributes)


def column(index: int) -> tuple[list[Any], dict[str, Any]]:
    """Nodes and constants that put one feature into `x`, (n, 1)."""
    return [node("Gather", ["features", "at"], "x", axis=1)], {"at": np.array([index], np.int64)}


def sigmoid() -> bytes:
    """p = sigmoid(first feature): every row alone."""
    nodes, constants = column(0)
    return graph([*nodes, node("Sigmoid", ["x"], "output")], constants)


def identity() -> bytes:
    """The first feature as it is: out of range where it is no probability."""
    nodes, constants = column(0)
    return graph([*nodes, node("Identity", ["x"], "output")], constants)


def root() -> bytes:
    """√(first feature): NaN where it is negative."""
    nodes, constants = column(0)
    return graph([*nodes, node("Sqrt", ["x"], "output")], constants)


def table() -> bytes:
    """Looks the first feature up among four probabilities: raises beyond them, whatever the other rows hold."""
    nodes, constants = column(0)
    nodes += [node("Cast", ["x"], "i", to=TensorProto.INT64), node("Reshape", ["i", "flat"], "j")]
    nodes += [node("Gather", ["values", "j"], "output", axis=0)]
    values = np.array([[0.1], [0.2], [0.3], [0.4]], np.float32)
    return graph(nodes, constants | {"flat": np.array([-1], np.int64), "values": values})


def linear() -> bytes:
    """A classifier whose rows depend, in the last bits, on the rows beside them."""
    width, rng = 40, np.random.default_rng(3)
    weights = rng.normal(size=(2, width)).astype(np.float32)
    classifier = helper.make_node(
        "LinearClassifier",
        ["features"],
        ["label", "both"],
        domain="ai.onnx.ml",
        coefficients=weights.ravel().tolist(),
        intercepts=[0.1, -0.1],
        classlabels_ints=[0, 1],
        post_transform="SOFTMAX",
        multi_class=1,
    )
    nodes = [classifier, node("Gather", ["both", "one"], "output", axis=1)]
    return graph(nodes, {"one": np.array([1], np.int64)}, opset={"": 17, "ai.onnx.ml": 1}, width=width)


def endless() -> bytes:
    """Counts to 2^62 before it answers."""
    nodes, constants = column(0)
    inner = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Sigmoid", ["a"], ["b"])],
        "inner",
        [
            helper.make_tensor_value_info("k", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("a", TensorProto.FLOAT, [None, 1]),
        ],
        [
            helper.make_tensor_value_info("on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("b", TensorProto.FLOAT, [None, 1]),
        ],
    )
    nodes.append(node("Loop", ["times", "yes", "x"], "output", body=inner))
    return graph(nodes, constants | {"times": np.int64(2**62), "yes": np.bool_(True)})


def card(**changes: Any) -> Card:
    """A card for the three features."""
    return Card(**({"model_id": NAME, "version": VERSION, "features": FEATURES} | changes))


def rows(*first: float) -> NDArray[np.float64]:
    """Feature rows with these values of the first feature."""
    found = np.zeros((len(first), WIDTH))
    found[:, 0] = first
    return found


def opset_of(content: bytes) -> dict[str, int]:
    """Operator sets by domain."""
    return {each.domain: each.version for each in ONNX.load_model_from_string(content).opset_import}


def manifest(content: bytes, run: bool = True, **changes: Any) -> dict[str, Any]:
    """A manifest's members that fit the graph; `run` False makes up its outputs."""
    inputs = [[0.0, 0.5, -0.5], [1.0, 0.0, 0.0], [2.0, 1.0, 0.25]]
    outputs = [[0.5]] * 3
    if run:
        session = OnnxSession(content, "features", "output")
        outputs = [session.run(np.array([row], np.float32))[0].astype(float).tolist() for row in inputs]
    return {
        "model_id": NAME,
        "version": VERSION,
        "sha256": hashlib.sha256(content).hexdigest(),
        "feature_set_version": FEATURE_SET_VERSION,
        "features": list(FEATURES),
        "output_kind": "p_up",
        "horizon": 12,
        "opset": opset_of(content),
        "runtime": {"name": "onnxruntime", "version": "1.32.0", "cpu": "linux x86_64"},
        "canary": {"inputs": inputs, "outputs": outputs},
    } | changes


def put(root: Path, content: bytes, members: dict[str, Any] | None = None, folder: str = f"{NAME}/{VERSION}") -> Path:
    """Write a graph and its manifest into a registry; returns the folder."""
    where = root / folder
    where.mkdir(parents=True)
    (where / MODEL).write_bytes(content)
    (where / MANIFEST).write_bytes(msgspec.json.encode(members or manifest(content)))
    return where
