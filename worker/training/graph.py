"""A fitted estimator as an ONNX graph: features in, probability of a rise out."""

from __future__ import annotations

from typing import Any

from worker.training.estimators import module

OPSET = {"": 17, "ai.onnx.ml": 3}
INPUT, OUTPUT = "features", "output"


def to_graph(fitted: Any, width: int) -> bytes:
    """Serialize the graph: float32 (n, width) to float32 (n, 1); the same estimator gives the same bytes."""
    onnx, types = module("onnx"), module("skl2onnx.common.data_types")
    model = module("skl2onnx").to_onnx(
        fitted,
        initial_types=[(INPUT, types.FloatTensorType([None, width]))],
        options={"zipmap": False},
        target_opset=OPSET,
        name="alphapulse",
    )
    _keep_rise(onnx, model)
    _name_sets_once(model)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString(deterministic=True))


def opset_of(content: bytes) -> dict[str, int]:
    """Return the operator sets of a graph, '' being ai.onnx."""
    return {each.domain: each.version for each in module("onnx").load_model_from_string(content).opset_import}


def _keep_rise(onnx: Any, model: Any) -> None:
    # The converter gives a label and the probabilities of both classes.
    helper, graph = onnx.helper, model.graph
    graph.initializer.append(helper.make_tensor("rise", onnx.TensorProto.INT64, [1], [1]))
    graph.node.append(helper.make_node("Gather", [graph.output[1].name, "rise"], [OUTPUT], axis=1))
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info(OUTPUT, onnx.TensorProto.FLOAT, [None, 1]))


def _name_sets_once(model: Any) -> None:
    sets = {each.domain: each.version for each in model.opset_import}
    del model.opset_import[:]
    for domain, version in sorted(sets.items()):
        entry = model.opset_import.add()
        entry.domain, entry.version = domain, version
