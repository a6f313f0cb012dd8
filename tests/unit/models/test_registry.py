"""A model is loaded only when everything about it is what its manifest says."""

from __future__ import annotations

import contextlib
import hashlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from tests.support.examples import drawn
from tests.unit.models import graphs
from tests.unit.models.graphs import FEATURES, NAME, VERSION, graph, manifest, node, put, sigmoid
from worker.engine.stages.features import FEATURE_NAMES
from worker.errors import Exit
from worker.models.description.manifest import read_manifest
from worker.models.description.names import precedence
from worker.models.errors import ModelRefused, RuntimeMissing
from worker.models.registry import MANIFEST, MODEL, Registry
from worker.models.scoring.status import Status
from worker.models.session.graph import check_graph
from worker.models.session.session import OnnxSession

ONNX: Any = onnx


def refusal(root: Path, **how: Any) -> str:
    """What loading says."""
    with pytest.raises(ModelRefused) as caught:
        Registry(root, **how).load(NAME, VERSION)
    assert caught.value.exit_code == Exit.DATA
    assert caught.value.fix
    return caught.value.message


def test_a_whole_model_is_loaded(tmp_path: Path) -> None:
    put(tmp_path, sigmoid())
    found = Registry(tmp_path).load(NAME, VERSION)
    assert found.deviation == 0.0
    assert found.scorer.micro_batching
    assert found.manifest.features == list(FEATURES)
    p, status = found.scorer.score(graphs.rows(0.0, 2.0))
    assert p.tolist() == pytest.approx([0.5, 1 / (1 + np.exp(-2.0))], abs=1e-7)
    assert status.tolist() == [Status.ok] * 2


def test_versions_are_in_semantic_order(tmp_path: Path) -> None:
    ordered = ["0.9.0", "1.0.0-alpha", "1.0.0-alpha.2", "1.0.0-alpha.11", "1.0.0-rc.1", "1.0.0", "1.2.0", "1.10.0"]
    assert sorted({*ordered}, key=precedence) == ordered
    for version in ordered:
        (tmp_path / NAME / version).mkdir(parents=True)
    (tmp_path / NAME / ".new-abc").mkdir()
    (tmp_path / NAME / "01.0.0").mkdir()
    registry = Registry(tmp_path)
    assert (registry.names(), registry.versions(NAME), registry.newest(NAME)) == ([NAME], ordered, "1.10.0")


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "A", "_a", "a b", "a\n", "é", "x" * 65, "a\0"])
def test_names_that_are_none(tmp_path: Path, name: str) -> None:
    for ask in (Registry(tmp_path).versions, lambda given: Registry(tmp_path).load(given, VERSION)):
        with pytest.raises(ModelRefused, match="is not a model name"):
            ask(name)


@pytest.mark.parametrize("version", ["", "1", "1.0", "v1.0.0", "1.0.0/..", "..", "1.0.0\n", "01.0.0", "1.0.0-"])
def test_versions_that_are_none(tmp_path: Path, version: str) -> None:
    with pytest.raises(ModelRefused, match="is not a model version"):
        Registry(tmp_path).load(NAME, version)


@pytest.mark.parametrize("part", ["", VERSION, f"{VERSION}/{MODEL}", f"{VERSION}/{MANIFEST}"])
def test_links_are_not_followed(tmp_path: Path, part: str) -> None:
    root, outside = tmp_path / "registry", tmp_path / "outside"
    put(root, sigmoid())
    link = root / NAME / part
    link.rename(outside)
    link.symlink_to(outside)
    assert "symbolic link" in refusal(root)


def test_a_link_put_in_place_after_the_check_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = put(tmp_path, sigmoid())
    (folder / MANIFEST).rename(tmp_path / "outside")
    (folder / MANIFEST).symlink_to(tmp_path / "outside")
    monkeypatch.setattr("worker.models.registry.confined", lambda root, *parts: root.joinpath(*parts))
    assert "cannot be read" in refusal(tmp_path)


def test_other_bytes_than_the_manifest_names(tmp_path: Path) -> None:
    folder = put(tmp_path, sigmoid())
    content = bytearray((folder / MODEL).read_bytes())
    content[-1] ^= 1
    (folder / MODEL).write_bytes(content)
    assert "the manifest says" in refusal(tmp_path)


def test_a_digest_pins_the_manifest_and_so_the_graph(tmp_path: Path) -> None:
    folder = put(tmp_path, sigmoid())
    registry = Registry(tmp_path)
    digest = registry.load(NAME, VERSION).digest
    assert registry.load(NAME, VERSION, digest=digest).digest == digest == registry.manifest(NAME, VERSION)[1]
    (folder / MANIFEST).write_bytes(msgspec.json.encode(manifest(sigmoid(), calibration=[[0.0, 0.4], [1.0, 0.6]])))
    with pytest.raises(ModelRefused, match=r"sha256 of manifest\.json is .*, the configuration says"):
        registry.load(NAME, VERSION, digest=digest)


def test_a_model_that_is_too_large(tmp_path: Path) -> None:
    content = sigmoid()
    put(tmp_path, content)
    Registry(tmp_path, max_bytes=len(content)).load(NAME, VERSION)
    assert "larger than" in refusal(tmp_path, max_bytes=len(content) - 1)


@pytest.mark.parametrize("missing", [MODEL, MANIFEST])
def test_files_that_are_missing(tmp_path: Path, missing: str) -> None:
    (put(tmp_path, sigmoid()) / missing).unlink()
    assert "is not a file" in refusal(tmp_path)


def test_a_registry_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match="is not a folder"):
        Registry(tmp_path / "absent")


CHANGES: list[tuple[dict[str, Any], str]] = [
    ({"model_id": "other"}, "names other@1.0.0"),
    ({"version": "1.0.1"}, "names sample@1.0.1"),
    ({"format": 2}, "format"),
    ({"sha256": "0" * 63}, "sha256"),
    ({"surprise": 1}, "surprise"),
    ({"feature_set_version": 1}, "feature set 1"),
    ({"features": ["rsi_14", "natr_14", "nothing"]}, "no feature nothing"),
    ({"features": ["rsi_14", "natr_14", "rsi_14"]}, "listed twice"),
    ({"features": ["rsi_14", "natr_14"]}, "one number per feature"),
    ({"features": []}, "features"),
    ({"output_kind": "p_down_flat_up"}, "must have 3 numbers"),
    ({"output_kind": "wish"}, "wish"),
    ({"output_kind": "expected_log_return"}, "output_scale"),
    ({"output_scale": 0.01}, "output_scale"),
    ({"output_kind": "expected_log_return", "output_scale": 0.0}, "output_scale"),
    ({"scaler": "file"}, "scaler"),
    ({"nan_policy": "zero"}, "nan_policy"),
    ({"horizon": 0}, "horizon"),
    ({"calibration": []}, "calibration"),
    ({"calibration": [[0.1, 0.2], [0.1, 0.3]]}, "must rise"),
    ({"calibration": [[0.1, 0.4], [0.2, 0.3]]}, "never fall"),
    ({"calibration": [[0.1, 1.4]]}, "outside 0 to 1"),
    ({"opset": {"": 16}}, "operator sets"),
    ({"input": "other"}, "inputs are"),
    ({"output": "other"}, "outputs are"),
    ({"canary": {"inputs": [[0.0] * 3] * 2, "outputs": [[0.5]]}}, "canary"),
    ({"canary": {"inputs": [[0.0] * 3] * 2, "outputs": [[0.5]] * 3}}, "as many outputs"),
    ({"canary": {"inputs": [[0.0] * 3] * 2, "outputs": [[0.5], [0.5 + 2e-6]]}}, "canary is off by 2e-06"),
]


@pytest.mark.parametrize(("change", "message"), CHANGES, ids=[message for _, message in CHANGES])
def test_manifests_that_do_not_fit(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    put(tmp_path, sigmoid(), manifest(sigmoid(), **change))
    assert message in refusal(tmp_path)


def test_a_canary_within_the_tolerance(tmp_path: Path) -> None:
    close = {"inputs": [[0.0] * 3] * 2, "outputs": [[0.5], [0.5 + 9e-7]]}
    put(tmp_path, sigmoid(), manifest(sigmoid(), canary=close))
    assert Registry(tmp_path).load(NAME, VERSION).deviation == pytest.approx(9e-7)


def external(location: str) -> bytes:
    """A graph whose constant lies in another file."""
    model = ONNX.load_model_from_string(sigmoid())
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", "0"), ("length", "8")):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    return bytes(model.SerializeToString())


def hidden() -> bytes:
    """A graph whose constant in another file hides inside an If."""
    model = ONNX.load_model_from_string(external("weights"))
    tensor = model.graph.initializer.pop()
    inner = helper.make_graph([], "inner", [], [helper.make_tensor_value_info("at", TensorProto.INT64, [1])], [tensor])
    yes = helper.make_node("Constant", [], ["yes"], value=helper.make_tensor("t", TensorProto.BOOL, [], [True]))
    model.graph.node.insert(0, yes)
    model.graph.node.insert(1, helper.make_node("If", ["yes"], ["at"], then_branch=inner, else_branch=inner))
    return bytes(model.SerializeToString())


def custom() -> bytes:
    """A graph with an operator of a vendor's."""
    nodes, constants = graphs.column(0)
    nodes.append(node("Gelu", ["x"], "output", domain="com.microsoft"))
    return graph(nodes, constants, opset={"": 17, "com.microsoft": 1})


def smuggled() -> bytes:
    """The same, with a function of that vendor's domain beside it."""
    model = ONNX.load_model_from_string(custom())
    sets = [helper.make_opsetid("", 17)]
    body = [node("Identity", ["a"], "b")]
    model.functions.append(helper.make_function("com.microsoft", "Harmless", ["a"], ["b"], body, sets))
    return bytes(model.SerializeToString())


def noisy() -> bytes:
    """A graph that draws random numbers."""
    return graph([node("RandomUniformLike", ["x"], "output")], {"x": np.zeros((1, 1), np.float32)})


def two_outputs() -> bytes:
    """A graph that gives a second output."""
    model = ONNX.load_model_from_string(sigmoid())
    model.graph.output.append(helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 1]))
    return bytes(model.SerializeToString())


def fixed_batch() -> bytes:
    """A graph for one row at a time."""
    model = ONNX.load_model_from_string(sigmoid())
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1
    return bytes(model.SerializeToString())


def newest() -> bytes:
    """A graph of an operator set of the future."""
    return sigmoid_of_set(99)


def sigmoid_of_set(version: int) -> bytes:
    """The sigmoid graph with another operator set."""
    model = ONNX.load_model_from_string(sigmoid())
    model.opset_import[0].version = version
    return bytes(model.SerializeToString())


def double() -> bytes:
    """A graph that gives float64."""
    nodes, constants = graphs.column(0)
    return graph([*nodes, node("Cast", ["x"], "output", to=TensorProto.DOUBLE)], constants, kind=TensorProto.DOUBLE)


def two_columns() -> bytes:
    """A graph that gives two numbers a row."""
    nodes = [node("Gather", ["features", "at"], "output", axis=1)]
    return graph(nodes, {"at": np.array([0, 1], np.int64)}, columns=2)


def broken() -> bytes:
    """A graph whose parts do not fit."""
    nodes, constants = graphs.column(0)
    return graph([*nodes, node("MatMul", ["x", "x"], "y"), node("Sigmoid", ["nothing"], "output")], constants)


GRAPHS: list[tuple[Callable[[], bytes], str]] = [
    (lambda: external("weights"), "keeps data in another file"),
    (lambda: external("../weights"), "keeps data in another file"),
    (lambda: external("/etc/hostname"), "keeps data in another file"),
    (hidden, "keeps data in another file"),
    (custom, "custom operator com.microsoft.Gelu"),
    (smuggled, "custom operator com.microsoft.Gelu"),
    (noisy, "draws random numbers"),
    (graphs.endless, "may run without end"),
    (two_outputs, "outputs are ['output', 'x']"),
    (fixed_batch, "is not float32 (n, 3)"),
    (two_columns, "is not float32 (n, 1)"),
    (double, "is not float32 (n, 1)"),
    (newest, "newer than"),
    (broken, "the runtime refuses"),
]


@pytest.mark.parametrize(
    ("content", "message"), GRAPHS, ids=[f"{n} {message}" for n, (_, message) in enumerate(GRAPHS)]
)
def test_graphs_that_are_refused(tmp_path: Path, content: Callable[[], bytes], message: str) -> None:
    made = content()
    put(tmp_path, made, manifest(made, run=False) | {"canary": manifest(sigmoid())["canary"]})
    (tmp_path / NAME / VERSION / "weights").write_bytes(b"\0" * 8)
    assert message in refusal(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no graph", b"\x08\x08", bytes(range(128, 192))])
def test_files_that_are_no_graph(tmp_path: Path, content: bytes) -> None:
    put(tmp_path, content, manifest(sigmoid()) | {"sha256": hashlib.sha256(content).hexdigest()})
    assert "model.onnx" in refusal(tmp_path)


@settings(max_examples=drawn(40, 200), deadline=None)
@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 255)), min_size=1, max_size=8))
def test_a_damaged_graph_is_judged_or_refused(damage: list[tuple[int, int]]) -> None:
    content = bytearray(sigmoid())
    for at, flip in damage:
        content[at % len(content)] ^= flip
    with contextlib.suppress(ModelRefused):
        check_graph(bytes(content), read_manifest(msgspec.json.encode(manifest(sigmoid())), "here"))


@pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
def test_without_the_runtime_the_worker_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    put(tmp_path, sigmoid())
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(RuntimeMissing, match="models") as caught:
        Registry(tmp_path).load(NAME, VERSION)
    assert caught.value.exit_code == Exit.TEMPORARY


def test_a_model_whose_rows_depend_on_each_other_is_asked_row_by_row(tmp_path: Path) -> None:
    content = graphs.linear()
    inputs = np.random.default_rng(5).normal(size=(24, 40)).round(3)
    session = OnnxSession(content, "features", "output")
    outputs = [session.run(row[None].astype(np.float32))[0].astype(float).tolist() for row in inputs]
    canary = {"inputs": inputs.tolist(), "outputs": outputs}
    put(tmp_path, content, manifest(content, run=False) | {"features": list(FEATURE_NAMES[:40]), "canary": canary})
    scorer = Registry(tmp_path).load(NAME, VERSION).scorer
    assert not scorer.micro_batching
    rows = np.random.default_rng(6).normal(size=(300, 40))
    alone = np.concatenate([scorer.score(row[None]).prob for row in rows])
    assert scorer.score(rows).prob.tobytes() == alone.tobytes()
    assert session.run(rows.astype(np.float32))[:, 0].astype(float).tobytes() != alone.tobytes()
