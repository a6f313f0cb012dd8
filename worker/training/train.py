"""The training of a model, written into a registry."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.engine.stages.features import FEATURE_SET_VERSION
from worker.errors import CannotCreate
from worker.files import cannot_create
from worker.models.description.manifest import Canary, Manifest, Row, Runtime, write_manifest
from worker.models.description.names import check_name, check_version
from worker.models.registry import MANIFEST, MODEL
from worker.models.session.canary import rows_of
from worker.models.session.runtime import cpu, onnxruntime
from worker.models.session.session import OnnxSession
from worker.training.card import CARD, model_card
from worker.training.estimators import fit
from worker.training.evaluate import Evaluation, evaluate
from worker.training.graph import INPUT, OUTPUT, opset_of, to_graph
from worker.training.plan import Plan
from worker.training.samples import Samples

CANARIES = 24


class Trained(NamedTuple):
    """A model before it is written."""

    content: bytes
    manifest: Manifest
    card: str
    evaluations: list[Evaluation]
    kind: str


def train(samples: Samples, plan: Plan) -> Trained:
    """Judge by walking forward, then fit to all samples. The same samples and plan give the same bytes.

    Raises:
        ConfigError: the extra `train` is not installed.
        DataError: there are too few samples.
    """
    check_name(plan.name)
    check_version(plan.version)
    judged = [evaluate(kind, samples, plan.folds, plan.embargo_ms, plan.seed, plan.calibration) for kind in plan.kinds]
    best = min(judged, key=lambda each: each.raw.log_loss)
    content = to_graph(fit(best.kind, samples, plan.seed), len(plan.features))
    manifest = Manifest(
        model_id=plan.name,
        version=plan.version,
        sha256=hashlib.sha256(content).hexdigest(),
        feature_set_version=FEATURE_SET_VERSION,
        features=list(plan.features),
        input=INPUT,
        output=OUTPUT,
        output_kind="p_up",
        horizon=plan.horizon,
        calibration=best.table,
        opset=opset_of(content),
        runtime=Runtime("onnxruntime", onnxruntime().__version__, cpu()),
        canary=canary_of(content, samples.features),
        created_from=plan.created_from,
    )
    return Trained(content, manifest, model_card(plan, manifest, samples, judged, best.kind), judged, best.kind)


def canary_of(content: bytes, features: NDArray[np.float32]) -> Canary:
    """Return rows spread evenly over the samples, with the graph's output for each."""
    at = np.linspace(0, len(features) - 1, CANARIES).astype(np.intp)
    # The shortest text that is this float32, so that a manifest stays readable.
    inputs: list[Row] = [[float(str(value)) for value in row] for row in features[at]]
    session = OnnxSession(content, INPUT, OUTPUT)
    outputs = [session.run(row[None, :])[0].astype(np.float64).tolist() for row in rows_of(inputs)]
    return Canary(inputs, outputs)


def publish(trained: Trained, root: Path) -> Path:
    """Write manifest, graph and card to `<root>/<name>/<version>`, and return that folder.

    Raises:
        CannotCreate: the version exists already, or the folder cannot be written.
    """
    folder = root / trained.manifest.model_id / trained.manifest.version
    files = {MODEL: trained.content, MANIFEST: write_manifest(trained.manifest), CARD: trained.card.encode()}
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".new-", dir=folder.parent))
        try:
            _write(scratch, files)
            scratch.rename(folder)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    except OSError as problem:
        if folder.exists():
            raise CannotCreate(f"{folder} exists already", "A version never changes: give another --version") from None
        raise cannot_create(folder, problem, "Give another folder to --registry") from None
    return folder


def _write(folder: Path, files: dict[str, bytes]) -> None:
    os.chmod(folder, 0o755)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def described(sources: Sequence[str], samples: Samples) -> str:
    """Describe what a model was made from, for its manifest."""
    first, last = (np.datetime64(int(ts), "ms").astype("datetime64[D]") for ts in (samples.start[0], samples.start[-1]))
    return f"{', '.join(sources)}: {len(samples)} samples, {first} to {last}"
