"""Models as answers."""

from __future__ import annotations

import asyncio
from pathlib import Path

from schemas.control import MODEL_KEY, ModelSwitch
from worker.errors import AlphapulseError
from worker.gateway.gateway import Gateway
from worker.gateway.log.operated.origins import control_of
from worker.gateway.log.values import fields, text, whole
from worker.gateway.resources.switches import ModelChoice, Models, ModelShown, ModelSwitched, RegistryRow
from worker.gateway.showing.limits import newest_decisions
from worker.models.description.names import check_version
from worker.models.errors import ModelRefused
from worker.models.registry import Registry

ALL = "*"


async def models(gateway: Gateway) -> Models:
    """Return all models."""
    control = control_of(gateway.logs.controls.of(MODEL_KEY), MODEL_KEY)
    given = gateway.engine.model
    configured = None if given.name is None else ModelChoice(given.name, given.version, given.digest)
    rows, problem = await asyncio.to_thread(_registry, gateway.settings.models.registry)
    return Models(
        rows,
        configured,
        configured if control is None or control.model is None else _choice(control.model),
        None if control is None else control.version,
        _shown(gateway),
        [
            ModelSwitched(
                act.ts,
                act.who,
                None if act.before is None else _choice(act.before.model),
                None if act.after is None else _choice(act.after.model),
                act.reason,
                act.id,
            )
            for act in gateway.logs.acts.of(MODEL_KEY)
        ],
        problem,
    )


def _choice(model: ModelSwitch | None) -> ModelChoice | None:
    return None if model is None else ModelChoice(model.name, model.version, model.digest)


def _registry(folder: Path | None) -> tuple[list[RegistryRow], str | None]:
    """Return the rows of the registry, or why there are none; reads files."""
    if folder is None:
        return [], "models.registry names no folder"
    try:
        registry = Registry(folder)
        return [_row(registry, name, version) for name in registry.names() for version in registry.versions(name)], None
    except (AlphapulseError, OSError) as error:
        return [], error.message if isinstance(error, AlphapulseError) else f"{folder}: {error.strerror}"


def _row(registry: Registry, name: str, version: str) -> RegistryRow:
    try:
        check_version(version)
        manifest, digest = registry.manifest(name, version)
    except ModelRefused as problem:
        return RegistryRow(name, version, None, None, None, None, None, problem.message)
    return RegistryRow(
        name,
        version,
        digest,
        manifest.output_kind,
        len(manifest.features),
        manifest.horizon,
        manifest.created_from or None,
        None,
    )


def _shown(gateway: Gateway) -> list[ModelShown]:
    found = []
    for partition, entry in newest_decisions(gateway, ALL):
        told = {} if entry is None else fields(entry.value)
        found.append(
            ModelShown(
                partition,
                text(told, "model", "id"),
                text(told, "model", "version"),
                text(told, "model", "status"),
                whole(told, "close_ts"),
            )
        )
    return found
