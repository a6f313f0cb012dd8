"""Rules for graphs, checked before anything of a graph runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from worker.models.description.manifest import Manifest
from worker.models.errors import ModelRefused
from worker.models.session.runtime import onnx

STANDARD = frozenset({"", "ai.onnx", "ai.onnx.ml"})
NEWEST = {"": 25, "ai.onnx.ml": 5}  # operator sets known to this release
# A value must depend on its row alone, and every row must terminate.
REFUSED = {
    **dict.fromkeys(("RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"), "draws random numbers"),
    **dict.fromkeys(("Multinomial", "Bernoulli", "Dropout"), "draws random numbers"),
    **dict.fromkeys(("Loop", "Scan"), "may run without end"),
}


def check_graph(content: bytes, manifest: Manifest) -> None:
    """Check a serialized graph against its manifest.

    Raises:
        ModelRefused: it is not a graph, uses a forbidden operator, or does not fit the manifest.
        RuntimeMissing: the package `onnx` is not installed.
    """
    model = _parsed(content)
    _operator_sets(model, manifest)
    graphs = [model.graph, *model.functions]
    own = {(function.domain, function.name) for function in model.functions}
    for node in (each for graph in graphs for each in _nodes(graph)):
        if node.domain not in STANDARD and (node.domain, node.op_type) not in own:
            raise ModelRefused(
                f"the graph needs the custom operator {node.domain}.{node.op_type}", "Export standard operators"
            )
        if why := REFUSED.get(node.op_type):
            raise ModelRefused(f"the operator {node.op_type} {why}", "Export the model for inference")
    if any(_external(tensor) for graph in graphs for tensor in _tensors(graph)):
        raise ModelRefused("the graph keeps data in another file", "Save all of it in model.onnx")
    _ends(model.graph, manifest)


def _parsed(content: bytes) -> Any:
    package = onnx()
    try:
        model = package.load_model_from_string(content)
        has_nodes = bool(model.graph.node)
    except Exception as problem:  # the parser's own type of error is not public
        raise ModelRefused(f"model.onnx is not a graph: {problem}", "Export it again") from None
    if not has_nodes:
        raise ModelRefused("model.onnx holds no graph", "Export it again")
    return model


def _operator_sets(model: Any, manifest: Manifest) -> None:
    found = {"" if each.domain == "ai.onnx" else each.domain: each.version for each in model.opset_import}
    for domain, version in found.items():
        if domain in NEWEST and version > NEWEST[domain]:
            raise ModelRefused(
                f"operator set {version} of {domain or 'ai.onnx'} is newer than {NEWEST[domain]}",
                "Export for an older one",
            )
    if found != manifest.opset:
        raise ModelRefused(
            f"the graph's operator sets are {found}, the manifest says {manifest.opset}", "Correct the manifest"
        )


def _nodes(graph: Any) -> Iterator[Any]:
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                yield from _nodes(inner)


def _tensors(graph: Any) -> Iterator[Any]:
    yield from getattr(graph, "initializer", ())
    for sparse in getattr(graph, "sparse_initializer", ()):
        yield from (sparse.values, sparse.indices)
    for node in graph.node:
        for attribute in node.attribute:
            yield from (attribute.t, *attribute.tensors)
            for sparse in (attribute.sparse_tensor, *attribute.sparse_tensors):
                yield from (sparse.values, sparse.indices)
            for inner in (attribute.g, *attribute.graphs):
                yield from _tensors(inner)


def _external(tensor: Any) -> bool:
    return bool(tensor.external_data) or tensor.data_location == onnx().TensorProto.EXTERNAL


def _ends(graph: Any, manifest: Manifest) -> None:
    """Check for one input and one output with the manifest's names and shapes."""
    stored = {tensor.name for tensor in graph.initializer}
    inputs = [each for each in graph.input if each.name not in stored]
    _one("input", inputs, manifest.input, len(manifest.features))
    _one("output", list(graph.output), manifest.output, manifest.columns)


def _one(what: str, ends: list[Any], name: str, width: int) -> None:
    if [each.name for each in ends] != [name]:
        raise ModelRefused(
            f"the graph's {what}s are {[each.name for each in ends]}, not {[name]}",
            "Export exactly one, with that name",
        )
    tensor = ends[0].type.tensor_type
    shape = [each.dim_value if each.HasField("dim_value") else None for each in tensor.shape.dim]
    if tensor.elem_type != onnx().TensorProto.FLOAT or shape != [None, width]:
        raise ModelRefused(
            f"the {what} {name} is not float32 (n, {width}): type {tensor.elem_type}, shape {shape}", "Export it so"
        )
