"""The registry: a folder of `<name>/<version>/{manifest.json, model.onnx}`. Loading a model verifies all of it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from worker.engine.stages.features import FEATURE_NAMES
from worker.models.card import card_of
from worker.models.description.manifest import Manifest, read_manifest
from worker.models.description.names import NAME, VERSION, check_name, check_version, confined, precedence
from worker.models.errors import ModelRefused
from worker.models.scoring.scorer import ModelScorer
from worker.models.session.canary import check_canary, rows_of
from worker.models.session.graph import check_graph
from worker.models.session.invariance import batch_invariant
from worker.models.session.session import OnnxSession

MANIFEST, MODEL = "manifest.json", "model.onnx"
MAX_MANIFEST = 4 << 20  # bytes
MAX_MODEL = 64 << 20  # bytes


class Loaded(NamedTuple):
    """A model that passed every check."""

    manifest: Manifest
    digest: str  # sha256 of manifest.json, which holds that of model.onnx: it identifies everything that decides values
    scorer: ModelScorer
    deviation: float  # largest |difference| of an output from the canary


class Registry:
    """Models below one folder. Nothing outside it is read, whatever a name, a link or a graph contains."""

    def __init__(self, root: Path, max_bytes: int = MAX_MODEL, names: Sequence[str] | None = None) -> None:
        """Read models below `root`.

        `names` are the columns that models may read; None: the features and any column of a stage plugin.
        """
        if not root.is_dir():
            raise ModelRefused(f"the registry {root} is not a folder", "Correct the path")
        self.root, self._max_bytes, self._names = root, max_bytes, names

    def names(self) -> list[str]:
        """Return the names of the models."""
        return sorted(each.name for each in self.root.iterdir() if each.is_dir() and NAME.fullmatch(each.name))

    def versions(self, name: str) -> list[str]:
        """Return the versions of a model, the newest last."""
        folder = confined(self.root, check_name(name))
        if not folder.is_dir():
            raise ModelRefused(f"the registry has no model {name}", f"It has: {', '.join(self.names()) or 'none'}")
        found = [each.name for each in folder.iterdir() if each.is_dir() and VERSION.fullmatch(each.name)]
        return sorted(found, key=precedence)

    def newest(self, name: str) -> str:
        """Return the newest version of a model."""
        if not (found := self.versions(name)):
            raise ModelRefused(f"the model {name} has no version", "Put one into the registry")
        return found[-1]

    def manifest(self, name: str, version: str) -> tuple[Manifest, str]:
        """Return the manifest of a version and its digest; the graph is not read.

        Raises:
            ModelRefused: there is no such version, or the manifest does not fit.
        """
        path = self._path(name, version, MANIFEST)
        content = _content(path, MAX_MANIFEST)
        manifest = read_manifest(content, str(path))
        if (manifest.model_id, manifest.version) != (name, version):
            raise ModelRefused(
                f"{path} names {manifest.model_id}@{manifest.version}", "Folders and manifest must name one model"
            )
        return manifest, hashlib.sha256(content).hexdigest()

    def load(self, name: str, version: str, timeout_s: float | None = None, digest: str | None = None) -> Loaded:
        """Verify a version and make it ready to score. `digest` pins manifest and graph from outside the registry.

        Raises:
            ModelRefused: a check failed; the message says which.
            RuntimeMissing: the extra `models` is not installed.
        """
        manifest, found = self.manifest(name, version)
        if digest is not None and found != digest:
            raise _changed(name, version, MANIFEST, found, digest, "configuration")
        content = _content(self._path(name, version, MODEL), self._max_bytes)
        if (sha256 := hashlib.sha256(content).hexdigest()) != manifest.sha256:
            raise _changed(name, version, MODEL, sha256, manifest.sha256, "manifest")
        check_graph(content, manifest)
        checked = OnnxSession(content, manifest.input, manifest.output)
        deviation = check_canary(checked, manifest.canary)
        invariant = batch_invariant(checked, rows_of(manifest.canary.inputs))
        bounded = timeout_s is not None
        session = OnnxSession(content, manifest.input, manifest.output, timeout_s) if bounded else checked
        names = self._names or [*FEATURE_NAMES, *(set(manifest.features) - set(FEATURE_NAMES))]
        scorer = ModelScorer(session, card_of(manifest), invariant, names)
        return Loaded(manifest, found, scorer, deviation)

    def _path(self, name: str, version: str, file: str) -> Path:
        path = confined(self.root, check_name(name), check_version(version), file)
        if not path.is_file():
            raise ModelRefused(f"{path} is not a file", "`alphapulse models list` shows the registry")
        return path


def _changed(name: str, version: str, file: str, found: str, wanted: str, who: str) -> ModelRefused:
    return ModelRefused(f"{name}@{version}: sha256 of {file} is {found}, the {who} says {wanted}", "Restore the file")


def _content(path: Path, most: int) -> bytes:
    # Read one open file once: the bytes that are hashed are the bytes that run. A link made after the check is refused.
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0))
        with open(handle, "rb") as file:
            content = file.read(most + 1)
    except OSError as problem:
        raise ModelRefused(f"{path} cannot be read: {problem.strerror}", "Make it readable") from None
    if len(content) > most:
        raise ModelRefused(f"{path} is larger than {most:,} bytes", "Train a smaller model")
    return content
