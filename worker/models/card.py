"""The model card: all that scoring needs to know of a model, from any source."""

from __future__ import annotations

from dataclasses import dataclass, field

from worker.models.description.calibration import Table
from worker.models.description.manifest import Manifest, OutputKind


@dataclass(frozen=True)
class Card:
    """Identity, inputs and outputs of a model; the fields mean the same as in `Manifest`."""

    model_id: str
    version: str
    features: tuple[str, ...]
    output_kind: OutputKind = "p_up"
    output_scale: float | None = None
    passes_nan: bool = False
    horizon: int = 12
    calibration: Table | None = field(default=None, repr=False)

    @property
    def columns(self) -> int:
        """Width of the output."""
        return 3 if self.output_kind == "p_down_flat_up" else 1


def card_of(manifest: Manifest) -> Card:
    """Return the card of a registered model."""
    return Card(
        manifest.model_id,
        manifest.version,
        tuple(manifest.features),
        manifest.output_kind,
        manifest.output_scale,
        manifest.nan_policy == "pass",
        manifest.horizon,
        manifest.calibration,
    )
