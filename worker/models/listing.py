"""Rows of `alphapulse models`: one per version of a registry."""

from __future__ import annotations

from typing import Any

from worker.models.description.manifest import Manifest
from worker.models.errors import ModelRefused
from worker.models.registry import Registry
from worker.models.session.runtime import cpu, onnxruntime

Line = dict[str, Any]


def listed(registry: Registry) -> list[Line]:
    """Return one line per version, from its manifest."""
    return [_listed(registry, name, version) for name in registry.names() for version in registry.versions(name)]


def checked(registry: Registry, name: str, version: str) -> Line:
    """Return one line: the verdict `ok`, or why the model would be refused."""
    line: Line = {"name": name, "version": version}
    try:
        found = registry.load(name, version)
    except ModelRefused as problem:
        return line | {"verdict": problem.message, "canary_off": None, "batches": None, "made_on": None}
    how = "any size" if found.scorer.micro_batching else "row by row"
    return line | {
        "verdict": "ok",
        "canary_off": found.deviation,
        "batches": how,
        "made_on": _made_on(found.manifest),
    }


def _made_on(manifest: Manifest) -> str:
    """Return the runtime and CPU family of a model's canary: equal bits are promised there only."""
    made = manifest.runtime
    here = (onnxruntime().__version__, cpu()) == (made.version, made.cpu)
    return "this runtime and CPU family" if here else f"{made.name} {made.version}, {made.cpu}"


def _listed(registry: Registry, name: str, version: str) -> Line:
    line: Line = {"name": name, "version": version}
    try:
        manifest, digest = registry.manifest(name, version)
    except ModelRefused as problem:
        return line | {"output": None, "features": None, "horizon": None, "digest": problem.message}
    return line | {
        "output": manifest.output_kind,
        "features": len(manifest.features),
        "horizon": manifest.horizon,
        "digest": digest,
    }
