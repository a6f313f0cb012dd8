"""What `alphapulse models` says of each version of a registry."""

from __future__ import annotations

from typing import Any

from worker.models.errors import ModelRefused
from worker.models.registry import Registry

Line = dict[str, Any]


def listed(registry: Registry) -> list[Line]:
    """One line a version, from its manifest."""
    return [_listed(registry, name, version) for name in registry.names() for version in registry.versions(name)]


def checked(registry: Registry, name: str, version: str) -> Line:
    """One line: the verdict `ok`, or why the model would be refused."""
    line: Line = {"name": name, "version": version}
    try:
        found = registry.load(name, version)
    except ModelRefused as problem:
        return line | {"verdict": problem.message, "canary_deviation": None, "batches": None, "calibrated": None}
    how = "any size" if found.scorer.micro_batching else "row by row"
    return line | {
        "verdict": "ok",
        "canary_deviation": found.deviation,
        "batches": how,
        "calibrated": found.manifest.calibration is not None,
    }


def _listed(registry: Registry, name: str, version: str) -> Line:
    line: Line = {"name": name, "version": version}
    try:
        manifest = registry.manifest(name, version)
    except ModelRefused as problem:
        return line | {"output": None, "features": None, "horizon": None, "runtime": None, "sha256": problem.message}
    return line | {
        "output": manifest.output_kind,
        "features": len(manifest.features),
        "horizon": manifest.horizon,
        "runtime": f"{manifest.runtime.name} {manifest.runtime.version}",
        "sha256": manifest.sha256[:12],
    }
